import type { Serde } from '#core/serde/serde.ts'
import type { OpenStore, RestoredRecord, StoreEnvironment } from './environment.ts'
import { KeyText } from './key-value.ts'
import { MemoryRows } from './memory-rows.ts'
import type { StateStore, StoreSpec, ValueAndTimestamp } from './store.ts'
import type { PutResult, TableStore } from './table-store.ts'

/** A version of a row: valid from its timestamp until the next version's, which is null for the latest. */
export interface VersionedRecord<V> extends ValueAndTimestamp<V> {
  readonly validTo: number | null
}

/** A store that remembers what rows were, for as long as its history retention. Never cached. */
export interface VersionedKeyValueStore<K, V> extends TableStore<K, V>, StateStore {
  get(key: K): VersionedRecord<V> | null
  getAsOf(key: K, timestamp: number): VersionedRecord<V> | null
}

interface Version {
  readonly value: Buffer | null
  readonly timestamp: number
}

class VersionedStore<K, V> implements VersionedKeyValueStore<K, V> {
  readonly name: string
  readonly versioned = true
  readonly #environment: StoreEnvironment
  readonly #keys: KeyText<K>
  readonly #serde: Serde<V>
  readonly #retentionMs: number
  /** Versions of a key, newest first; deletions are versions without a value. */
  readonly #rows = new MemoryRows<Version[]>()
  #observed = -1

  constructor(spec: StoreSpec, environment: StoreEnvironment) {
    this.name = spec.name
    this.#environment = environment
    this.#keys = new KeyText(spec.key as Serde<K>, spec.name)
    this.#serde = spec.value as Serde<V>
    this.#retentionMs = spec.retentionMs ?? Infinity
  }

  get size(): number {
    return this.#rows.size
  }

  get(key: K): VersionedRecord<V> | null {
    return this.#record(this.#rows.get(this.#keys.of(key)), 0)
  }

  getAsOf(key: K, timestamp: number): VersionedRecord<V> | null {
    const versions = this.#rows.get(this.#keys.of(key))
    const at = versions?.findIndex((each) => each.timestamp <= timestamp) ?? -1
    // The latest version is always known; older ones only as far back as the retention goes.
    if (at < 0 || (at > 0 && timestamp < this.#observed - this.#retentionMs)) return null
    return this.#record(versions, at)
  }

  put(key: K, value: V | null, timestamp: number): PutResult {
    const text = this.#keys.of(key)
    const bytes = value === null ? null : this.#serde.serialize(value, this.name)
    const result = this.#put(text, bytes, timestamp)
    if (result === 'refused') this.#environment.expired()
    // Kafka logs refused versions as well; a restore refuses them again.
    this.#environment.changelog?.(Buffer.from(text, 'latin1'), bytes, timestamp)
    return result
  }

  onFlush(): boolean {
    return false
  }

  restore(records: Iterable<RestoredRecord>): void {
    for (const { key, value, timestamp } of records) {
      if (key !== null) this.#put(key.toString('latin1'), value === null ? null : Buffer.from(value), timestamp)
    }
  }

  #put(key: string, value: Buffer | null, timestamp: number): PutResult {
    if (timestamp < this.#observed - this.#retentionMs) return 'refused'
    this.#observed = Math.max(this.#observed, timestamp)
    const version = { value, timestamp }
    const versions = this.#rows.get(key)
    if (versions === undefined) {
      this.#rows.set(key, [version])
      return 'latest'
    }
    const at = versions.findIndex((each) => each.timestamp <= timestamp)
    if (at < 0) versions.push(version)
    else versions.splice(at, versions[at]!.timestamp === timestamp ? 1 : 0, version)
    // A version is needed until the one after it is older than anything that may be asked for.
    const limit = this.#observed - this.#retentionMs
    while (versions.length > 1 && versions.at(-2)!.timestamp <= limit) versions.pop()
    return at === 0 ? 'latest' : 'older'
  }

  #record(versions: readonly Version[] | undefined, at: number): VersionedRecord<V> | null {
    const version = versions?.[at]
    if (version === undefined || version.value === null) return null
    const value = this.#serde.deserialize(version.value, this.name)
    return { value, timestamp: version.timestamp, validTo: at === 0 ? null : versions![at - 1]!.timestamp }
  }
}

/** Opens a `versionedKeyValue` store. */
export function openVersionedStore(spec: StoreSpec, environment: StoreEnvironment): OpenStore {
  const store = new VersionedStore(spec, environment)
  return { store, flush: () => {}, restore: (records) => store.restore(records) }
}
