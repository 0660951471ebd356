import type { Serde } from '#core/serde/serde.ts'
import type { OpenStore, RestoredRecord, StoreEnvironment } from './environment.ts'
import { readInt64, writeInt64 } from './int64.ts'
import { KeyText } from './key-value.ts'
import { MemoryRows } from './memory-rows.ts'
import type { StateStore, StoreSpec } from './store.ts'

/** A record of one side of a join that has found no match yet. */
export interface Unmatched<K, V> {
  readonly timestamp: number
  readonly isLeft: boolean
  readonly key: K
  readonly value: V
  /** Where it stands, for `delete`. */
  readonly place: string
}

/** Records of both sides of an outer join without a match so far, by time, then right before left, then key bytes. */
export interface OuterJoinStore<K, V> extends StateStore {
  add(timestamp: number, isLeft: boolean, key: K, value: V): void
  /** A match was found for all records of that side, time and key. */
  matched(timestamp: number, isLeft: boolean, key: K): void
  /** Everything, in order; a copy, so that places may be deleted meanwhile. */
  all(): Iterable<Unmatched<K, V>>
  delete(place: string): void
}

/**
 * Place: 8 bytes of time, 1 byte of side (left 1), key bytes. Value in the changelog: Kafka's list format, one byte 1,
 * int32 count, and for each an int32 length, one byte of side and the value bytes.
 */
class MemoryOuterJoinStore<K, V> implements OuterJoinStore<K, V> {
  readonly name: string
  readonly #environment: StoreEnvironment
  readonly #keys: KeyText<K>
  readonly #serdes: readonly [right: Serde<V>, left: Serde<V>]
  readonly #rows = new MemoryRows<readonly Buffer[]>()

  constructor(spec: StoreSpec, environment: StoreEnvironment) {
    this.name = spec.name
    this.#environment = environment
    this.#keys = new KeyText(spec.key as Serde<K>, spec.name)
    this.#serdes = [(spec.otherValue ?? spec.value) as Serde<V>, spec.value as Serde<V>]
  }

  get size(): number {
    return this.#rows.size
  }

  add(timestamp: number, isLeft: boolean, key: K, value: V): void {
    const place = this.#place(timestamp, isLeft, key)
    const bytes = this.#serdes[isLeft ? 1 : 0].serialize(value, this.name)
    this.#write(place, [...(this.#rows.get(place) ?? []), bytes])
  }

  matched(timestamp: number, isLeft: boolean, key: K): void {
    const place = this.#place(timestamp, isLeft, key)
    if (this.#rows.get(place) !== undefined) this.delete(place)
  }

  *all(): Iterable<Unmatched<K, V>> {
    for (const place of this.#rows.keys()) {
      const timestamp = readInt64(Buffer.from(place.slice(0, 8), 'latin1'), 0)
      const isLeft = place.charCodeAt(8) === 1
      const key = this.#keys.read(place.slice(9))
      for (const bytes of this.#rows.get(place) ?? []) {
        yield { timestamp, isLeft, key, place, value: this.#serdes[isLeft ? 1 : 0].deserialize(bytes, this.name) }
      }
    }
  }

  delete(place: string): void {
    this.#write(place, undefined)
  }

  restore(records: Iterable<RestoredRecord>): void {
    for (const { key, value } of records) {
      if (key === null) continue
      const place = key.toString('latin1')
      if (value === null) this.#rows.delete(place)
      else this.#rows.set(place, decodeList(value))
    }
  }

  #write(place: string, values: readonly Buffer[] | undefined): void {
    if (values === undefined) this.#rows.delete(place)
    else this.#rows.set(place, values)
    const { changelog, current } = this.#environment
    if (changelog === undefined) return
    const value = values === undefined ? null : encodeList(values, place.charCodeAt(8))
    changelog(Buffer.from(place, 'latin1'), value, current.record?.timestamp ?? -1)
  }

  #place(timestamp: number, isLeft: boolean, key: K): string {
    const head = Buffer.alloc(9)
    head[writeInt64(head, timestamp, 0)] = isLeft ? 1 : 0
    return head.toString('latin1') + this.#keys.of(key)
  }
}

function encodeList(values: readonly Buffer[], side: number): Buffer {
  const length = values.reduce((sum, value) => sum + 5 + value.length, 5)
  const target = Buffer.allocUnsafe(length)
  let at = target.writeInt32BE(values.length, target.writeUInt8(1, 0))
  for (const value of values) {
    at = target.writeUInt8(side, target.writeInt32BE(value.length + 1, at))
    at += value.copy(target, at)
  }
  return target
}

function decodeList(bytes: Buffer): Buffer[] {
  const values: Buffer[] = []
  for (let at = 5; at < bytes.length;) {
    const length = bytes.readInt32BE(at)
    values.push(Buffer.from(bytes.subarray(at + 5, at + 4 + length)))
    at += 4 + length
  }
  return values
}

/** Opens an `outerJoin` store. */
export function openOuterJoinStore(spec: StoreSpec, environment: StoreEnvironment): OpenStore {
  const store = new MemoryOuterJoinStore(spec, environment)
  return { store, flush: () => {}, restore: (records) => store.restore(records) }
}
