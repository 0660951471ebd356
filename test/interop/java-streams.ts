/**
 * Stock Kafka Streams 4.3.1 on our broker: a windowed word count through a repartition topic and a changelog, in classic and in streams
 * groups, at least once and exactly once. What it wrote is counted again here. `CLIENTS_ON=kafka` runs it on Apache Kafka.
 */
import assert from 'node:assert/strict'

import { createClient } from '../../core/client/lean-client.ts'
import { withBroker } from '../support/broker-under-test.ts'
import type { Check } from '../support/check.ts'
import { command, peer, withKafka } from '../support/peers.ts'
import { readRecords } from '../support/read-records.ts'

const lines = 20_000
const windowMs = 10_000
const onKafka = process.env['CLIENTS_ON'] === 'kafka'
const onBroker = (body: (bootstrap: string) => Promise<void>): Promise<void> =>
  onKafka ? withKafka(body) : withBroker({ 'group.initial.rebalance.delay.ms': '0' }, body)

async function bench(bootstrap: string, args: readonly string[]): Promise<string> {
  const options = { env: { BENCH_JAVA_OPTS: '-Xmx512m' }, timeoutMs: 180_000 }
  const ran = await command(peer('streams-bench/bench.sh'), [...args, `bootstrap=${bootstrap}`], options)
  assert.equal(ran.code, 0, `${args.join(' ')}\n${ran.stdout}\n${ran.stderr.slice(-4000)}`)
  return ran.stdout
}

/** The records of a topic as one reads them who sees only what is committed. */
async function read(bootstrap: string, topic: string) {
  const client = createClient({ bootstrapServers: bootstrap })
  try {
    return await readRecords(client, topic, 'read_committed')
  } finally {
    await client.close()
  }
}

/** How often each word occurs in each window, as the topology names it. */
async function countAgain(bootstrap: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const { value, timestamp } of await read(bootstrap, 'lines')) {
    const start = Math.floor(timestamp / windowMs) * windowMs
    for (const word of value!.toString().split(' '))
      counts.set(`${word}@${start}`, (counts.get(`${word}@${start}`) ?? 0) + 1)
  }
  return counts
}

async function counted(bootstrap: string, topic: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const { key, value } of await read(bootstrap, topic))
    counts.set(key!.toString(), Number(value!.readBigInt64BE()))
  return counts
}

const wordCount = (protocol: string, guarantee: string): Check => ({
  name: `Kafka Streams counts words, group.protocol=${protocol}, ${guarantee}`,
  run: () =>
    onBroker(async (bootstrap) => {
      await bench(bootstrap, ['load', 'lines', `n=${lines}`, 'partitions=2'])
      const settings = [`group.protocol=${protocol}`, `processing.guarantee=${guarantee}`, 'commit.interval.ms=500']
      const said = await bench(bootstrap, ['run', 'wordcount', `n=${lines}`, 'out=counts', 'threads=2', ...settings])
      const figures = JSON.parse(said.trim().split('\n').at(-1)!) as { ok: boolean }
      assert.equal(figures.ok, true, said)
      assert.deepEqual(await counted(bootstrap, 'counts'), await countAgain(bootstrap))
    }),
})

export const checks: readonly Check[] = [
  wordCount('classic', 'at_least_once'),
  wordCount('classic', 'exactly_once_v2'),
  wordCount('streams', 'at_least_once'),
  wordCount('streams', 'exactly_once_v2'),
]
