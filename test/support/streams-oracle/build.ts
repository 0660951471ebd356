import type { Serde } from 'millrace'
import { serdes } from 'millrace'
import type {
  GlobalKTable,
  KGroupedStream,
  KStream,
  KTable,
  StoreOptions,
  SessionWindows,
  SlidingWindows,
  TimeWindowedKStream,
  TimeWindows,
  Topology,
} from 'millrace/streams'
import {
  KGroupedTable,
  KStream as StreamClass,
  sessionWindowedSerde,
  stores,
  StreamsBuilder,
  timeWindowedSerde,
  topic,
  topics,
  windows,
} from 'millrace/streams'
import type { CaseNode, Fn } from './case.ts'
import * as fns from './functions.ts'
import type { ProcessorSpec } from './processors.ts'
import { processorOf } from './processors.ts'

/** An operator of the vocabulary that this build does not offer. */
export class Unsupported extends Error {}

/** How to read what comes out of a topic. */
export interface SinkSerdes {
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
}

/** Told of every record that a peek or foreach node sees. */
export type Peek = (node: string, key: unknown, value: unknown) => void

type Stream = KStream<unknown, unknown>
type Table = KTable<unknown, unknown>
type Grouped = KGroupedStream<unknown, unknown>
type Windows = TimeWindowedKStream<unknown, unknown>

const string = serdes.string as Serde<unknown>
const long = serdes.long as Serde<unknown>
const text = { key: string, value: string }
const serdeOf = (values: unknown): Serde<unknown> => (values === 'long' ? (serdes.long as Serde<unknown>) : string)

/** Makes our topology of the nodes of a case: each node is one call of the DSL. */
export class CaseBuilder {
  readonly sinks = new Map<string, SinkSerdes>()
  readonly #builder = new StreamsBuilder({ defaults: { key: string, value: string } })
  readonly #made = new Map<string, unknown>()
  readonly #kinds = new Map<string, string>()
  readonly #peek: Peek

  constructor(peek: Peek) {
    this.#peek = peek
  }

  build(nodes: readonly CaseNode[], optimization: string): Topology {
    for (const node of nodes) {
      const result = this.#make(node)
      if (result !== undefined && node.id !== undefined) this.#made.set(node.id, result)
    }
    return this.#builder.build({ optimization })
  }

  #stream(id: unknown): Stream {
    return this.#made.get(id as string) as Stream
  }

  #make(node: CaseNode): unknown {
    switch (node.op) {
      case 'stream':
        return this.#source(node)
      case 'to':
        return this.#sink(node)
      case 'split':
        return this.#split(node)
      case 'table':
        return this.#builder.table(this.#topic(node), { ...named(node), ...stored(node) })
      case 'groupByKey':
        return this.#stream(node['in']).groupByKey({ ...text, ...named(node) })
      case 'groupBy':
        return this.#groupBy(node)
      case 'windowedBy':
        return this.#windowedBy(node)
      case 'count':
      case 'reduce':
      case 'aggregate':
        return this.#aggregate(node)
      case 'toTable':
        return this.#stream(node['in']).toTable({ ...materialized(node, string), ...named(node) })
      case 'suppress':
        return this.#suppress(node)
      case 'toStream': {
        const table = this.#table(node['in'])
        const key = node['key'] as Fn | undefined
        if (key === undefined) return table.toStream(named(node))
        return table.toStream((value, from) => fns.mapKey(key, from, value) as unknown, named(node))
      }
      case 'streamJoin':
        return this.#streamJoin(node)
      case 'lookup':
        return this.#lookup(node)
      case 'addStore':
        return this.#addStore(node)
      case 'process':
      case 'processValues':
        return this.#process(node)
      case 'globalTable':
        return this.#builder.globalTable(this.#topic(node), { ...named(node), ...stored(node) })
      case 'globalLookup':
        return this.#globalLookup(node)
      case 'foreignJoin':
        return this.#foreignJoin(node)
      case 'cogroup':
        return this.#cogroup(node)
      case 'tableJoin':
        return this.#tableJoin(node)
      default:
        return this.#made.get(node['in'] as string) instanceof StreamClass
          ? this.#stateless(node)
          : this.#tableMap(node)
    }
  }

  #streamJoin(node: CaseNode): Stream {
    const left = this.#stream(node['left'])
    const right = this.#stream(node['right'])
    const joiner = (a: unknown, b: unknown, key: unknown): unknown => fns.join(node['joiner'] as Fn, key, a, b)
    const options = {
      within: { before: node['before'] as number, after: node['after'] as number },
      grace: node['grace'] as number,
      ...text,
      otherValue: string,
      ...named(node),
      ...(typeof node['storeName'] === 'string' && { store: node['storeName'] }),
    }
    if (node['kind'] === 'inner') return left.join(right, joiner, options)
    return node['kind'] === 'left' ? left.leftJoin(right, joiner, options) : left.outerJoin(right, joiner, options)
  }

  #lookup(node: CaseNode): Stream {
    const stream = this.#stream(node['left'])
    const table = this.#table(node['right'])
    const joiner = (a: unknown, b: unknown, key: unknown): unknown => fns.join(node['joiner'] as Fn, key, a, b)
    const grace = node['grace'] as number | undefined
    const options = { ...text, ...named(node), ...(grace !== undefined && { grace }) }
    return node['kind'] === 'left' ? stream.leftJoin(table, joiner, options) : stream.join(table, joiner, options)
  }

  #globalLookup(node: CaseNode): Stream {
    const table = this.#made.get(node['right'] as string) as GlobalKTable<unknown, unknown>
    return this.#stream(node['left']).lookup(
      table,
      (value, key) => fns.mapKey(node['key'] as Fn, key, value) as unknown,
      (a: unknown, b: unknown, key: unknown) => fns.join(node['joiner'] as Fn, key, a, b) as unknown,
      { ...named(node), left: node['kind'] === 'left' } as { left: true },
    )
  }

  #table(id: unknown): Table {
    return this.#made.get(id as string) as Table
  }

  #topic(node: CaseNode) {
    return topic(node['topic'] as string, this.#topicOptions(node))
  }

  #tableMap(node: CaseNode): unknown {
    const table = this.#table(node['in'])
    const options = { ...materialized(node, string), ...named(node) }
    switch (node.op) {
      case 'filter':
        return table.filter((value, key) => fns.predicate(node['pred'] as Fn, key, value), options)
      case 'filterNot':
        return table.filterNot((value, key) => fns.predicate(node['pred'] as Fn, key, value), options)
      case 'mapValues':
        return table.mapValues((value, key) => fns.mapValue(node['fn'] as Fn, key, value) as unknown, options)
      case 'transformValues':
        return table.transformValues((value, key) => fns.mapValue(node['fn'] as Fn, key, value) as unknown, options)
      default:
        throw new Unsupported(`operator ${node.op} is not supported`)
    }
  }

  #foreignJoin(node: CaseNode): Table {
    return this.#table(node['left']).foreignKeyJoin(
      this.#table(node['right']),
      (value, key) => fns.mapKey(node['key'] as Fn, key, value) as unknown,
      (a: unknown, b: unknown) => fns.join(node['joiner'] as Fn, null, a, b) as unknown,
      { ...materialized(node, string), ...named(node), left: node['kind'] === 'left' } as { left: true },
    )
  }

  #tableJoin(node: CaseNode): Table {
    const left = this.#table(node['left'])
    const right = this.#table(node['right'])
    const joiner = (a: unknown, b: unknown): unknown => fns.join(node['joiner'] as Fn, null, a, b)
    const options = { ...materialized(node, string), ...named(node) }
    if (node['kind'] === 'inner') return left.join(right, joiner, options)
    return node['kind'] === 'left' ? left.leftJoin(right, joiner, options) : left.outerJoin(right, joiner, options)
  }

  #groupBy(node: CaseNode): unknown {
    const by = node['key'] as Fn
    if (!(this.#made.get(node['in'] as string) instanceof StreamClass)) {
      return this.#table(node['in']).groupBy<unknown, unknown>(
        (value, key) => [fns.mapKey(by, key, value), fns.mapValue(node['value'] as Fn, key, value)],
        { ...text, ...named(node) },
      )
    }
    return this.#stream(node['in']).groupBy((value, key) => fns.mapKey(node['key'] as Fn, key, value) as unknown, {
      ...text,
      ...named(node),
    })
  }

  #addStore(node: CaseNode): void {
    const name = node['name'] as string
    const { kind, retention = 0, size = 0 } = node as unknown as { kind: string; retention?: number; size?: number }
    const options = { ...text, cache: node['cache'] === true, log: node['log'] !== false }
    this.#kinds.set(name, kind)
    switch (kind) {
      case 'kv':
        return void this.#builder.addStore(stores.keyValue(name, options))
      case 'timestamped':
        return void this.#builder.addStore(stores.timestampedKeyValue(name, options))
      case 'window':
        return void this.#builder.addStore(
          stores.window(name, { ...options, retention, size, duplicates: node['duplicates'] === true }),
        )
      default:
        return void this.#builder.addStore(stores.session(name, { ...options, retention }))
    }
  }

  #process(node: CaseNode): Stream {
    const spec = node['proc'] as unknown as ProcessorSpec
    const factory = processorOf(
      { ...spec, timestamped: this.#kinds.get(spec.store ?? '') === 'timestamped' },
      node.op === 'process',
    )
    const options = { ...named(node), ...(spec.store !== undefined && { stores: [spec.store] }) }
    const stream = this.#stream(node['in'])
    return node.op === 'process' ? stream.process(factory, options) : stream.processValues(factory, options)
  }

  #cogroup(node: CaseNode): unknown {
    const streams = (node['in'] as string[]).map((id) => this.#made.get(id) as Grouped)
    const adds = (node['aggs'] as Fn[]).map(
      (fn) => (agg: unknown, value: unknown, key: unknown) => fns.aggregate(fn, key, value, agg) as unknown,
    )
    let cogrouped = streams[0]!.cogroup(adds[0]!)
    for (const [i, stream] of streams.slice(1).entries()) cogrouped = cogrouped.cogroup(stream, adds[i + 1]!)
    return cogrouped
  }

  #windowedBy(node: CaseNode): Windows {
    const grouped = this.#made.get(node['in'] as string) as Grouped
    const number = (field: string): number => node[field] as number
    const grace = { grace: number('grace') ?? 0 }
    const over = (): TimeWindows | SlidingWindows | SessionWindows => {
      switch (node['kind']) {
        case 'tumbling':
          return windows.tumbling(number('size'), grace)
        case 'hopping':
          return windows.hopping(number('size'), { advance: number('advance'), ...grace })
        case 'unlimited':
          return windows.unlimited({ start: number('start') })
        case 'sliding':
          return windows.sliding(number('difference'), grace)
        default:
          return windows.session(number('gap'), grace)
      }
    }
    const windowed = grouped.windowedBy(over() as TimeWindows)
    return node['emit'] === 'close' ? windowed.emit('close') : windowed
  }

  #aggregate(node: CaseNode): unknown {
    const grouped = this.#made.get(node['in'] as string) as Grouped
    const options = { ...materialized(node, node.op === 'count' ? long : string), ...named(node) }
    if (node.op === 'count') return grouped.count(options as object)
    const fn = node['fn'] as Fn
    if (grouped instanceof KGroupedTable)
      return this.#aggregateTable(node, grouped as KGroupedTable<unknown, unknown>, options)
    if (node.op === 'reduce') return grouped.reduce((agg, value) => fns.aggregate(fn, null, value, agg), options)
    const init = node['init'] as string
    return grouped.aggregate<unknown>({
      init: () => init,
      add: (agg: unknown, value: unknown, key: unknown) => fns.aggregate(fn, key, value, agg),
      ...options,
      merge: (a: unknown, b: unknown) => fns.merge(node['merger'] as Fn, a, b),
    } as never)
  }

  #aggregateTable(node: CaseNode, grouped: KGroupedTable<unknown, unknown>, options: object): Table {
    const by = (field: 'add' | 'sub', keyed: boolean) => (agg: unknown, value: unknown, key: unknown) =>
      fns.aggregate(node[field] as Fn, keyed ? key : null, value, agg) as unknown
    if (node.op === 'reduce') return grouped.reduce(by('add', false), by('sub', false), options)
    const init = node['init'] as string
    return grouped.aggregate<unknown>({ init: () => init, add: by('add', true), subtract: by('sub', true), ...options })
  }

  #suppress(node: CaseNode): Table {
    const table = this.#table(node['in'])
    const max = node['maxRecords'] as number | undefined
    const options = { ...named(node), ...(max !== undefined && { maxRecords: max }) }
    if (node['until'] === 'windowClose') return table.suppress({ until: 'windowCloses', ...options })
    const whenFull = node['full'] === 'shutDown' ? 'fail' : 'emit'
    return table.suppress({ until: 'timeLimit', limit: node['limit'] as number, whenFull, ...options })
  }

  #source(node: CaseNode): Stream {
    const options = this.#topicOptions(node)
    if (typeof node['pattern'] === 'string')
      return this.#builder.stream(topics(new RegExp(node['pattern']), options), named(node))
    const names = (node['topics'] as string[] | undefined) ?? [node['topic'] as string]
    return this.#builder.stream(
      names.map((name) => topic(name, options)),
      named(node),
    )
  }

  #topicOptions(node: CaseNode) {
    const extractor = node['timestamp'] as Fn | undefined
    return {
      key: string,
      value: serdeOf(node['values']),
      ...(extractor !== undefined && {
        timestamp: (record: { readonly value: unknown; readonly timestamp: number }, partitionTime: number) =>
          fns.timestamp(extractor, record, partitionTime),
      }),
    }
  }

  #sink(node: CaseNode): void {
    const stream = this.#stream(node['in'])
    const size = node['size'] as number | undefined
    const key =
      node['keys'] === 'time'
        ? timeWindowedSerde(string, size)
        : node['keys'] === 'session'
          ? sessionWindowedSerde(string)
          : string
    const serdes = { key: key as Serde<unknown>, value: serdeOf(node['values']) }
    const route = node['route'] as string[] | undefined
    if (route === undefined) {
      const name = node['topic'] as string
      this.sinks.set(name, serdes)
      stream.to(topic(name, serdes), named(node))
      return
    }
    for (const name of route) this.sinks.set(name, serdes)
    stream.to((value) => route[fns.num(value) % route.length]!, { ...serdes, ...named(node) })
  }

  #split(node: CaseNode): void {
    let split = this.#stream(node['in']).split(named(node)) as {
      branch(key: string, predicate: (value: unknown, key: unknown) => boolean, options: object): typeof split
      default(key: string, options: object): Record<string, Stream>
      noDefault(): Record<string, Stream>
    }
    const branches = node['branches'] as readonly { id: string; pred: Fn; name?: string }[]
    for (const each of branches)
      split = split.branch(each.id, (value, key) => fns.predicate(each.pred, key, value), named(each))
    const other = node['default'] as { id: string; name?: string } | undefined
    const streams = other === undefined ? split.noDefault() : split.default(other.id, named(other))
    for (const [id, stream] of Object.entries(streams)) this.#made.set(id, stream)
  }

  #stateless(node: CaseNode): unknown {
    const stream = this.#stream(node['in'])
    const options = named(node)
    const fn = (field: string): Fn => node[field] as Fn
    const fanOut = (value: unknown): number[] =>
      Array.from({ length: fns.fan(node['mod'] as number, value) }, (_, i) => i)
    const look = (value: unknown, key: unknown): void => this.#peek(node.id!, key, value)
    switch (node.op) {
      case 'filter':
        return stream.filter((value, key) => fns.predicate(fn('pred'), key, value), options)
      case 'filterNot':
        return stream.filterNot((value, key) => fns.predicate(fn('pred'), key, value), options)
      case 'mapValues':
        return stream.mapValues((value, key) => fns.mapValue(fn('fn'), key, value) as unknown, options)
      case 'map':
        return stream.map(
          (value, key) => [fns.mapKey(fn('key'), key, value), fns.mapValue(fn('value'), key, value)],
          options,
        )
      case 'selectKey':
        return stream.selectKey((value, key) => fns.mapKey(fn('key'), key, value) as unknown, options)
      case 'flatMap':
        return stream.flatMap(
          (value, key) => fanOut(value).map((i) => [fns.mapKey(fn('key'), key, value), fns.fanned(value, i)] as const),
          options,
        )
      case 'flatMapValues':
        return stream.flatMapValues((value) => fanOut(value).map((i) => fns.fanned(value, i)), options)
      case 'peek':
        return stream.peek(look, options)
      case 'foreach':
        return stream.foreach(look, options)
      case 'merge':
        return stream.merge(this.#stream(node['with']), options)
      case 'repartition': {
        const partitions = node['partitions'] as number | undefined
        return stream.repartition({
          key: string,
          value: string,
          ...options,
          ...(partitions !== undefined && { partitions }),
        })
      }
      default:
        throw new Unsupported(`operator ${node.op} is not supported`)
    }
  }
}

const named = (node: { readonly [field: string]: unknown }): { readonly name?: string } =>
  typeof node['name'] === 'string' ? { name: node['name'] } : {}

/** The `store` field of a node as our options have it. */
function stored(node: CaseNode): { readonly store?: StoreOptions } {
  const given = node['store'] as
    | { name?: string; retention?: number; cache?: boolean; log?: false; versioned?: number }
    | undefined
  return given === undefined ? {} : { store: given }
}

/** The `Materialized` argument: without a `store` field there is none. */
function materialized(
  node: CaseNode,
  value: Serde<unknown>,
): { readonly store?: StoreOptions; readonly key?: Serde<unknown>; readonly value?: Serde<unknown> } {
  return node['store'] === undefined ? {} : { ...stored(node), key: string, value }
}
