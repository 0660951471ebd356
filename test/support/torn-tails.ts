import { startBroker } from '../../broker/start.ts'
import { WireClient } from './wire-client.ts'
import type { Files } from '#core/ports/files.ts'
import { memoryFiles } from '#core/ports/memory-files.ts'
import { seededRandom } from '#core/ports/random.ts'
import { BatchBuilder } from '#core/records/batch-builder.ts'
import { batches } from '#core/records/batch.ts'
import { fetch } from '#core/wire/api/01-fetch.ts'
import { produce } from '#core/wire/api/00-produce.ts'
import { createTopics } from '#core/wire/api/19-create-topics.ts'

/**
 * The last segment of a log that was not closed is cut at every byte of its last three batches; a broker started on each
 * cut must serve exactly the batches that are whole, byte for byte, and go on from there.
 */
export interface TornFigures {
  readonly cuts: number
  readonly wrong: string[]
}

const topic = 'torn'
const batchCount = 9

function copyTree(from: Files, to: Files, path: string): void {
  to.makeDirectory(path)
  for (const name of from.list(path)) {
    const each = `${path}/${name}`
    if (from.stat(each).directory) copyTree(from, to, each)
    else to.replace(each, from.readWhole(each))
  }
}

function batch(random: ReturnType<typeof seededRandom>, index: number): Buffer {
  const compression = (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)[index % 5]!
  const builder = new BatchBuilder({ compression, producerId: 7, producerEpoch: 0, baseSequence: index * 3 })
  for (let i = 0; i < 3; i++) {
    const value = Buffer.from(`${index}.${i} `.repeat(1 + Math.floor(random.next() * 12)))
    builder.append(1_700_000_000_000 + index, Buffer.from(`key ${i}`), value)
  }
  return builder.build()
}

async function append(client: WireClient, records: Buffer): Promise<number> {
  const { responses } = await client.call(produce, 9, {
    acks: -1,
    timeoutMs: 5000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  })
  const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
  if (errorCode !== 0) throw new Error(`produce failed with ${errorCode}`)
  return baseOffset
}

async function readAll(client: WireClient): Promise<Buffer> {
  const { responses } = await client.call(fetch, 12, {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1 << 20,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    forgottenTopicsData: [],
    rackId: '',
    topics: [
      {
        topic,
        partitions: [
          {
            partition: 0,
            fetchOffset: 0,
            partitionMaxBytes: 1 << 20,
            currentLeaderEpoch: -1,
            lastFetchedEpoch: -1,
            logStartOffset: -1,
          },
        ],
      },
    ],
  })
  const { errorCode, records } = responses[0]!.partitions[0]!
  if (errorCode !== 0) throw new Error(`fetch failed with ${errorCode}`)
  return Buffer.from(records ?? Buffer.alloc(0))
}

const start = (files: Files) =>
  startBroker({ memory: true, ports: { files }, config: { 'log.index.interval.bytes': '0' } })

/** Cuts, starts, compares; `progress` is called now and then. */
export async function tornTails(seed: number, progress: (done: number, all: number) => void): Promise<TornFigures> {
  const random = seededRandom(seed)
  const files = memoryFiles()
  const broker = await start(files)
  const client = await WireClient.connect(broker.bootstrapServers)
  const wanted = [{ name: topic, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
  await client.call(createTopics, 5, { topics: wanted, timeoutMs: 5000, validateOnly: false })
  for (let i = 0; i < batchCount; i++) await append(client, batch(random, i))
  const whole = await readAll(client)
  const ends = Array.from(batches(whole), (each) => each.position + each.sizeInBytes)
  // What a crash leaves: the files as they are while the broker runs.
  const crashed = memoryFiles()
  copyTree(files, crashed, broker.dataDir)
  client.close()
  await broker.stop()
  const segment = `${broker.dataDir}/${topic}-0/${'0'.padStart(20, '0')}.log`
  const from = ends[batchCount - 4]!
  const wrong: string[] = []
  for (let size = from; size <= whole.length; size++) {
    const problem = await judge(crashed, broker.dataDir, segment, { size, whole, ends })
    if (problem !== undefined) wrong.push(`cut at ${size} of ${whole.length}: ${problem}`)
    if ((size - from) % 100 === 99) progress(size - from + 1, whole.length - from + 1)
  }
  return { cuts: whole.length - from + 1, wrong }
}

interface Cut {
  readonly size: number
  readonly whole: Buffer
  readonly ends: readonly number[]
}

async function judge(
  crashed: Files,
  dataDir: string,
  segment: string,
  { size, whole, ends }: Cut,
): Promise<string | undefined> {
  const files = memoryFiles()
  copyTree(crashed, files, dataDir)
  files.open(segment).truncate(size)
  const intact = ends.filter((end) => end <= size)
  const broker = await start(files)
  try {
    const client = await WireClient.connect(broker.bootstrapServers)
    const served = await readAll(client)
    if (!served.equals(whole.subarray(0, intact.at(-1))))
      return `${served.length} bytes are served instead of ${intact.at(-1)}`
    const baseSequence = intact.length * 3
    const next = new BatchBuilder({ producerId: 7, producerEpoch: 0, baseSequence })
    next.append(1_700_000_000_100, null, Buffer.from('next'))
    const offset = await append(client, next.build())
    client.close()
    return offset === baseSequence ? undefined : `the next record gets offset ${offset} instead of ${baseSequence}`
  } finally {
    await broker.stop()
  }
}
