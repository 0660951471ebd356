import type { Header } from '#core/records/record.ts'
import { noHeaders } from '#core/records/record.ts'

/**
 * A record between two operators. Immutable: operators hand on the same object or make a new one. Timestamps are
 * milliseconds since the epoch. Where it came from (topic, partition, offset) is the task's business, see `Origin`.
 */
export class StreamRecord<K, V> {
  readonly key: K
  readonly value: V
  readonly timestamp: number
  readonly headers: readonly Header[]

  constructor(key: K, value: V, timestamp: number, headers: readonly Header[] = noHeaders) {
    this.key = key
    this.value = value
    this.timestamp = timestamp
    this.headers = headers
  }

  withValue<V2>(value: V2): StreamRecord<K, V2> {
    return new StreamRecord(this.key, value, this.timestamp, this.headers)
  }

  withKey<K2>(key: K2): StreamRecord<K2, V> {
    return new StreamRecord(key, this.value, this.timestamp, this.headers)
  }
}

/** An update of a table row: what it is now and, where a later operator asked for it, what it was. Null is "no row". */
export class Change<V> {
  readonly newValue: V | null
  readonly oldValue: V | null
  /** False when a versioned table took the update in behind a newer version of the row. */
  readonly isLatest: boolean

  constructor(newValue: V | null, oldValue: V | null, isLatest = true) {
    this.newValue = newValue
    this.oldValue = oldValue
    this.isLatest = isLatest
  }
}

/** Where the record that a task is working on came from, with the bytes it had there. */
export interface Origin {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/** A record as it is read: a `ConsumerRecord` of the client port is one. */
export interface RawRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestamp: number
  readonly offset: number
  readonly headers: readonly Header[]
}
