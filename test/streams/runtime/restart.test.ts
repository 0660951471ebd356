import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { serdes } from '../../../core/index.ts'
import { partitionKey } from '../../../core/client/client.ts'
import { VirtualTime } from '../../../core/ports/virtual-time.ts'
import type { Header } from '../../../core/records/record.ts'
import { noHeaders } from '../../../core/records/record.ts'
import { silentLog } from '../../../core/telemetry/log.ts'
import type { KStream, Topology } from '../../../streams/index.ts'
import { StreamsBuilder, stores, topic, windows } from '../../../streams/index.ts'
import type { KeyValueStore } from '../../../streams/index.ts'
import type { CommittedTime } from '../../../streams/runtime/partition-time.ts'
import { decodePartitionTime } from '../../../streams/runtime/partition-time.ts'
import { Task } from '../../../streams/runtime/task.ts'

const strings = { key: serdes.string, value: serdes.string }
const out = topic('out', strings)

interface Logged {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestamp: number
  readonly headers: readonly Header[]
}

interface Input {
  readonly topic: 'a' | 'b'
  readonly key: string
  readonly value: string | null
  readonly timestamp: number
}

/** A task that commits after each record, with the topics around it; can die and come back from what is in them. */
class Machine {
  readonly #topology: Topology
  readonly #cacheBytes: number
  readonly #logs = new Map<string, Logged[]>()
  readonly #offsets = new Map<string, number>()
  readonly #committed = new Map<string, CommittedTime>()
  readonly #readAgain: string[] = []
  #task: Task

  constructor(topology: Topology, cacheBytes: number) {
    this.#topology = topology
    this.#cacheBytes = cacheBytes
    this.#task = this.#start()
  }

  restart(): void {
    this.#task.close()
    this.#task = this.#start()
  }

  /** What comes out of a record, as text. */
  feed({ topic: name, key, value, timestamp }: Input): string[] {
    const from = this.#log('out').length
    const bytes = value === null ? null : Buffer.from(value)
    this.#add(name, { key: Buffer.from(key), value: bytes, timestamp, headers: noHeaders })
    while (this.#task.runnable) {
      this.#task.process(1)
      this.#task.prepareCommit()
      for (const [input, { metadata }] of this.#task.committable())
        this.#committed.set(input, decodePartitionTime(metadata!))
      this.#task.committed()
      this.#readOwn()
    }
    return this.#log('out')
      .slice(from)
      .map((each) => `${String(each.key)}=${String(each.value)}@${each.timestamp}`)
  }

  #start(): Task {
    const collector = {
      partitionCount: () => 1,
      send: (
        to: string,
        _: number | null,
        key: Buffer | null,
        value: Buffer | null,
        timestamp: number,
        headers: readonly Header[],
      ) => {
        this.#log(to).push({ key, value, timestamp, headers })
        this.#readAgain.push(to)
      },
    }
    const ports = { collector, clock: new VirtualTime(), log: silentLog }
    const task = new Task(
      ports,
      this.#topology,
      { subtopology: 'all', partition: 0 },
      { 'application.id': 'app', 'statestore.cache.max.bytes': this.#cacheBytes, 'emit.interval.ms': 0 },
    )
    for (const changelog of task.changelogs) changelog.restore(this.#log(changelog.topic))
    task.start(this.#committed)
    return task
  }

  #readOwn(): void {
    const inputs = new Set(this.#task.inputs.map((input) => input.topic))
    for (const name of this.#readAgain.splice(0)) if (inputs.has(name)) this.#add(name, this.#log(name).at(-1)!)
  }

  #add(name: string, record: Logged): void {
    const place = { topic: name, partition: 0 }
    const offset = this.#offsets.get(partitionKey(place)) ?? 0
    this.#offsets.set(partitionKey(place), offset + 1)
    this.#task.add(place, [{ ...record, offset }])
  }

  #log(name: string): Logged[] {
    const log = this.#logs.get(name) ?? []
    this.#logs.set(name, log)
    return log
  }
}

type Build = (a: KStream<string, string>, b: () => KStream<string, string>, builder: StreamsBuilder) => void

const windowText = (_: unknown, { key, start, end }: { key: string; start: number; end: number }): string =>
  `${key}@${start}-${end}`
const push = { init: () => '', add: (all: string, value: string) => `${all},${value}`, value: serdes.string }
const joined = (left: string | null, right: string | null): string => `${left}&${right}`

const programs: Record<string, Build> = {
  'aggregation by key': (a) => a.groupByKey().aggregate(push).toStream().to(out),
  'aggregation in windows': (a) =>
    a
      .groupByKey()
      .windowedBy(windows.hopping(20, { advance: 5, grace: 1000 }))
      .aggregate(push)
      .toStream()
      .selectKey(windowText, { key: serdes.string })
      .to(out),
  'sliding windows': (a) =>
    a
      .groupByKey()
      .windowedBy(windows.sliding(10, { grace: 1000 }))
      .aggregate(push)
      .toStream()
      .selectKey(windowText, { key: serdes.string })
      .to(out),
  sessions: (a) =>
    a
      .groupByKey()
      .windowedBy(windows.session(8, { grace: 1000 }))
      .aggregate({ ...push, merge: (one, other) => `${one}/${other}` })
      .toStream()
      .selectKey(windowText, { key: serdes.string })
      .to(out),
  'windows that come out when they close': (a) =>
    a
      .groupByKey()
      .windowedBy(windows.tumbling(10, { grace: 20 }))
      .emit('close')
      .aggregate(push)
      .toStream()
      .selectKey(windowText, { key: serdes.string })
      .to(out),
  'suppression until windows close': (a) =>
    a
      .groupByKey()
      .windowedBy(windows.tumbling(10, { grace: 20 }))
      .aggregate(push)
      .suppress({ until: 'windowCloses' })
      .toStream()
      .selectKey(windowText, { key: serdes.string })
      .to(out),
  'suppression for a while': (a) => a.toTable().suppress({ until: 'timeLimit', limit: 15 }).toStream().to(out),
  'table by another key': (a) =>
    a
      .toTable()
      .groupBy((value, key) => [value.slice(0, 1), key], { value: serdes.string })
      .aggregate({ ...push, subtract: (all, value) => `${all}-${value}` })
      .toStream()
      .to(out),
  'join of streams': (a, b) => a.join(b(), joined, { within: 10, grace: 1000 }).to(out),
  'join with a versioned table that waits': (a, b) =>
    a.leftJoin(b().toTable({ store: { name: 'rows', versioned: 1000 } }), joined, { grace: 10 }).to(out),
  'join of tables': (a, b) => a.toTable().outerJoin(b().toTable(), joined).toStream().to(out),
  'join by foreign key': (a, b) =>
    a
      .toTable()
      .foreignKeyJoin(b().toTable(), (value) => value.slice(0, 1), joined, { left: true })
      .toStream()
      .to(out),
  'processor with a store': (a, _, builder) => {
    builder.addStore(stores.keyValue('seen', strings))
    a.processValues<string>(
      (context) => {
        const seen = context.store<KeyValueStore<string, string>>('seen')
        return (record) => {
          const before = seen.get(record.key)
          seen.put(record.key, record.value)
          context.forward(record.withValue(`${before}>${record.value}`))
        }
      },
      { value: serdes.string, stores: ['seen'] },
    ).to(out)
  },
}

function build(program: Build): Topology {
  const builder = new StreamsBuilder({ defaults: strings })
  program(builder.stream(topic('a', strings)), () => builder.stream(topic('b', strings)), builder)
  return builder.build()
}

const keys = fc.constantFrom('k', 'l', 'm')
const step = fc.record({
  topic: fc.constantFrom('a' as const, 'b' as const),
  key: keys,
  value: fc.option(fc.constantFrom('k1', 'l2', 'm3', 'k4', 'k5'), { freq: 8 }),
  advance: fc.nat(6),
  late: fc.option(fc.nat(12), { freq: 3 }),
})

/** Steps as records; after a restart each input begins with one that is not late, for operators know no time then. */
function records(steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[], begin: number): Input[] {
  let now = begin
  const seen = new Set<string>()
  return steps.map(({ topic: name, key, value, advance, late }) => {
    now += advance
    const first = !seen.has(name)
    seen.add(name)
    return { topic: name, key, value, timestamp: late === null || first ? now : Math.max(0, now - late) }
  })
}

// Grace covers all lateness here: when records without a match go is not said exactly, but none of them may meet one then.
const finish: Input = { topic: 'a', key: 'z', value: 'z', timestamp: 100_000 }

it('restart: an outer join loses no record that waits for a match', () => {
  const topology = build((a, b) => a.outerJoin(b(), joined, { within: 5, grace: 12 }).to(out))
  const steps = fc.array(step, { minLength: 5, maxLength: 40 })
  fc.assert(
    fc.property(steps, steps, (before, after) => {
      const lasting = new Machine(topology, 0)
      const dying = new Machine(topology, 0)
      const first = records(before, 0)
      const now = Math.max(...first.map(({ timestamp }) => timestamp))
      const run = (machine: Machine, inputs: readonly Input[]): string[] => inputs.flatMap((each) => machine.feed(each))
      const wanted = run(lasting, [...first, ...records(after, now), finish])
      const got = run(dying, first)
      dying.restart()
      got.push(...run(dying, [...records(after, now), finish]))
      expect(got.sort()).toEqual(wanted.sort())
    }),
    { numRuns: 25 },
  )
})

describe.each(Object.entries(programs))('restart: %s', (_, program) => {
  it.each([0, 1 << 20])('goes on as if nothing had been, with a cache of %d bytes', (cacheBytes) => {
    const topology = build(program)
    const inputs = new Set(topology.sourceTopics('app'))
    const steps = fc.array(step, { minLength: 5, maxLength: 40 })
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const mine = ({ topic: name }: { readonly topic: string }): boolean => inputs.has(name)
        const lasting = new Machine(topology, cacheBytes)
        const dying = new Machine(topology, cacheBytes)
        const first = records(before.filter(mine), 0)
        for (const each of first) expect(dying.feed(each)).toEqual(lasting.feed(each))
        dying.restart()
        const now = Math.max(0, ...first.map(({ timestamp }) => timestamp))
        for (const each of records(after.filter(mine), now)) expect(dying.feed(each)).toEqual(lasting.feed(each))
      }),
      { numRuns: 25 },
    )
  })
})
