/**
 * A stock Kafka Connect 4.3.1 worker on our broker: distributed, exactly-once sources on, a file that goes through a topic into
 * another file while the worker is stopped, killed and started again. `CLIENTS_ON=kafka` runs it on Apache Kafka.
 */
import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createClient } from '../../core/client/lean-client.ts'
import { withBroker } from '../support/broker-under-test.ts'
import type { Check } from '../support/check.ts'
import { JavaWorker } from '../support/java-worker.ts'
import { withKafka } from '../support/peers.ts'
import { readRecords } from '../support/read-records.ts'
import { until } from '../support/until.ts'

const onBroker = (body: (bootstrap: string) => Promise<void>): Promise<void> =>
  process.env['CLIENTS_ON'] === 'kafka'
    ? withKafka(body)
    : withBroker({ 'group.initial.rebalance.delay.ms': '0' }, body)

/** The values of a topic as one reads them who sees only what is committed. */
async function valuesOf(bootstrap: string, topic: string): Promise<string[]> {
  const client = createClient({ bootstrapServers: bootstrap })
  try {
    return (await readRecords(client, topic, 'read_committed')).map(({ value }) => String(value))
  } finally {
    await client.close()
  }
}

/**
 * The file that is read: lines that tell which one is missing or there twice. The stock source counts characters and goes on at
 * bytes, so they are plain ASCII.
 */
class Lines {
  readonly path: string
  readonly all: string[] = []

  constructor(folder: string) {
    this.path = join(folder, 'in.txt')
  }

  append(count: number): void {
    const more = Array.from({ length: count }, (_, i) => `line ${this.all.length + i}`)
    this.all.push(...more)
    appendFileSync(this.path, `${more.join('\n')}\n`)
  }
}

async function throughTopic(bootstrap: string, folder: string, isExactlyOnce: boolean): Promise<void> {
  const properties = `offset.flush.interval.ms=500 ${isExactlyOnce ? 'exactly.once.source.support=enabled' : ''}`
  const start = (): Promise<JavaWorker> => JavaWorker.start(bootstrap, 'stock', properties)
  const lines = new Lines(folder)
  const out = join(folder, 'out.txt')
  const written = (): string[] => (existsSync(out) ? readFileSync(out, 'utf8').split('\n').slice(0, -1) : [])
  const fileThrough = (name: string, settings: Record<string, string>) => ({
    'connector.class': `FileStream${name}`,
    'tasks.max': '1',
    ...settings,
  })
  let worker = await start()
  try {
    lines.append(500)
    const exactly = isExactlyOnce ? { 'exactly.once.support': 'required', 'transaction.boundary': 'poll' } : {}
    await worker.create('in', fileThrough('Source', { file: lines.path, topic: 'lines', ...exactly }))
    // The sink reads what is committed, as one that follows exactly-once sources must.
    const committed = { 'consumer.override.isolation.level': 'read_committed' }
    await worker.create('out', fileThrough('Sink', { file: out, topics: 'lines', ...committed }))
    await until('the first lines go through', () => written().length >= 500)
    await worker.stop()
    lines.append(300)
    worker = await start()
    // A file sink may write a line again: only the topic of an exactly-once source knows each line once.
    await until('the worker goes on where it stopped', () => new Set(written()).size === 800)
    assert.deepEqual([...new Set(written())], lines.all)
    lines.append(400)
    await worker.kill()
    lines.append(100)
    worker = await start()
    await until('all lines are in the file', () => new Set(written()).size === lines.all.length)
    const values = await valuesOf(bootstrap, 'lines')
    if (isExactlyOnce) assert.deepEqual(values, lines.all)
    assert.deepEqual([...new Set(values)], lines.all)
  } catch (error) {
    console.log(JSON.stringify([await worker.status('in').catch(String), await worker.status('out').catch(String)]))
    throw error
  } finally {
    await worker.stop()
  }
}

const check = (name: string, isExactlyOnce: boolean): Check => ({
  name,
  run: () =>
    onBroker(async (bootstrap) => {
      const folder = await mkdtemp(join(tmpdir(), 'millrace-stock-connect-'))
      try {
        await throughTopic(bootstrap, folder, isExactlyOnce)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    }),
})

export const checks: readonly Check[] = [
  check('Kafka Connect moves a file through a topic, stopped and killed in between', false),
  check('Kafka Connect does so with exactly-once sources: each line is in the topic once', true),
]
