/**
 * Transactions as other people's programs use them: every conversation with the coordinator is the one that Apache Kafka
 * has, Java producers and consumers see on our broker what they see on Apache Kafka, with every transaction.version, and
 * Apache Kafka's tools find, describe and end what is open.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { withBroker } from '../support/broker-under-test.ts'
import { BrokerProcess } from '../support/broker-process.ts'
import type { Check } from '../support/check.ts'
import { fill, kafkajsAt } from '../support/filled-topic.ts'
import { kafkaLibs } from '../support/kafka-definitions.ts'
import { pause } from '../support/group-scenarios.ts'
import { command, freePort, kafkaTool, withKafka } from '../support/peers.ts'
import { projectRoot } from '../support/sources.ts'
import {
  longTransactionScenarios,
  prepareTransactions,
  talkAbout,
  transactionScenarios,
} from '../support/transaction-scenarios.ts'

const conversations: Check = {
  name: 'transactions: every conversation is the one that Apache Kafka has, to the last epoch',
  run: async () => {
    const scenarios = { ...transactionScenarios, ...longTransactionScenarios }
    const expected: Record<string, string[]> = {}
    await withKafka(async (bootstrap) => {
      await prepareTransactions(bootstrap)
      for (const [name, scenario] of Object.entries(scenarios)) expected[name] = await talkAbout(bootstrap, scenario)
    }, 'auto.create.topics.enable=false')
    await withBroker({ 'auto.create.topics.enable': 'false' }, async (bootstrap) => {
      await prepareTransactions(bootstrap)
      for (const [name, scenario] of Object.entries(scenarios)) {
        assert.deepEqual(await talkAbout(bootstrap, scenario), expected[name], name)
      }
    })
  },
}

const sweepMs = '500'
const sweepSetting = 'transaction.abort.timed.out.transaction.cleanup.interval.ms'

/** Runs a Java program of this folder beside the broker; what it printed. */
async function java(program: string, args: readonly string[]): Promise<string[]> {
  const source = join(projectRoot, 'test', 'interop', 'java', program)
  const ran = await command('java', ['-Xmx256m', '-cp', join(kafkaLibs(), '*'), source, ...args])
  if (ran.code !== 0) throw new Error(`${program} ended with ${ran.code}\n${ran.stdout}\n${ran.stderr}`)
  return ran.stdout.trimEnd().split('\n')
}

const javaPrograms: Check = {
  name: 'transactions: a Java program commits, aborts, copies with its offsets, is fenced, times out and looks around as on Apache Kafka',
  run: async () => {
    for (const version of ['2', '0']) {
      const expected = await withKafka((at) => java('Transactions.java', [at, version]), `${sweepSetting}=${sweepMs}`)
      const found = await withBroker({ [sweepSetting]: sweepMs }, (at) => java('Transactions.java', [at, version]))
      assert.deepEqual(found, expected, `transaction.version ${version}`)
    }
  },
}

const consumed = async (bootstrap: string, topic: string, count: number): Promise<string[]> => {
  const args = ['console-consumer', '--bootstrap-server', bootstrap, '--topic', topic, '--from-beginning']
  const more = ['--isolation-level', 'read_committed', '--max-messages', String(count), '--timeout-ms', '20000']
  return (await kafkaTool([...args, ...more])).trimEnd().split('\n')
}

const copier: Check = {
  name: 'transactions: TransactionalMessageCopier, which aborts at random, copies every message once',
  run: () =>
    withBroker({}, async (bootstrap) => {
      await fill(bootstrap, 'in', 1, 3000)
      const args = [
        '--broker-list',
        bootstrap,
        '--input-topic',
        'in',
        '--input-partition',
        '0',
        '--output-topic',
        'out',
      ]
      const more = ['--consumer-group', 'copiers', '--transactional-id', 'copier', '--transaction-size', '100']
      const copied = await kafkaTool([
        'run-class',
        'org.apache.kafka.tools.TransactionalMessageCopier',
        ...args,
        ...more,
        '--enable-random-aborts',
        '--use-group-metadata',
      ])
      assert.match(copied, /"consumed":3000/, copied.slice(-400))
      const values = await consumed(bootstrap, 'out', 3000)
      assert.deepEqual(
        values,
        Array.from({ length: 3000 }, (_, i) => String(i)),
      )
    }),
}

const copierKills = Number(process.env['COPIER_KILLS'] ?? 5)

const killed: Check = {
  name: `transactions: TransactionalMessageCopier copies every message once while the broker is killed ${copierKills} times`,
  run: async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'millrace-copier-'))
    const port = await freePort()
    const bootstrap = `127.0.0.1:${port}`
    const count = copierKills * 4000
    let broker = await BrokerProcess.start({ port, dataDir })
    try {
      await fill(bootstrap, 'in', 1, count)
      const args = [
        '--broker-list',
        bootstrap,
        '--input-topic',
        'in',
        '--input-partition',
        '0',
        '--output-topic',
        'out',
      ]
      const more = ['--consumer-group', 'copiers', '--transaction-size', '20', '--enable-random-aborts']
      let copied = false
      for (let round = 0; !copied; round++) {
        const copier = kafkaTool(
          [
            'run-class',
            'org.apache.kafka.tools.TransactionalMessageCopier',
            ...args,
            ...more,
            ...['--transactional-id', 'copier', '--use-group-metadata'],
          ],
          { timeoutMs: 180_000 },
        ).then(
          () => true,
          // It gives up when a call takes too long or its producer cannot go on, and is started again, as its users do.
          () => false,
        )
        const over = copier.then(() => 'over' as const)
        while (round < copierKills) {
          const next = await Promise.race([over, pause(3000 + round * 300)])
          if (next === 'over') break
          round++
          await broker.kill()
          broker = await BrokerProcess.start({ port, dataDir })
        }
        copied = await copier
      }
      assert.deepEqual(
        await consumed(bootstrap, 'out', count),
        Array.from({ length: count }, (_, i) => String(i)),
      )
    } finally {
      await broker.kill()
      await rm(dataDir, { recursive: true, force: true })
    }
  },
}

const tools: Check = {
  name: 'transactions: kafka-transactions lists, describes, finds what hangs and ends it',
  run: () =>
    withBroker({}, async (bootstrap) => {
      const kafka = kafkajsAt(bootstrap)
      await fill(bootstrap, 'a', 2, 2)
      const producer = kafka.producer({ transactionalId: 'open', maxInFlightRequests: 1, idempotent: true })
      await producer.connect()
      const transaction = await producer.transaction()
      await transaction.send({ topic: 'a', messages: [{ value: 'x', partition: 1 }] })
      const run = (...args: readonly string[]) =>
        kafkaTool(['transactions', '--bootstrap-server', bootstrap, ...args]).then((text) => text.trimEnd().split('\n'))
      assert.match((await run('list'))[1]!, /^open\s+1\s+\d+\s+Ongoing/)
      assert.match((await run('describe', '--transactional-id', 'open'))[1]!, /^1\s+open\s+\d+\s+0\s+Ongoing\s.*a-1/)
      const producers = await run('describe-producers', '--topic', 'a', '--partition', '1')
      assert.match(producers[1]!, /^\d+\s+0\s+\S+\s+0\s+\d+\s+1\b/)
      assert.equal((await run('find-hanging', '--broker-id', '1', '--max-transaction-timeout', '15')).length, 1)
      await run('abort', '--topic', 'a', '--partition', '1', '--start-offset', '1')
      const after = await run('describe-producers', '--topic', 'a', '--partition', '1')
      assert.match(after[1]!, /None\s*$/)
      await producer.disconnect()
    }),
}

const kafkajs: Check = {
  name: 'transactions: kafkajs commits and aborts with offsets, and reads what was committed',
  run: () =>
    withBroker({}, async (bootstrap) => {
      const kafka = kafkajsAt(bootstrap)
      await fill(bootstrap, 'in', 1, 1)
      const admin = kafka.admin()
      await admin.connect()
      await admin.createTopics({ topics: [{ topic: 'out', numPartitions: 1 }] })
      const producer = kafka.producer({ transactionalId: 'js', maxInFlightRequests: 1, idempotent: true })
      await producer.connect()
      for (const [value, offset, commits] of [
        ['a', '1', true],
        ['b', '2', false],
        ['c', '3', true],
      ] as const) {
        const transaction = await producer.transaction()
        await transaction.send({ topic: 'out', messages: [{ value }] })
        const topics = [{ topic: 'in', partitions: [{ partition: 0, offset }] }]
        await transaction.sendOffsets({ consumerGroupId: 'g', topics })
        await (commits ? transaction.commit() : transaction.abort())
      }
      assert.deepEqual(await consumed(bootstrap, 'out', 2), ['a', 'c'])
      const [offsets] = await admin.fetchOffsets({ groupId: 'g', topics: ['in'] })
      assert.equal(offsets!.partitions[0]!.offset, '3')
      await producer.disconnect()
      await admin.disconnect()
    }),
}

export const checks: readonly Check[] = [conversations, javaPrograms, copier, killed, tools, kafkajs]
