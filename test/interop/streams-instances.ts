/**
 * Instances of one stock Kafka Streams application on our broker, with group.protocol=streams: they share tasks, take over
 * from one another and keep standbys; Apache Kafka's kafka-streams-groups.sh shows, resets and deletes their group.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { createClient } from '../../core/client/lean-client.ts'
import { withBroker } from '../support/broker-under-test.ts'
import type { Check } from '../support/check.ts'
import { kafkaLibs } from '../support/kafka-definitions.ts'
import { command, peer } from '../support/peers.ts'
import { readRecords } from '../support/read-records.ts'
import { projectRoot } from '../support/sources.ts'
import { until } from '../support/until.ts'

const application = 'word-count'
const tasks = ['0_0', '0_1', '0_2', '0_3', '1_0', '1_1', '1_2', '1_3']
const stateful = tasks.slice(4)

/** A running instance: what it said last of its tasks. */
class Instance {
  active: string[] = []
  standby: string[] = []
  readonly said: string[] = []
  readonly #child: ReturnType<typeof spawn>
  readonly #ended: Promise<void>

  constructor(settings: Readonly<Record<string, string>>) {
    const program = join(projectRoot, 'test', 'interop', 'java', 'StreamsApp.java')
    const args = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
    const child = spawn('java', ['-Xmx256m', '-cp', join(kafkaLibs(), '*'), program, ...args])
    this.#child = child
    this.#ended = new Promise((done) => void child.once('close', () => done()))
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#hear(line))
    }
  }

  #hear(line: string): void {
    this.said.push(line)
    const [word, active, standby] = line.split(' ')
    if (word !== 'tasks') return
    const list = (text: string | undefined): string[] => (text === undefined || text === '-' ? [] : text.split(','))
    this.active = list(active)
    this.standby = list(standby)
  }

  async close(): Promise<void> {
    this.#child.stdin!.end()
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 40_000)
    await this.#ended
    clearTimeout(late)
  }
}

/** How long the instances have, and what they said when it was not enough. */
const patienceWith = (instances: readonly Instance[]) => ({
  ms: 90_000,
  told: () => instances.map((each) => each.said.slice(-30).join('\n')).join('\n--\n'),
})

const sorted = (...lists: readonly string[][]): string[] => lists.flat().toSorted()

/** What kafka-streams-groups.sh says; it complains on its other output and ends well all the same. */
async function tool(bootstrap: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await command(peer('kafka/kafka.sh'), [
    'streams-groups',
    '--bootstrap-server',
    bootstrap,
    ...args,
  ])
  return `${args.join(' ')}\n${stdout}${stderr}`
}

/** The application's input, and how often each word is in it. */
class Words {
  readonly counts = new Map<string, number>()
  readonly #client: ReturnType<typeof createClient>

  constructor(bootstrap: string) {
    this.#client = createClient({ bootstrapServers: bootstrap })
  }

  async begin(): Promise<void> {
    const topics = ['words', 'counts'].map((topic) => ({ name: topic, partitions: 4 }))
    await this.#client.admin().createTopics(topics)
  }

  async send(count: number): Promise<void> {
    const producer = this.#client.producer()
    for (let i = 0; i < count; i++) {
      const word = `word-${i % 37}`
      this.counts.set(word, (this.counts.get(word) ?? 0) + 1)
      void producer.send({ topic: 'words', partition: i % 4, key: null, value: Buffer.from(word) })
    }
    await producer.close()
  }

  /** True when the newest count of every word is right. */
  async areCounted(): Promise<boolean> {
    const found = new Map<string, number>()
    for (const { key, value } of await readRecords(this.#client, 'counts', 'read_committed')) {
      found.set(key!.toString(), Number(value!.readBigInt64BE()))
    }
    return [...this.counts].every(([word, count]) => found.get(word) === count)
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

const instances = (guarantee: string): Check => ({
  name: `two instances of an application share tasks, standbys and work, ${guarantee}; the group is seen by Apache Kafka's tools`,
  run: async () => {
    const state = await mkdtemp(join(tmpdir(), 'millrace-streams-'))
    const settings = { 'group.streams.initial.rebalance.delay.ms': '500', 'group.streams.num.standby.replicas': '1' }
    try {
      await withBroker(settings, (bootstrap) => story(bootstrap, state, guarantee))
    } finally {
      await rm(state, { recursive: true, force: true })
    }
  },
})

async function story(bootstrap: string, state: string, guarantee: string): Promise<void> {
  const words = new Words(bootstrap)
  const running: Instance[] = []
  const start = (name: string): Instance => {
    const instance = new Instance({
      'bootstrap.servers': bootstrap,
      'application.id': application,
      'group.protocol': 'streams',
      'processing.guarantee': guarantee,
      'commit.interval.ms': '200',
      'num.stream.threads': '2',
      'state.dir': join(state, name),
    })
    running.push(instance)
    return instance
  }
  const patience = patienceWith(running)
  try {
    await words.begin()
    await words.send(1000)
    const a = start('a')
    await until('one with all tasks', () => sorted(a.active).join() === tasks.join(), patience)
    await until('the first words', () => words.areCounted(), patience)
    const b = start('b')
    const isShared = (): boolean =>
      a.active.length === 4 && sorted(a.active, b.active).join() === tasks.join() && copies(a, b) === stateful.join()
    await until('two that share', isShared, patience)
    await words.send(1000)
    await until('words counted by two', () => words.areCounted(), patience)
    await shown(bootstrap)
    await b.close()
    await until('one again', () => sorted(a.active).join() === tasks.join(), patience)
    await words.send(500)
    await until('words counted by one', () => words.areCounted(), patience)
    await a.close()
    await until('an empty group', async () => (await tool(bootstrap, '--list', '--state')).includes('Empty'), patience)
    await taken(bootstrap)
    for (const { said } of running)
      assert.deepEqual(
        said.filter((line) => line.startsWith('failed')),
        [],
      )
  } finally {
    await Promise.all(running.map((each) => each.close()))
    await words.close()
  }
}

/** The stateful tasks that one of two runs while the other keeps a copy. */
const copies = (a: Instance, b: Instance): string => {
  const kept = sorted(a.standby, b.standby)
  return a.standby.some((task) => a.active.includes(task)) ? 'beside itself' : kept.join()
}

/** What the tools show of two instances with two threads each. */
async function shown(bootstrap: string): Promise<void> {
  assert.match(await tool(bootstrap, '--list'), new RegExp(`^${application}$`, 'm'))
  assert.match(await tool(bootstrap, '--list', '--state'), /word-count\s+Stable/)
  assert.match(await tool(bootstrap, '--describe', '--group', application, '--state'), /Stable\s+4/)
  const members = await tool(bootstrap, '--describe', '--group', application, '--members', '--verbose')
  assert.equal(members.match(/StreamThread-\d-consumer/g)?.length, 4, members)
  const offsets = await tool(bootstrap, '--describe', '--group', application, '--offsets')
  for (const topic of ['words', `${application}-counted-repartition`]) {
    assert.equal(offsets.match(new RegExp(` ${topic} `, 'g'))?.length, 4, offsets)
  }
}

/** What the tools do to a group without members. */
async function taken(bootstrap: string): Promise<void> {
  const reset = ['--reset-offsets', '--group', application, '--input-topic', 'words']
  const plan = await tool(bootstrap, ...reset, '--to-earliest', '--dry-run')
  assert.equal(plan.match(/words\s+\d\s+0/g)?.length, 4, plan)
  await tool(bootstrap, ...reset, '--to-earliest', '--execute')
  const now = await tool(bootstrap, ...reset, '--to-current', '--dry-run')
  assert.equal(now.match(/words\s+\d\s+0/g)?.length, 4, now)
  await tool(bootstrap, '--delete', '--group', application)
  assert.doesNotMatch(await tool(bootstrap, '--list'), new RegExp(`^${application}`, 'm'))
}

export const checks: readonly Check[] = [instances('at_least_once'), instances('exactly_once_v2')]
