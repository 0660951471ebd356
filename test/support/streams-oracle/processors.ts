import type {
  Cancellable,
  KeyValueStore,
  ProcessorContext,
  ProcessorFactory,
  SessionStore,
  StateStore,
  TimestampedKeyValueStore,
  Windowed,
  WindowStore,
} from 'millrace/streams'
import { serdes } from 'millrace'
import { StreamRecord } from 'millrace/streams'
import * as fns from './functions.ts'

/** A processor of the vocabulary (FORMAT.md 6). */
export interface ProcessorSpec {
  readonly kind: string
  readonly store?: string
  readonly timestamped?: boolean
  readonly n?: number
  readonly streamEvery?: number
  readonly wallEvery?: number
  readonly tick?: boolean
  readonly cancelAfter?: number
  readonly scan?: string
  readonly from?: string
  readonly to?: string | readonly string[]
  readonly back?: number
  readonly gap?: number
  readonly step?: number
  readonly mod?: number
  readonly rest?: number
}

type Context = ProcessorContext<unknown, unknown>
type Taken = StreamRecord<unknown, unknown>
type Make = (context: Context, spec: ProcessorSpec, full: boolean) => (record: Taken) => void

export const processorOf =
  (spec: ProcessorSpec, full: boolean): ProcessorFactory<unknown, unknown, unknown, unknown> =>
  (context) => {
    const make = processors[spec.kind]
    if (make === undefined) throw new Error(`the vocabulary has no processor ${spec.kind}`)
    return make(context, spec, full)
  }

const storeOf = <S extends StateStore>(context: Context, spec: ProcessorSpec): S => context.store<S>(spec.store!)

const processors: Readonly<Record<string, Make>> = {
  tally: (context, spec) => (record) => {
    const { key, value, timestamp } = record
    if (key === null) return context.forward(record.withValue(`nokey:${fns.text(value)}`))
    if (spec.timestamped === true) {
      const store = storeOf<TimestampedKeyValueStore<unknown, unknown>>(context, spec)
      const next = fns.push(store.get(key)?.value ?? null, fns.text(value), spec.n!)
      store.put(key, next, timestamp)
      return context.forward(record.withValue(next))
    }
    const store = storeOf<KeyValueStore<unknown, unknown>>(context, spec)
    const next = fns.push(store.get(key), fns.text(value), spec.n!)
    store.put(key, next)
    context.forward(record.withValue(next))
  },

  dedup: (context, spec) => (record) => {
    if (record.key === null) return
    const store = storeOf<KeyValueStore<unknown, unknown>>(context, spec)
    const old = store.get(record.key)
    if (old !== null && old === record.value) return
    store.put(record.key, record.value)
    context.forward(record)
  },

  collect: (context, spec) => {
    let fired = 0
    const schedules: Cancellable[] = []
    const flush = (time: string, now: number): void => {
      if (spec.tick === true) context.forward(new StreamRecord('tick', `${time}:${now}`, now))
      const store = storeOf<KeyValueStore<unknown, unknown>>(context, spec)
      for (const [key, value] of Array.from(store.all())) {
        context.forward(new StreamRecord(key, value, now))
        store.delete(key)
      }
      if (spec.cancelAfter !== undefined && ++fired === spec.cancelAfter) for (const each of schedules) each.cancel()
    }
    if (spec.streamEvery !== undefined)
      schedules.push(context.schedule(spec.streamEvery, 'stream', (now) => flush('stream', now)))
    if (spec.wallEvery !== undefined)
      schedules.push(context.schedule(spec.wallEvery, 'wall', (now) => flush('wall', now)))
    return ({ key, value }) => {
      if (key === null) return
      const store = storeOf<KeyValueStore<unknown, unknown>>(context, spec)
      if (value === null) store.delete(key)
      else store.put(key, fns.push(store.get(key), fns.text(value), spec.n!))
    }
  },

  scan: (context, spec) => (record) => {
    if (record.key === null) return
    const store = storeOf<KeyValueStore<unknown, unknown>>(context, spec)
    store.put(record.key, record.value)
    const from = spec.from ?? null
    const to = spec.to ?? null
    const scans: Readonly<Record<string, () => Iterable<readonly [unknown, unknown]>>> = {
      all: () => store.all(),
      reverseAll: () => store.reverseAll(),
      range: () => store.range(from, to),
      reverseRange: () => store.reverseRange(from, to),
      prefix: () => store.prefixScan(spec.from!, serdes.string),
    }
    const rows = Array.from(scans[spec.scan!]!(), ([key, value]) => `${fns.text(key)}=${fns.text(value)}`)
    context.forward(record.withValue(rows.join(',')))
  },

  window: (context, spec) => (record) => {
    const { key, value, timestamp } = record
    if (key === null) return
    const store = storeOf<WindowStore<unknown, unknown>>(context, spec)
    const from = Math.max(0, timestamp - spec.back!)
    store.put(key, value, timestamp)
    const one = ([start, row]: readonly [number, unknown]): string => `${start}=${fns.text(row)}`
    const many = ([at, row]: readonly [Windowed<unknown>, unknown]): string =>
      `${fns.text(at.key)}@${at.start}=${fns.text(row)}`
    const scans: Readonly<Record<string, () => string[]>> = {
      fetch: () => Array.from(store.fetchRange(key, from, timestamp), one),
      backwardFetch: () => Array.from(store.backwardFetchRange(key, from, timestamp), one),
      fetchAll: () => Array.from(store.fetchAll(from, timestamp), many),
      backwardFetchAll: () => Array.from(store.backwardFetchAll(from, timestamp), many),
      all: () => Array.from(store.all(), many),
      fetchOne: () => [fns.text(store.fetch(key, from))],
    }
    context.forward(record.withValue(scans[spec.scan!]!().join(',')))
  },

  session: (context, spec) => (record) => {
    const { key, value, timestamp } = record
    if (key === null) return
    const store = storeOf<SessionStore<unknown, unknown>>(context, spec)
    const from = Math.max(0, timestamp - spec.gap!)
    const to = timestamp + spec.gap!
    const found = Array.from(
      spec.scan === 'backward' ? store.backwardFindSessions(key, from, to) : store.findSessions(key, from, to),
    )
    const start = Math.min(timestamp, ...found.map(([each]) => each.start))
    const end = Math.max(timestamp, ...found.map(([each]) => each.end))
    for (const [each] of found) store.remove(each)
    if (value !== null) store.put({ key, start, end }, value)
    const rows = found.map(([each, old]) => `${each.start}-${each.end}=${fns.text(old)}`)
    context.forward(record.withValue(rows.join(',')))
  },

  context: (context, _, full) => (record) => {
    const { metadata, streamTime, systemTime } = context
    const place = metadata === undefined ? 'none' : `${metadata.topic}:${metadata.partition}:${metadata.offset}`
    const value = `${fns.text(record.value)}|${place}|${streamTime}|${systemTime}`
    const seen = full ? [{ key: 'seen', value: Buffer.from(fns.text(record.key)) }] : []
    context.forward(new StreamRecord(record.key, value, record.timestamp, [...record.headers, ...seen]))
  },

  route: (context, spec) => (record) => {
    const to = spec.to as readonly string[]
    context.forward(record, to[fns.num(record.value) % to.length])
  },

  fan: (context, spec) => (record) => {
    for (let i = 0; i < spec.n!; i++) {
      const { key, value, timestamp, headers } = record
      context.forward(
        new StreamRecord<unknown, unknown>(key, fns.fanned(value, i), timestamp + i * spec.step!, headers),
      )
    }
  },

  throwIf: (context, spec) => (record) => {
    if (record.value !== null && fns.num(record.value) % spec.mod! === spec.rest!)
      throw new Error(`boom ${fns.text(record.value)}`)
    context.forward(record)
  },
}
