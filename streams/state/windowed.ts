import type { Serde } from '#core/serde/serde.ts'
import { readInt64, writeInt64 } from './int64.ts'

/**
 * A span of event time, ms. Time windows: `end` is exclusive, and infinite for unlimited windows. Session and sliding
 * windows: `end` is inclusive.
 */
export interface Window {
  readonly start: number
  readonly end: number
}

/** A key within a window: the key of aggregations over windows. */
export interface Windowed<K> extends Window {
  readonly key: K
}

interface WindowedSerde<K> extends Serde<Windowed<K>> {
  /** Bytes that follow the inner key. */
  readonly suffixBytes: number
}

/**
 * Keys of time windows as Kafka writes them: the inner key, then 8 bytes of window start. The size is not on the wire:
 * readers must know it; left out, windows have no end.
 */
export function timeWindowedSerde<K>(inner: Serde<K>, sizeMs = Infinity): WindowedSerde<K> {
  return {
    suffixBytes: 8,
    serialize({ key, start }, topic) {
      const bytes = inner.serialize(key, topic)
      const target = Buffer.allocUnsafe(bytes.length + 8)
      bytes.copy(target)
      writeInt64(target, start, bytes.length)
      return target
    },
    deserialize(bytes, topic) {
      const start = readInt64(bytes, bytes.length - 8)
      const key = inner.deserialize(bytes.subarray(0, bytes.length - 8), topic)
      return { key, start, end: start + sizeMs }
    },
  } as WindowedSerde<K>
}

/** Keys of sessions as Kafka writes them: the inner key, 8 bytes of end, 8 bytes of start. */
export function sessionWindowedSerde<K>(inner: Serde<K>): WindowedSerde<K> {
  return {
    suffixBytes: 16,
    serialize({ key, start, end }, topic) {
      const bytes = inner.serialize(key, topic)
      const target = Buffer.allocUnsafe(bytes.length + 16)
      bytes.copy(target)
      writeInt64(target, end, bytes.length)
      writeInt64(target, start, bytes.length + 8)
      return target
    },
    deserialize(bytes, topic) {
      const end = readInt64(bytes, bytes.length - 16)
      const start = readInt64(bytes, bytes.length - 8)
      const key = inner.deserialize(bytes.subarray(0, bytes.length - 16), topic)
      return { key, start, end }
    },
  } as WindowedSerde<K>
}

/** For serdes of windowed keys: cuts the window off the bytes. Undefined for other serdes. */
export function innerKeyBytes(serde: Serde<unknown>): ((bytes: Buffer) => Buffer) | undefined {
  const { suffixBytes } = serde as Partial<WindowedSerde<unknown>>
  return suffixBytes === undefined ? undefined : (bytes) => bytes.subarray(0, bytes.length - suffixBytes)
}
