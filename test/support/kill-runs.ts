import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompressionTypes, Kafka, logLevel } from 'kafkajs'

import { BrokerProcess } from './broker-process.ts'
import { freePort } from './peers.ts'
import { partitionKey } from '#core/client/client.ts'
import type { Client, CompressionName } from '#core/client/client.ts'
import { createClient } from '#core/client/lean-client.ts'
import { type Random, seededRandom } from '#core/ports/random.ts'

/**
 * A broker process is killed at a random moment while an idempotent producer with acks=all writes to it, is started
 * again, and the producer goes on. Then the whole topic is read: whatever was acknowledged must be there, once, at the
 * offset that was told, and each partition must hold the values in the order in which they were sent.
 */
export interface KillFigures {
  runs: number
  acknowledged: number
  /** Sent, and never answered: such a record may or may not be there. */
  unanswered: number
  missing: number
  duplicates: number
  /** Records found at another offset than the one that was told, or out of the order in which they were sent. */
  misplaced: number
  commits: number
  /** Committed offsets that a restart put back. */
  commitsLost: number
  readonly readyMs: number[]
}

const partitions = 3
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** A producer as the runs need it: fire and be told. */
interface Sender {
  send(partition: number, value: string, acknowledged: (offset: number) => void, failed: () => void): void
  /** True while more may be sent. */
  readonly writable: boolean
  /** Resolves when everything sent has been answered one way or the other. */
  settle(): Promise<void>
  close(): Promise<void>
}

const codecs: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

function ownSender(client: Client, topic: string, random: Random): Sender {
  const compression = codecs[Math.floor(random.next() * codecs.length)]!
  const producer = client.producer({
    compression,
    lingerMs: Math.floor(random.next() * 5),
    batchSize: 4096,
    bufferMemory: 1 << 20,
  })
  return {
    send: (partition, value, acknowledged, failed) =>
      producer.append({ topic, partition, key: null, value: Buffer.from(value) }, (error, _, offset) =>
        error === null ? acknowledged(offset) : failed(),
      ),
    get writable() {
      return producer.writable
    },
    settle: () => producer.flush().catch(() => {}),
    close: () => producer.close().catch(() => {}),
  }
}

async function kafkajsSender(bootstrap: string, topic: string): Promise<Sender> {
  const retry = { retries: 40, initialRetryTime: 50, maxRetryTime: 300 }
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING, retry })
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, retry })
  await producer.connect()
  let waiting: Parameters<Sender['send']>[] = []
  let sending: Promise<void> | undefined
  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      // One partition at a time, so that the base offset tells every record's.
      const partition = waiting[0]![0]
      const batch = waiting.filter((each) => each[0] === partition).slice(0, 30)
      waiting = waiting.filter((each) => !batch.includes(each))
      try {
        const messages = batch.map(([, value]) => ({ partition, value }))
        const [told] = await producer.send({ topic, acks: -1, compression: CompressionTypes.GZIP, messages })
        batch.forEach(([, , acknowledged], i) => acknowledged(Number(told!.baseOffset) + i))
      } catch {
        for (const [, , , failed] of batch) failed()
      }
    }
    sending = undefined
  }
  return {
    send: (...each) => {
      waiting.push(each)
      sending ??= flush()
    },
    get writable() {
      return waiting.length < 200
    },
    settle: async () => sending,
    close: () => producer.disconnect(),
  }
}

/** What became of the records of one run. */
class Ledger {
  readonly #figures: KillFigures
  /** Told offsets of acknowledged values, by partition. */
  readonly #told: Map<string, number>[] = Array.from({ length: partitions }, () => new Map())
  readonly #sent: Map<string, number>[] = Array.from({ length: partitions }, () => new Map())
  #pending = 0

  constructor(figures: KillFigures) {
    this.#figures = figures
  }

  send(sender: Sender, partition: number, value: string): void {
    this.#sent[partition]!.set(value, this.#sent[partition]!.size)
    this.#pending++
    sender.send(
      partition,
      value,
      (offset) => {
        this.#pending--
        this.#figures.acknowledged++
        this.#told[partition]!.set(value, offset)
      },
      () => {
        this.#pending--
        this.#figures.unanswered++
      },
    )
  }

  get pending(): number {
    return this.#pending
  }

  /** Compares with what the partition holds. */
  judge(partition: number, found: readonly { offset: number; value: string }[]): void {
    const seen = new Set<string>()
    let last = -1
    for (const { offset, value } of found) {
      if (seen.has(value)) this.#figures.duplicates++
      seen.add(value)
      const told = this.#told[partition]!.get(value)
      const order = this.#sent[partition]!.get(value) ?? -1
      if ((told !== undefined && told !== -1 && told !== offset) || order < last) this.#figures.misplaced++
      last = order
    }
    for (const value of this.#told[partition]!.keys()) if (!seen.has(value)) this.#figures.missing++
  }
}

/** Commits ever larger offsets, one after another, and knows the last one that was accepted. */
class Committer {
  readonly #client: Client
  readonly #topic: string
  readonly #groupId: string
  #next = 1
  accepted = 0
  count = 0
  isRunning = true

  constructor(client: Client, topic: string, groupId: string) {
    this.#client = client
    this.#topic = topic
    this.#groupId = groupId
  }

  async run(): Promise<void> {
    const admin = this.#client.admin()
    while (this.isRunning) {
      const offset = this.#next++
      try {
        await admin.alterGroupOffsets(this.#groupId, [{ topic: this.#topic, partition: 0, offset }])
        this.accepted = offset
        this.count++
      } catch {
        await pause(20)
      }
      await pause(2)
    }
  }

  async committed(): Promise<number> {
    const offsets = await this.#client.admin().groupOffsets(this.#groupId)
    return offsets.find((each) => each.topic === this.#topic)?.offset ?? 0
  }
}

async function readAll(client: Client, topic: string, ledger: Ledger): Promise<void> {
  const consumer = client.consumer({ autoOffsetReset: 'earliest', maxWaitMs: 100 })
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
  consumer.assign(all)
  const ends = await consumer.endOffsets(all)
  const found = all.map(() => [] as { offset: number; value: string }[])
  const isDone = (partition: number): boolean =>
    (found[partition]!.at(-1)?.offset ?? -1) + 1 >= ends.get(partitionKey(all[partition]!))!
  for (const deadline = Date.now() + 60_000; !all.every(({ partition }) => isDone(partition));) {
    if (Date.now() > deadline) throw new Error(`topic ${topic} cannot be read to its end`)
    for (const chunk of await consumer.poll(1000)) {
      for (const { offset, value } of chunk) found[chunk.partition]!.push({ offset, value: value!.toString() })
    }
  }
  await consumer.close()
  found.forEach((records, partition) => ledger.judge(partition, records))
}

/** Does the runs and gives their figures; `progress` is called after each. */
export async function killRuns(
  runs: number,
  seed: number,
  progress: (figures: KillFigures) => void,
): Promise<KillFigures> {
  const random = seededRandom(seed)
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-torture-'))
  const port = await freePort()
  const bootstrap = `127.0.0.1:${port}`
  const settings = { 'log.segment.bytes': '1048576', 'offsets.topic.num.partitions': '4' }
  const start = (): Promise<BrokerProcess> => BrokerProcess.start({ port, dataDir, settings })
  const figures: KillFigures = {
    runs: 0,
    acknowledged: 0,
    unanswered: 0,
    missing: 0,
    duplicates: 0,
    misplaced: 0,
    commits: 0,
    commitsLost: 0,
    readyMs: [],
  }
  let broker = await start()
  try {
    for (let run = 0; run < runs; run++) {
      broker = await killRun({ run, random, bootstrap, figures, broker, start })
      figures.runs++
      progress(figures)
    }
    await broker.stop()
  } finally {
    await broker.kill()
    await rm(dataDir, { recursive: true, force: true })
  }
  return figures
}

interface Run {
  readonly run: number
  readonly random: Random
  readonly bootstrap: string
  readonly figures: KillFigures
  readonly broker: BrokerProcess
  readonly start: () => Promise<BrokerProcess>
}

async function killRun({ run, random, bootstrap, figures, broker, start }: Run): Promise<BrokerProcess> {
  const client = createClient({ bootstrapServers: bootstrap, metadataMaxAgeMs: 5000 })
  const topic = `run-${run}`
  await client.admin().createTopics([{ name: topic, partitions }])
  const sender = run % 4 === 3 ? await kafkajsSender(bootstrap, topic) : ownSender(client, topic, random)
  const ledger = new Ledger(figures)
  const committer = new Committer(client, topic, `group-${run}`)
  const committing = committer.run()
  let counter = 0
  const produce = async (ms: number): Promise<void> => {
    for (const end = performance.now() + ms; performance.now() < end;) {
      const burst = Math.floor(random.next() * 60)
      for (let i = 0; i < burst && sender.writable && ledger.pending < 3000; i++) {
        const value = `${run}:${counter}:`.padEnd(20 + Math.floor(random.next() * random.next() * 3000), 'x')
        ledger.send(sender, counter++ % partitions, value)
      }
      await pause(random.next() * 4)
    }
  }
  // Some are killed before the first batch arrives, some in the middle of much.
  await produce(5 + random.next() * random.next() * 1500)
  await broker.kill()
  const during = produce(50 + random.next() * 150)
  const again = await start()
  figures.readyMs.push(again.readyMs)
  await during
  await produce(random.next() * 200)
  await sender.settle()
  committer.isRunning = false
  await committing
  figures.commits += committer.count
  if ((await committer.committed()) < committer.accepted) figures.commitsLost++
  await readAll(client, topic, ledger)
  await sender.close()
  await client.close()
  return again
}
