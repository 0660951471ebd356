import type { Serde } from '#core/serde/serde.ts'
import type { Origin } from '../record.ts'
import { StreamRecord } from '../record.ts'
import { BTree } from './btree.ts'
import type { OpenStore, RestoredRecord, StoreEnvironment } from './environment.ts'
import { writeInt64 } from './int64.ts'
import { decodeSuppressed, encodeSuppressed } from './suppression-format.ts'
import type { StateStore, StoreSpec } from './store.ts'

/** Records of a stream that wait until a versioned table has come as far as they are. */
export interface LookupBuffer<K, V> extends StateStore {
  /** Keeps a record; false if its time is over already. */
  put(record: StreamRecord<K, V>): boolean
  /** Lets go what is due, by time, then key bytes, then arrival. */
  release(call: (record: StreamRecord<K, V>, origin: Origin | undefined) => void): void
}

interface Held<K, V> {
  readonly record: StreamRecord<K, V>
  readonly origin: Origin | undefined
}

class MemoryLookupBuffer<K, V> implements LookupBuffer<K, V> {
  readonly name: string
  readonly #environment: StoreEnvironment
  readonly #keySerde: Serde<K>
  readonly #valueSerde: Serde<V>
  readonly #graceMs: number
  readonly #byPlace = new BTree<string, Held<K, V>>(undefined, (a, b) => (a < b ? -1 : a > b ? 1 : 0))
  #observed = -1
  #sequence = 0

  constructor(spec: StoreSpec, environment: StoreEnvironment) {
    this.name = spec.name
    this.#environment = environment
    this.#keySerde = spec.key as Serde<K>
    this.#valueSerde = spec.value as Serde<V>
    this.#graceMs = spec.retentionMs ?? 0
  }

  get size(): number {
    return this.#byPlace.size
  }

  put(record: StreamRecord<K, V>): boolean {
    const { timestamp, key, value, headers } = record
    if (this.#observed - this.#graceMs > timestamp) return false
    if (timestamp > this.#observed) this.#observed = timestamp
    this.#sequence = (this.#sequence + 1) & 0x7fffffff
    const { changelog, current } = this.#environment
    const { origin } = current
    const place = this.#place(timestamp, this.#keySerde.serialize(key, this.name), this.#sequence)
    this.#byPlace.set(place, { record, origin })
    changelog?.(
      Buffer.from(place, 'latin1'),
      encodeSuppressed({
        timestamp,
        headers,
        time: 0,
        prior: null,
        oldValue: null,
        newValue: this.#valueSerde.serialize(value, this.name),
        topic: origin?.topic ?? '',
        partition: origin?.partition ?? -1,
        offset: origin?.offset ?? -1,
      }),
      this.#environment.now(),
    )
    return true
  }

  release(call: (record: StreamRecord<K, V>, origin: Origin | undefined) => void): void {
    const due = this.#observed - this.#graceMs
    for (let first = this.#byPlace.minKey(); first !== undefined; first = this.#byPlace.minKey()) {
      const { record, origin } = this.#byPlace.get(first)!
      if (record.timestamp > due) return
      call(record, origin)
      this.#byPlace.delete(first)
      this.#environment.changelog?.(Buffer.from(first, 'latin1'), null, this.#environment.now())
    }
  }

  restore(records: Iterable<RestoredRecord>): void {
    for (const { key: bytes, value } of records) {
      if (bytes === null || bytes.length < 13) continue
      const place = bytes.toString('latin1')
      if (value === null) {
        this.#byPlace.delete(place)
        continue
      }
      const { timestamp, headers, topic, partition, offset, newValue } = decodeSuppressed(value)
      if (newValue === null) continue
      const key = this.#keySerde.deserialize(Buffer.from(bytes.subarray(9, bytes.length - 4)), this.name)
      const record = new StreamRecord(key, this.#valueSerde.deserialize(newValue, this.name), timestamp, headers)
      this.#byPlace.set(place, { record, origin: { topic, partition, offset, key: null, value: null } })
      this.#observed = Math.max(this.#observed, timestamp)
      this.#sequence = Math.max(this.#sequence, bytes.readUInt32BE(bytes.length - 4))
    }
  }

  /** One byte 0, 8 bytes of time, key bytes, 4 bytes of sequence: Kafka's key in the changelog. */
  #place(timestamp: number, key: Buffer, sequence: number): string {
    const head = Buffer.alloc(9)
    writeInt64(head, timestamp, 1)
    const tail = Buffer.alloc(4)
    tail.writeUInt32BE(sequence)
    return head.toString('latin1') + key.toString('latin1') + tail.toString('latin1')
  }
}

/** Opens a `lookupBuffer` store. */
export function openLookupBuffer(spec: StoreSpec, environment: StoreEnvironment): OpenStore {
  const store = new MemoryLookupBuffer(spec, environment)
  return { store, flush: () => {}, restore: (records) => store.restore(records) }
}
