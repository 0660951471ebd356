import type { Serde } from '#core/serde/serde.ts'

/**
 * A span of event time, ms. Time windows: `end` is exclusive, and infinite for unlimited windows. Session and sliding
 * windows: `end` is inclusive.
 */
export interface Window {
  readonly start: number
  readonly end: number
}

/** A key within a window: the key of aggregations over windows. */
export interface Windowed<K> {
  readonly key: K
  readonly window: Window
}

interface WindowedSerde<K> extends Serde<Windowed<K>> {
  /** Bytes that follow the inner key. */
  readonly suffixBytes: number
}

const writeInt64 = (target: Buffer, value: number, at: number): void => {
  target.writeInt32BE(Math.floor(value / 0x1_0000_0000), at)
  target.writeUInt32BE(value >>> 0, at + 4)
}

const readInt64 = (source: Buffer, at: number): number => source.readInt32BE(at) * 0x1_0000_0000 + source.readUInt32BE(at + 4)

/**
 * Keys of time windows as Kafka writes them: the inner key, then 8 bytes of window start. The size is not on the wire:
 * readers must know it; left out, windows have no end.
 */
export function timeWindowedSerde<K>(inner: Serde<K>, sizeMs = Infinity): WindowedSerde<K> {
  return {
    suffixBytes: 8,
    serialize({ key, window }, topic) {
      const bytes = inner.serialize(key, topic)
      const target = Buffer.allocUnsafe(bytes.length + 8)
      bytes.copy(target)
      writeInt64(target, window.start, bytes.length)
      return target
    },
    deserialize(bytes, topic) {
      const start = readInt64(bytes, bytes.length - 8)
      const key = inner.deserialize(bytes.subarray(0, bytes.length - 8), topic)
      return { key, window: { start, end: start + sizeMs } }
    },
  } as WindowedSerde<K>
}

/** Keys of sessions as Kafka writes them: the inner key, 8 bytes of end, 8 bytes of start. */
export function sessionWindowedSerde<K>(inner: Serde<K>): WindowedSerde<K> {
  return {
    suffixBytes: 16,
    serialize({ key, window }, topic) {
      const bytes = inner.serialize(key, topic)
      const target = Buffer.allocUnsafe(bytes.length + 16)
      bytes.copy(target)
      writeInt64(target, window.end, bytes.length)
      writeInt64(target, window.start, bytes.length + 8)
      return target
    },
    deserialize(bytes, topic) {
      const end = readInt64(bytes, bytes.length - 16)
      const start = readInt64(bytes, bytes.length - 8)
      const key = inner.deserialize(bytes.subarray(0, bytes.length - 16), topic)
      return { key, window: { start, end } }
    },
  } as WindowedSerde<K>
}

/** For serdes of windowed keys: cuts the window off the bytes. Undefined for other serdes. */
export function innerKeyBytes(serde: Serde<unknown>): ((bytes: Buffer) => Buffer) | undefined {
  const { suffixBytes } = serde as Partial<WindowedSerde<unknown>>
  return suffixBytes === undefined ? undefined : (bytes) => bytes.subarray(0, bytes.length - suffixBytes)
}
