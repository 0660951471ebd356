/** Quotas as other people's programs meet them: kafka-configs sets and shows them, and Java clients keep to them. */
import assert from 'node:assert/strict'

import { describeClientQuotas } from '#core/wire/api/48-describe-client-quotas.ts'
import { alterClientQuotas } from '#core/wire/api/49-alter-client-quotas.ts'
import { errorName } from '#core/wire/errors.ts'
import type { Random } from '#core/ports/random.ts'
import { seededRandom } from '#core/ports/random.ts'
import { withBroker } from '../support/broker-under-test.ts'
import type { Check } from '../support/check.ts'
import { kafkaTool, withKafka } from '../support/peers.ts'
import { WireClient } from '../support/wire-client.ts'

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random.next() * from.length)]!
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

const names = [null, null, 'a', 'b', '127.0.0.1', '']
const keys = [
  'producer_byte_rate',
  'consumer_byte_rate',
  'request_percentage',
  'controller_mutation_rate',
  'connection_creation_rate',
  'no_such_rate',
]
const values = [1, 1000, 2.5, 0, -1, 3e9, 1e18]
const types = ['user', 'client-id', 'user', 'client-id', 'ip', 'other']

const someTypes = (random: Random): string[] => [
  ...new Set(Array.from({ length: 1 + Math.floor(random.next() * 2) }, () => pick(random, types))),
]

function randomAlteration(random: Random) {
  // Of a type that is given twice Apache Kafka takes the last; we say that it makes no sense.
  const entity = someTypes(random).map((entityType) => {
    // A name that is no address would be looked up by Apache Kafka.
    const some = entityType === 'ip' ? names.filter((name) => name === null || name === '127.0.0.1') : names
    return { entityType, entityName: pick(random, some) }
  })
  const ops = Array.from({ length: 1 + Math.floor(random.next() * 2) }, () => ({
    key: pick(random, keys),
    value: pick(random, values),
    remove: random.next() < 0.2,
  }))
  return { entity, ops }
}

const randomFilter = (random: Random) => ({
  strict: random.next() < 0.5,
  components: Array.from({ length: Math.floor(random.next() * 3) }, () => ({
    entityType: pick(random, types),
    matchType: pick(random, [0, 1, 2]),
    match: pick(random, [null, 'a', 'b']),
  })),
})

/** What is answered to the same alterations and questions. Words are everybody's own, so they are left out. */
async function answersAt(bootstrap: string): Promise<string[]> {
  const random = seededRandom(20_265)
  const client = await WireClient.connect(bootstrap)
  const told: string[] = []
  for (let i = 0; i < 150; i++) {
    const alteration = randomAlteration(random)
    const altered = await client.call(alterClientQuotas, 1, { entries: [alteration], validateOnly: i % 10 === 0 })
    told.push(`${JSON.stringify(alteration)} ${altered.entries.map(({ errorCode }) => errorName(errorCode)).join(' ')}`)
  }
  // Apache Kafka's broker follows its controller with a delay.
  await pause(1000)
  for (let i = 0; i < 150; i++) {
    const filter = randomFilter(random)
    const { errorCode, entries } = await client.call(describeClientQuotas, 1, filter)
    const lines = (entries ?? []).map(({ entity, values: found }) => {
      const parts = entity.map(({ entityType, entityName }) => `${entityType}=${entityName}`).sort()
      return `${parts.join()}: ${found
        .map(({ key, value }) => `${key}=${value}`)
        .sort()
        .join()}`
    })
    told.push(`${JSON.stringify(filter)} ${errorName(errorCode)} ${lines.sort().join('; ')}`)
  }
  client.close()
  return told
}

const sameAnswers: Check = {
  name: 'random changes of quotas, and questions about them, are answered as by Apache Kafka',
  async run() {
    const ours = await withBroker({}, answersAt)
    const good = ours.filter((line) => / NONE( |$)/.test(line)).length
    assert.ok(good > 60 && good < ours.length - 60, `${good} of ${ours.length} succeeded: that says little`)
    assert.deepEqual(ours, await withKafka(answersAt))
  },
}

const tool: Check = {
  name: 'kafka-configs sets, shows and removes quotas of users, clients, both and addresses',
  async run() {
    await withBroker({}, async (bootstrap) => {
      const configs = (...args: string[]): Promise<string> =>
        kafkaTool(['configs', '--bootstrap-server', bootstrap, ...args])
      const user = ['--entity-type', 'users', '--entity-name', 'ann']
      const client = ['--entity-type', 'clients', '--entity-name', 'app']
      await configs('--alter', '--add-config', 'producer_byte_rate=1000,consumer_byte_rate=2000', ...user)
      await configs('--alter', '--add-config', 'request_percentage=50', ...user, ...client)
      await configs(
        '--alter',
        '--add-config',
        'controller_mutation_rate=3',
        '--entity-type',
        'clients',
        '--entity-default',
      )
      await configs(
        '--alter',
        '--add-config',
        'connection_creation_rate=9',
        '--entity-type',
        'ips',
        '--entity-name',
        '127.0.0.1',
      )
      const ofUsers = await configs('--describe', '--entity-type', 'users')
      assert.match(
        ofUsers,
        /user-principal 'ann' are .*(producer_byte_rate=1000\.0.*consumer_byte_rate=2000\.0|consumer_byte_rate=2000\.0.*producer_byte_rate=1000\.0)/,
      )
      const ofBoth = await configs('--describe', ...user, ...client)
      assert.match(ofBoth, /user-principal 'ann', client-id 'app' are request_percentage=50\.0/)
      assert.match(
        await configs('--describe', '--entity-type', 'clients'),
        /default client-id are controller_mutation_rate=3\.0/,
      )
      assert.match(
        await configs('--describe', '--entity-type', 'ips'),
        /ip '127\.0\.0\.1' are connection_creation_rate=9\.0/,
      )
      await configs('--alter', '--delete-config', 'producer_byte_rate', ...user)
      const left = await configs('--describe', ...user)
      assert.doesNotMatch(left, /producer_byte_rate/)
      assert.match(left, /consumer_byte_rate=2000/)
    })
  },
}

/** Bytes a second of the slowest rate that a perf tool tells. */
const megabytes = (pattern: RegExp, said: string): number => {
  const found = pattern.exec(said)
  assert.ok(found, `no rate in:\n${said}`)
  return Number(found[1]!.replace(',', '.')) * 1_048_576
}

const throughput: Check = {
  name: 'Java producers and consumers keep about to their quota',
  async run() {
    // Short samples, so that what may be used up at once is used up soon.
    await withBroker({ 'quota.window.num': '3' }, async (bootstrap) => {
      const configs = (...args: string[]): Promise<string> =>
        kafkaTool(['configs', '--bootstrap-server', bootstrap, ...args])
      await kafkaTool(['topics', '--bootstrap-server', bootstrap, '--create', '--topic', 't'])
      const records = ['--record-size', '1000', '--num-records', '5000', '--throughput', '-1']
      const to = ['--bootstrap-server', bootstrap, '--topic', 't']
      const produce = (id: string): Promise<string> =>
        kafkaTool(['producer-perf', ...records, ...to, '--command-property', `client.id=${id}`])
      const rate = /5000 records sent.*?\(([\d.,]+) MB\/sec\)/
      const free = megabytes(rate, await produce('free'))
      const quota = 400_000
      await configs(
        '--alter',
        '--add-config',
        `producer_byte_rate=${quota}`,
        '--entity-type',
        'clients',
        '--entity-name',
        'slow',
      )
      const slow = megabytes(rate, await produce('slow'))
      console.log(`      producer: ${(slow / quota).toFixed(2)} of its quota, ${(free / quota).toFixed(1)} without one`)
      assert.ok(slow > quota * 0.4 && slow < quota * 1.8, `${slow} bytes a second with a quota of ${quota}`)
      assert.ok(free > slow * 1.5, 'the quota made no difference')
      await configs(
        '--alter',
        '--add-config',
        `consumer_byte_rate=${quota}`,
        '--entity-type',
        'users',
        '--entity-default',
      )
      const begun = performance.now()
      const args = ['--bootstrap-server', bootstrap, '--topic', 't', '--num-records', '5000', '--timeout', '60000']
      await kafkaTool(['consumer-perf', ...args])
      const took = (performance.now() - begun) / 1000
      console.log(`      consumer: 5 MB in ${took.toFixed(1)} s`)
      assert.ok(took > 7 && took < 60, `5 MB took ${took} s with a quota of ${quota} bytes a second`)
    })
  },
}

export const checks: Check[] = [sameAnswers, tool, throughput]
