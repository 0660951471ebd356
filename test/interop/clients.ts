/**
 * Other people's clients tell one story on our broker: create and configure topics, produce with keys, headers and times, consume
 * in a group, commit and go on from there, seek and look offsets up by time, transactions that commit and abort, groups described and
 * deleted. Each is a small program in its own language in `clients/`, called with BOOTSTRAP PREFIX [name=value…], that prints a
 * line of JSON per step. What the steps must say was seen on Apache Kafka: `CLIENTS_ON=kafka` runs them there again.
 */
import assert from 'node:assert/strict'

import { withBroker } from '../support/broker-under-test.ts'
import type { Check } from '../support/check.ts'
import { goProgram, javaProgram, nodeProgram, ownProgram, pythonProgram } from '../support/client-programs.ts'
import type { CommandLine } from '../support/client-programs.ts'
import { command, withKafka } from '../support/peers.ts'

type Story = Readonly<Record<string, Readonly<Record<string, unknown>>>>

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

const story: Story = {
  create: { partitions: 3, maxMessageBytes: '123456' },
  produce: { ends: [20, 20, 20] },
  consume: { values: numbers(0, 60) },
  commit: { committed: [20, 20, 20] },
  resume: { values: numbers(60, 63) },
  seek: { offset: 5, value: '15', atTime: 10 },
  transactions: { committed: ['c0', 'c1', 'c2', 'c3', 'c4', 'd0', 'd1'], uncommitted: 12, groupOffset: 7 },
  groups: { listed: true, state: 'empty' },
  delete: { groupLeft: false, topicsLeft: false },
}

interface Teller {
  readonly name: string
  program(): CommandLine | Promise<CommandLine>
  readonly settings?: readonly string[]
  /** Where its story differs, by step; null: it has no such thing to say. */
  readonly differs?: Story
}

const consumerProtocol = { settings: ['group.protocol=consumer'], differs: { groups: { type: 'consumer' } } }
const platformatic = () => nodeProgram('platformatic', ['@platformatic/kafka@2.12.1'], '24.21.0')

const tellers: readonly Teller[] = [
  { name: 'Java 4.3.1, classic groups', program: () => javaProgram('Story.java', '4.3.1') },
  { name: 'Java 4.3.1, consumer groups', program: () => javaProgram('Story.java', '4.3.1'), ...consumerProtocol },
  { name: 'Java 3.9.2', program: () => javaProgram('Story.java', '3.9.2') },
  { name: 'confluent-kafka (librdkafka), classic groups', program: () => pythonProgram('confluent-kafka') },
  {
    name: 'confluent-kafka (librdkafka), consumer groups',
    program: () => pythonProgram('confluent-kafka'),
    ...consumerProtocol,
  },
  { name: 'kafka-python', program: () => pythonProgram('kafka-python') },
  // It has no way to delete a group.
  { name: 'aiokafka', program: () => pythonProgram('aiokafka'), differs: { delete: { groupLeft: null } } },
  // Its transactions commit what its session has read, and that was all.
  {
    name: 'franz-go, classic groups',
    program: () => goProgram('franz-go'),
    differs: { transactions: { groupOffset: 21 } },
  },
  {
    name: 'franz-go, consumer groups',
    program: () => goProgram('franz-go'),
    ...consumerProtocol,
    differs: { transactions: { groupOffset: 21 }, groups: { type: 'consumer' } },
  },
  { name: 'sarama', program: () => goProgram('sarama') },
  { name: 'kafkajs', program: () => ownProgram('kafkajs') },
  { name: '@platformatic/kafka, classic groups', program: platformatic },
  // Its transactional commits name a generation where a member epoch is wanted; Apache Kafka refuses them too.
  {
    name: '@platformatic/kafka, consumer groups',
    program: platformatic,
    settings: ['groupProtocol=consumer'],
    differs: { transactions: { groupOffset: null }, groups: { type: 'consumer' } },
  },
]

/** The lines of a program, by step. */
function stepsOf(output: string): Story {
  const lines = output.split('\n').filter((line) => line.startsWith('{'))
  const steps = lines.map((line) => JSON.parse(line) as { step: string })
  return Object.fromEntries(steps.map(({ step, ...found }) => [step, found]))
}

const onKafka = process.env['CLIENTS_ON'] === 'kafka'
const onBroker = (body: (bootstrap: string) => Promise<void>): Promise<void> =>
  onKafka ? withKafka(body) : withBroker({ 'group.initial.rebalance.delay.ms': '0' }, body)

function telling({ name, program, settings = [], differs = {} }: Teller): Check {
  return {
    name: `${name} on ${onKafka ? 'Apache Kafka' : 'our broker'}: ${Object.keys(story).join(', ')}`,
    run: async () => {
      const [file, ...args] = await program()
      await onBroker(async (bootstrap) => {
        const { code, stdout, stderr } = await command(file, [...args, bootstrap, 'story', ...settings])
        const told = stepsOf(stdout)
        for (const [step, common] of Object.entries(story)) {
          const said = told[step]
          assert.ok(said !== undefined, `it did not come to ${step}, ended with ${code}\n${stderr.slice(-3000)}`)
          const wanted = Object.entries({ ...common, ...differs[step] })
          const compared = Object.fromEntries(wanted.map(([key]) => [key, said[key] ?? null]))
          assert.deepEqual(compared, Object.fromEntries(wanted), `${step}\n${stderr.slice(-3000)}`)
        }
        assert.equal(code, 0, stderr.slice(-3000))
      })
    },
  }
}

export const checks: readonly Check[] = tellers.map(telling)
