import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Client } from '#core/client/client.ts'
import { createClient } from '#core/client/lean-client.ts'
import { type Random, seededRandom } from '#core/ports/random.ts'
import { BrokerProcess } from './broker-process.ts'
import { freePort, kafkaTool, peer } from './peers.ts'
import { readRecords } from './read-records.ts'

/**
 * Kafka's own TransactionalMessageCopier takes records from one topic to another, some transactions of it aborted on purpose, while
 * the broker process is killed and started again. Then the copy, read committed, must be the original: each record once, in order.
 */
export interface CopierFigures {
  rounds: number
  /** Copiers that were started; one is done when it has copied all that was there when it started. */
  copiers: number
  /** Copiers that gave up; what they left behind is the next one's. */
  gaveUp: number
  input: number
  copied: number
  /** Input records that the copy does not hold, holds more than once, or holds out of order. */
  missing: number
  duplicates: number
  misplaced: number
  /** Records of transactions that were aborted or cut: in the log, and never to be read. */
  unread: number
  /** Offsets by which the last stable offset stays behind when all is over. */
  stuck: number
  /** Lines of `kafka-transactions find-hanging`. */
  hanging: number
}

/** Topics of a copier. */
export const input = 'copier-input'
export const output = 'copier-output'
const group = 'copier'
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** One copier process; `ended` gives its exit code. */
export function startCopier(
  bootstrap: string,
  transactionSize: number,
): { process: ChildProcess; ended: Promise<number> } {
  const args = [
    ...['run-class', 'org.apache.kafka.tools.TransactionalMessageCopier', '--broker-list', bootstrap],
    ...['--input-topic', input, '--input-partition', '0', '--output-topic', output, '--consumer-group', group],
    ...['--transactional-id', 'copier-id', '--transaction-size', String(transactionSize), '--enable-random-aborts'],
  ]
  const child = spawn(peer('kafka/kafka.sh'), args, {
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, PEERS_LOG: 'OFF', KAFKA_HEAP_OPTS: '-Xmx256m' },
  })
  const ended = new Promise<number>((done) => child.once('close', (code) => done(code ?? 1)))
  return { process: child, ended }
}

/** Appends numbered values to the input topic. */
export async function fill(client: Client, from: number, count: number): Promise<void> {
  const producer = client.producer({ lingerMs: 5 })
  for (let i = from; i < from + count; i++) {
    producer.append({ topic: input, partition: 0, key: null, value: Buffer.from(String(i)) })
    if (!producer.writable) await producer.flush()
  }
  await producer.close()
}

/** Compares the copy with the original. */
export async function judge(client: Client, figures: CopierFigures): Promise<void> {
  const copied = (await readRecords(client, output, 'read_committed')).map(({ value }) => Number(value))
  const seen = new Set<number>()
  let last = -1
  for (const value of copied) {
    if (seen.has(value)) figures.duplicates++
    else if (value < last) figures.misplaced++
    seen.add(value)
    last = value
  }
  figures.copied = copied.length
  figures.missing = figures.input - seen.size
  figures.unread = (await readRecords(client, output)).length - copied.length
  const at = [{ topic: output, partition: 0 }]
  const end = async (isolationLevel: 'read_committed' | 'read_uncommitted'): Promise<number> => {
    const consumer = client.consumer({ isolationLevel })
    const [offset] = (await consumer.endOffsets(at)).values()
    await consumer.close()
    return offset!
  }
  figures.stuck = (await end('read_uncommitted')) - (await end('read_committed'))
}

/** How many transactions `kafka-transactions find-hanging` finds. */
export async function hangingTransactions(bootstrap: string): Promise<number> {
  const said = await kafkaTool(['transactions', '--bootstrap-server', bootstrap, 'find-hanging', '--broker-id', '1'])
  return said.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('Topic')).length
}

export const noFigures = (): CopierFigures => ({
  ...{ rounds: 0, copiers: 0, gaveUp: 0, input: 0, copied: 0 },
  ...{ missing: 0, duplicates: 0, misplaced: 0, unread: 0, stuck: 0, hanging: 0 },
})

/** Kills and restarts as often as wanted or for as long as there is time; `progress` is called after each round. */
export async function copierRuns(
  rounds: number,
  seconds: number,
  seed: number,
  progress: (figures: CopierFigures) => void,
): Promise<CopierFigures> {
  const figures = noFigures()
  const random = seededRandom(seed)
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-copier-'))
  const port = await freePort()
  const bootstrap = `127.0.0.1:${port}`
  const settings = { 'log.segment.bytes': '1048576', 'offsets.topic.num.partitions': '4' }
  const start = (): Promise<BrokerProcess> => BrokerProcess.start({ port, dataDir, settings })
  const until = Date.now() + seconds * 1000
  let broker = await start()
  let copier: ReturnType<typeof startCopier> | undefined
  try {
    const client = createClient({ bootstrapServers: bootstrap })
    await client.admin().createTopics([input, output].map((name) => ({ name, partitions: 1 })))
    const isTime = (): boolean => figures.rounds < rounds && Date.now() < until
    for (let isDone = false; !isDone;) {
      if (isTime()) {
        await fill(client, figures.input, 20_000)
        figures.input += 20_000
      }
      copier = startCopier(bootstrap, 5 + Math.floor(random.next() * 40))
      figures.copiers++
      let code: number | undefined
      void copier.ended.then((ended) => (code = ended))
      // A Java process takes its time to come to its first transaction.
      await Promise.race([copier.ended, pause(1500)])
      while (code === undefined && isTime()) {
        broker = await killAndRestart(broker, start, random)
        figures.rounds++
        progress(figures)
        await Promise.race([copier.ended, pause(100 + random.next() * random.next() * 3000)])
      }
      code = await copier.ended
      if (code !== 0) figures.gaveUp++
      if (figures.gaveUp > 20) throw new Error(`copiers give up again and again; the broker said:\n${broker.said}`)
      isDone = code === 0 && !isTime()
    }
    await judge(client, figures)
    figures.hanging = await hangingTransactions(bootstrap)
    await client.close()
    await broker.stop()
  } finally {
    if (copier?.process.exitCode === null) process.kill(-copier.process.pid!, 'SIGKILL')
    await broker.kill()
    await rm(dataDir, { recursive: true, force: true })
  }
  return figures
}

async function killAndRestart(
  broker: BrokerProcess,
  start: () => Promise<BrokerProcess>,
  random: Random,
): Promise<BrokerProcess> {
  await broker.kill()
  await pause(random.next() * 200)
  return start()
}
