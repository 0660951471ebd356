import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { isKnownError } from '#core/errors/table.ts'
import { type Random, seededRandom } from '#core/ports/random.ts'
import { batches } from '#core/records/batch.ts'
import { fetch } from '#core/wire/api/01-fetch.ts'
import { offsetCommit } from '#core/wire/api/08-offset-commit.ts'
import { findCoordinator } from '#core/wire/api/10-find-coordinator.ts'
import { startBroker } from '../../broker/start.ts'
import { batchOf, makeTopic, produce, produceBody } from './memory-broker.ts'
import { WireClient } from './wire-client.ts'

/** What became of damaged directories on which whole brokers were started. */
export interface BrokerDamageFigures {
  started: number
  /** Starts that were refused, with the name of a file. */
  refused: number
  batches: number
  readonly problems: string[]
}

const options = { port: 0, config: { 'offsets.topic.num.partitions': '1' }, log: () => {} }

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile())

async function withClient<T>(bootstrap: string, work: (client: WireClient) => Promise<T>): Promise<T> {
  const client = await WireClient.connect(bootstrap)
  try {
    return await work(client)
  } finally {
    client.close()
  }
}

/** A directory with records, offsets of a group and metadata, stopped cleanly. */
async function fill(dataDir: string): Promise<void> {
  const broker = await startBroker({ dataDir, ...options })
  await withClient(broker.bootstrapServers, async (client) => {
    await makeTopic(client, 't', { 'segment.bytes': '1048576' })
    for (let i = 0; i < 10; i++) await client.call(produce, 9, produceBody('t', batchOf([`${i}`])))
    await client.call(findCoordinator, 3, { key: 'g' })
    await client.call(offsetCommit, 7, {
      groupId: 'g',
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata: null }] }],
    })
  })
  await broker.stop()
}

/** Damages one file; says how. */
function damage(dataDir: string, random: Random): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!
  // Few files are outside of partitions, and each matters more.
  const all = filesIn(dataDir)
  const top = all.filter((name) => !name.includes('/') || name.startsWith('__cluster_metadata'))
  const name = pick(random.next() < 0.5 ? top : all)
  const file = join(dataDir, name)
  const bytes = readFileSync(file)
  const at = Math.floor(random.next() * (bytes.length + 1))
  const kind = pick(['flip', 'cut', 'zero', 'remove', 'rubbish'] as const)
  if (kind === 'remove') unlinkSync(file)
  else if (kind === 'cut') writeFileSync(file, bytes.subarray(0, at))
  else {
    if (kind === 'flip' && at < bytes.length) bytes[at]! ^= 1 << Math.floor(random.next() * 8)
    if (kind === 'zero') bytes.fill(0, at)
    if (kind === 'rubbish') for (let i = at; i < Math.min(bytes.length, at + 8); i++) bytes[i] = random.next() * 256
    writeFileSync(file, bytes)
  }
  return `${kind} ${name} at ${at}`
}

async function judge(dataDir: string, figures: BrokerDamageFigures): Promise<string | undefined> {
  let broker
  try {
    broker = await startBroker({ dataDir, ...options })
  } catch (error) {
    if (!isKnownError(error)) return (error as Error).stack ?? String(error)
    if (!`${error.message} ${error.hint}`.includes(dataDir))
      return `refused without the name of a file: ${error.message}`
    figures.refused++
    return undefined
  }
  figures.started++
  try {
    return await withClient(broker.bootstrapServers, (client) => readAll(client, figures))
  } finally {
    await broker.stop()
  }
}

async function readAll(client: WireClient, figures: BrokerDamageFigures): Promise<string | undefined> {
  for (let fetchOffset = 0; fetchOffset < 10; fetchOffset++) {
    const { responses } = await client.call(fetch, 12, {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1,
      sessionEpoch: -1,
      topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1 }] }],
    })
    const { records } = responses[0]!.partitions[0]!
    if (records === null) continue
    for (const batch of batches(Buffer.concat([records as Buffer].flat()))) {
      figures.batches++
      if (!batch.isCrcValid()) return `serves a batch at offset ${batch.baseOffset} with a wrong checksum`
      if (batch.baseOffset !== fetchOffset) return `serves offset ${batch.baseOffset} for ${fetchOffset}`
    }
  }
  return undefined
}

/** Damages `count` directories and starts a broker on each: it serves what is whole, or names the file that keeps it from starting. */
export async function brokerDamageRuns(count: number, seed: number): Promise<BrokerDamageFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-damage-'))
  const figures: BrokerDamageFigures = { started: 0, refused: 0, batches: 0, problems: [] }
  try {
    const original = join(folder, 'original')
    await fill(original)
    for (let run = seed; run < seed + count; run++) {
      const dataDir = join(folder, `${run}`)
      cpSync(original, dataDir, { recursive: true })
      const done = damage(dataDir, seededRandom(run))
      let problem: string | undefined
      try {
        problem = await judge(dataDir, figures)
      } catch (error) {
        problem = (error as Error).stack ?? String(error)
      }
      if (problem !== undefined) figures.problems.push(`seed ${run}: ${problem}\n    ${done}`)
      rmSync(dataDir, { recursive: true })
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  return figures
}
