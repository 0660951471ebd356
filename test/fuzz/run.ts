/**
 * `npm run test:fuzz [-- --frames 1000000] [--seed N] [--only process|inside] [--frame N]`: mutated frames against a broker
 * in a process of its own, and against one in this process, whose faults are seen as they happen. Nothing may crash, hang
 * or grow; what was stored before must be there afterwards. `--frame N` sends one frame of a seed again and shows it.
 * The last line is `N passed, N failed`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startBroker } from '../../broker/start.ts'
import { BrokerProcess } from '../support/broker-process.ts'
import { closingLine } from '../support/check.ts'
import { type AttackFigures, attack, mutantOf } from '../support/fuzz/attack.ts'
import { type Seed, fuzzTopic, makeSeeds } from '../support/fuzz/seeds.ts'
import { Watchdog } from '../support/fuzz/watchdog.ts'
import { Probe, residentMiB } from '../support/fuzz/watch.ts'
import { options } from '../support/options.ts'
import { freePort } from '../support/peers.ts'
import { createClient } from '#core/client/lean-client.ts'
import { seededRandom } from '#core/ports/random.ts'
import type { Log } from '#core/telemetry/log.ts'

const settings = {
  'group.initial.rebalance.delay.ms': '0',
  'auto.create.topics.enable': 'false',
  'offsets.topic.num.partitions': '4',
  // What the frames write must not be taken for growth.
  'log.segment.bytes': '1048576',
  'log.retention.bytes': '4194304',
  'log.retention.check.interval.ms': '1000',
  'log.segment.delete.delay.ms': '1000',
}
const keptCount = 1000
const mostMiBOfGrowth = 64
const longestHangMs = 1000

/** Makes the topics, and fills one that no frame names. */
async function prepare(bootstrap: string): Promise<string> {
  const client = createClient({ bootstrapServers: bootstrap })
  const admin = client.admin()
  await admin.createTopics([
    { name: fuzzTopic, partitions: 2 },
    { name: 'kept', partitions: 1 },
  ])
  const producer = client.producer()
  for (let i = 0; i < keptCount; i++)
    producer.append({ topic: 'kept', partition: 0, key: null, value: Buffer.from(`kept ${i}`) })
  await producer.flush()
  await admin.alterGroupOffsets('keeper', [{ topic: 'kept', partition: 0, offset: 77 }])
  const [described] = await admin.describeTopics([fuzzTopic])
  await client.close()
  return described!.topicId
}

/** Undefined when all that was stored before is still there and the broker takes more. */
async function judgeAfterwards(bootstrap: string): Promise<string | undefined> {
  const client = createClient({ bootstrapServers: bootstrap })
  try {
    const consumer = client.consumer({ autoOffsetReset: 'earliest' })
    consumer.assign([{ topic: 'kept', partition: 0 }])
    const values: string[] = []
    for (const end = Date.now() + 20_000; values.length < keptCount && Date.now() < end;) {
      for (const chunk of await consumer.poll(500)) for (const record of chunk) values.push(record.value!.toString())
    }
    await consumer.close()
    const isKept = values.length === keptCount && values.every((value, i) => value === `kept ${i}`)
    if (!isKept) return `of ${keptCount} records stored before, ${values.length} are there, or others`
    const [offset] = await client.admin().groupOffsets('keeper')
    if (offset?.offset !== 77) return `the committed offset is ${offset?.offset} instead of 77`
    const { offset: next } = await client
      .producer()
      .send({ topic: 'kept', partition: 0, key: null, value: Buffer.from('one more') })
    return next === keptCount ? undefined : `the next record got offset ${next} instead of ${keptCount}`
  } catch (error) {
    return `the broker does not serve any more: ${(error as Error).message}`
  } finally {
    await client.close()
  }
}

interface Target {
  readonly bootstrap: string
  readonly pid: number
  /** Faults that the broker itself noticed. */
  faults(): readonly string[]
  /** Undefined while it lives and when it stopped as it should. */
  stop(): Promise<string | undefined>
}

async function assault(
  name: string,
  target: Target,
  range: { from: number; frames: number; seed: number },
): Promise<boolean> {
  console.log(`${name}: frames ${range.from} to ${range.from + range.frames - 1}, seed ${range.seed}`)
  const seeds = makeSeeds(range.seed, seededRandom(range.seed), { topicId: await prepare(target.bootstrap) }, 12)
  const watchdog = new Watchdog(longestHangMs)
  const figures: AttackFigures = { sent: 0, answered: 0, closed: 0, waited: 0, connections: 0 }
  const probe = new Probe(target.bootstrap, target.pid)
  // The first frames make the broker compile its codecs; growth counts from there.
  await attack(
    { ...range, bootstrap: target.bootstrap, seeds, frames: Math.min(20_000, range.frames), connections: 24 },
    figures,
  )
  const before = residentMiB(target.pid)
  let peak = before
  const sampling = setInterval(() => (peak = Math.max(peak, residentMiB(target.pid))), 250)
  const started = performance.now()
  probe.start()
  const reporting = setInterval(() => report(figures, started, peak), 30_000)
  const rest = { from: range.from + figures.sent, frames: range.frames - figures.sent }
  await attack(
    {
      ...range,
      ...rest,
      bootstrap: target.bootstrap,
      seeds,
      connections: 24,
      isOver: () => probe.problem !== undefined,
    },
    figures,
  )
  clearInterval(reporting)
  clearInterval(sampling)
  await watchdog.stop()
  await probe.stop()
  const after = await judgeAfterwards(target.bootstrap)
  const settled = residentMiB(target.pid)
  const stopped = await target.stop()
  report(figures, started, peak)
  console.log(`  an honest client asked ${probe.asked} times; the slowest answer took ${probe.slowestMs.toFixed(0)} ms`)
  console.log(`  memory ${before.toFixed(0)} MiB before, ${peak.toFixed(0)} at most, ${settled.toFixed(0)} after`)
  const faults = target.faults()
  console.log(`  faults that the broker noticed: ${faults.length}`)
  for (const each of [...new Set(faults)].slice(0, 15)) console.log(`    ${each}`)
  const problems = [
    probe.problem,
    probe.slowestMs > longestHangMs ? `hung for ${probe.slowestMs.toFixed(0)} ms` : undefined,
    peak - before > mostMiBOfGrowth ? `grew by ${(peak - before).toFixed(0)} MiB` : undefined,
    faults.length > 0 ? `${faults.length} faults` : undefined,
    after,
    stopped,
  ].filter((each) => each !== undefined)
  for (const each of problems) console.log(`  FAIL  ${each}`)
  return problems.length === 0
}

function report({ sent, answered, closed, waited, connections }: AttackFigures, started: number, peak: number): void {
  const seconds = (performance.now() - started) / 1000
  console.log(
    `  ${sent} frames in ${seconds.toFixed(0)} s: ${answered} answered, ${closed} closed, ${waited} waited for, ${connections} connections, ${peak.toFixed(0)} MiB`,
  )
}

async function insideThisProcess(range: { from: number; frames: number; seed: number }): Promise<boolean> {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-fuzz-'))
  const faults: string[] = []
  const log: Log = (level, message, details) => {
    const error = details?.['error']
    const text = error instanceof Error ? (error.stack ?? error.message) : typeof error === 'string' ? error : ''
    if (level === 'error') faults.push(`${message} ${text.split('\n').slice(0, 3).join(' ')}`)
  }
  const crashed = (error: unknown): void => void faults.push(`uncaught: ${(error as Error).stack ?? String(error)}`)
  process.on('uncaughtException', crashed)
  process.on('unhandledRejection', crashed)
  const broker = await startBroker({ port: 0, dataDir, config: settings, log })
  const target = {
    bootstrap: broker.bootstrapServers,
    pid: process.pid,
    faults: () => faults,
    stop: async () => {
      await broker.stop()
      return undefined
    },
  }
  try {
    return await assault('a broker in this process', target, range)
  } finally {
    await broker.stop()
    await rm(dataDir, { recursive: true, force: true })
    process.off('uncaughtException', crashed)
    process.off('unhandledRejection', crashed)
  }
}

async function processOfItsOwn(range: { from: number; frames: number; seed: number }): Promise<boolean> {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-fuzz-'))
  const port = await freePort()
  const broker = await BrokerProcess.start({ port, dataDir, settings })
  const target = {
    bootstrap: `127.0.0.1:${port}`,
    pid: broker.pid,
    faults: () => broker.said.split('\n').filter((line) => line.includes(' ERROR ')),
    stop: async () => {
      const code = await broker.stop()
      if (code !== 0) return `the broker ended with ${code}: ${broker.said.slice(-2000)}`
      // What it left must open again, and cleanly.
      const again = await BrokerProcess.start({ port, dataDir, settings })
      const problem = await reread(`127.0.0.1:${port}`)
      await again.stop()
      return problem
    },
  }
  try {
    return await assault('a broker in a process of its own', target, range)
  } finally {
    await broker.kill()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function reread(bootstrap: string): Promise<string | undefined> {
  const client = createClient({ bootstrapServers: bootstrap })
  const ends = await client.consumer().endOffsets([{ topic: 'kept', partition: 0 }])
  await client.close()
  return ends.get('kept-0') === keptCount + 1 ? undefined : `after a restart the topic ends at ${ends.get('kept-0')}`
}

async function showOne(number: number, seed: number): Promise<void> {
  const broker = await startBroker({
    memory: true,
    config: settings,
    log: (level, message, details) => console.log(level, message, details ?? ''),
  })
  const seeds: readonly Seed[] = makeSeeds(
    seed,
    seededRandom(seed),
    { topicId: await prepare(broker.bootstrapServers) },
    12,
  )
  const { name, how, frame } = mutantOf(seeds, seed, number)
  console.log(`frame ${number} of seed ${seed}: ${name}, ${how}\n${frame.toString('hex')}`)
  const figures: AttackFigures = { sent: 0, answered: 0, closed: 0, waited: 0, connections: 0 }
  await attack({ bootstrap: broker.bootstrapServers, seeds, seed, from: number, frames: 1, connections: 1 }, figures)
  console.log(figures)
  await broker.stop()
}

const option = options({ seed: String(Date.now() % 1_000_000_000), frames: '1000000', only: 'all', frame: '' })
const { only, frame: single } = option
const seed = Number(option.seed)
const frames = Number(option.frames)
if (single !== '') {
  await showOne(Number(single), seed)
  process.exit(0)
}
const half = Math.ceil(frames / 2)
const totals = { passed: 0, failed: 0, skipped: 0 }
const parts = [
  ['process', () => processOfItsOwn({ from: 0, frames: only === 'all' ? half : frames, seed })],
  [
    'inside',
    () => insideThisProcess({ from: only === 'all' ? half : 0, frames: only === 'all' ? frames - half : frames, seed }),
  ],
] as const
for (const [name, run] of parts) {
  if (only !== 'all' && only !== name) continue
  if (await run()) totals.passed++
  else totals.failed++
}
console.log(closingLine(totals))
process.exit(totals.failed > 0 || totals.passed === 0 ? 1 : 0)
