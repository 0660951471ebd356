import type { Serde } from '#core/serde/serde.ts'
import type { Header } from '#core/records/record.ts'
import { Change, StreamRecord } from '../record.ts'
import type { Origin } from '../record.ts'
import { BTree } from './btree.ts'
import type { OpenStore, RestoredRecord, StoreEnvironment } from './environment.ts'
import { writeInt64 } from './int64.ts'
import { decodeSuppressed, encodeSuppressed } from './suppression-format.ts'
import type { StateStore, StoreSpec } from './store.ts'

/** Updates of a table that are held back, each at a time; at most one per key. */
export interface SuppressionBuffer<K, V> extends StateStore {
  /** Time of the first update in order, Infinity if there is none. */
  readonly minTime: number
  /** Takes an update; a later one of the same key takes the place of the earlier, at the earlier's time. */
  put(time: number, record: StreamRecord<K, Change<V>>): void
  /** Lets updates go in order of time, then key bytes, as long as `more` holds. */
  evictWhile(more: () => boolean, call: (record: StreamRecord<K, Change<V>>, origin: Origin | undefined) => void): void
  /** For a key that is held back: the value that was visible before, null for none. Undefined if nothing is held back. */
  priorValue(key: K): { readonly value: V | null } | undefined
}

interface Held<K, V> {
  readonly time: number
  /** Key bytes as latin1 text. */
  readonly text: string
  record: StreamRecord<K, Change<V>>
  origin: Origin | undefined
  readonly prior: V | null
}

const formatVersion: readonly Header[] = [{ key: 'v', value: Buffer.from([3]) }]
const scratch = Buffer.alloc(8)

function place(time: number, text: string): string {
  writeInt64(scratch, time, 0)
  return scratch.toString('latin1') + text
}

class MemorySuppressionBuffer<K, V> implements SuppressionBuffer<K, V> {
  readonly name: string
  readonly #environment: StoreEnvironment
  readonly #keySerde: Serde<K>
  readonly #valueSerde: Serde<V>
  readonly #byKey = new Map<string, Held<K, V>>()
  readonly #byTime = new BTree<string, Held<K, V>>(undefined, (a, b) => (a < b ? -1 : a > b ? 1 : 0))
  readonly #dirty = new Set<string>()

  constructor(spec: StoreSpec, environment: StoreEnvironment) {
    this.name = spec.name
    this.#environment = environment
    this.#keySerde = spec.key as Serde<K>
    this.#valueSerde = spec.value as Serde<V>
  }

  get size(): number {
    return this.#byKey.size
  }

  get minTime(): number {
    const first = this.#byTime.minKey()
    return first === undefined ? Infinity : this.#byTime.get(first)!.time
  }

  put(time: number, record: StreamRecord<K, Change<V>>): void {
    const text = this.#text(record.key)
    const { origin } = this.#environment.current
    const held = this.#byKey.get(text)
    if (held === undefined) this.#add({ time, text, record, origin, prior: record.value.oldValue })
    else {
      held.record = record
      held.origin = origin
    }
    if (this.#environment.changelog !== undefined) this.#dirty.add(text)
  }

  evictWhile(
    more: () => boolean,
    call: (record: StreamRecord<K, Change<V>>, origin: Origin | undefined) => void,
  ): void {
    while (this.#byTime.size > 0 && more()) {
      const first = this.#byTime.minKey()!
      const held = this.#byTime.get(first)!
      call(held.record, held.origin)
      this.#byTime.delete(first)
      this.#byKey.delete(held.text)
      if (this.#environment.changelog !== undefined) this.#dirty.add(held.text)
    }
  }

  priorValue(key: K): { readonly value: V | null } | undefined {
    const held = this.#byKey.get(this.#text(key))
    return held === undefined ? undefined : { value: held.prior }
  }

  /** Only what the buffer holds at a commit is logged, not every update in between. */
  flush(): void {
    const { changelog } = this.#environment
    for (const text of this.#dirty) {
      const held = this.#byKey.get(text)
      const key = Buffer.from(text, 'latin1')
      if (held === undefined) changelog?.(key, null, this.#environment.now())
      else changelog?.(key, this.#encode(held), this.#environment.now(), formatVersion)
    }
    this.#dirty.clear()
  }

  restore(records: Iterable<RestoredRecord>): void {
    for (const { key, value } of records) {
      if (key === null) continue
      const text = key.toString('latin1')
      const known = this.#byKey.get(text)
      if (known !== undefined) {
        this.#byKey.delete(text)
        this.#byTime.delete(place(known.time, text))
      }
      if (value !== null) this.#add(this.#decode(key, text, value))
    }
  }

  #add(held: Held<K, V>): void {
    this.#byKey.set(held.text, held)
    this.#byTime.set(place(held.time, held.text), held)
  }

  #text(key: K): string {
    return this.#keySerde.serialize(key, this.name).toString('latin1')
  }

  #encode({ time, record, origin, prior }: Held<K, V>): Buffer {
    const bytes = (value: V | null): Buffer | null =>
      value === null ? null : this.#valueSerde.serialize(value, this.name)
    const { oldValue, newValue } = record.value
    const { timestamp, headers } = record
    return encodeSuppressed({
      timestamp,
      headers,
      time,
      prior: bytes(prior),
      oldValue: bytes(oldValue),
      newValue: bytes(newValue),
      topic: origin?.topic ?? '',
      partition: origin?.partition ?? -1,
      offset: origin?.offset ?? -1,
    })
  }

  #decode(key: Buffer, text: string, value: Buffer): Held<K, V> {
    const { timestamp, headers, time, topic, partition, offset, ...values } = decodeSuppressed(value)
    const read = (bytes: Buffer | null): V | null =>
      bytes === null ? null : this.#valueSerde.deserialize(bytes, this.name)
    const change = new Change(read(values.newValue), read(values.oldValue))
    const record = new StreamRecord(this.#keySerde.deserialize(key, this.name), change, timestamp, headers)
    return {
      time,
      text,
      record,
      origin: { topic, partition, offset, key: null, value: null },
      prior: read(values.prior),
    }
  }
}

/** Opens a `suppression` store. */
export function openSuppressionBuffer(spec: StoreSpec, environment: StoreEnvironment): OpenStore {
  const store = new MemorySuppressionBuffer(spec, environment)
  return { store, flush: () => store.flush(), restore: (records) => store.restore(records) }
}
