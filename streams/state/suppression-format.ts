import type { Header } from '#core/records/record.ts'
import { readInt64, writeInt64 } from './int64.ts'

/** An update in a suppression buffer's changelog, Kafka's format 3 (record header `v`). */
export interface Suppressed {
  readonly timestamp: number
  readonly offset: number
  readonly topic: string
  readonly partition: number
  readonly headers: readonly Header[]
  readonly prior: Buffer | null
  readonly oldValue: Buffer | null
  readonly newValue: Buffer | null
  /** Place in the buffer. */
  readonly time: number
}

/** Stands for an old value that equals the prior one. */
const sameAsPrior = -2

/**
 *     timestamp int64 · offset int64 · topic (int32 length, text) · partition int32 ·
 *     headers (int32 count, each: key, value with int32 lengths, -1 for null) ·
 *     prior value · old value · new value (int32 length, -1 for null, -2 for an old value equal to the prior) · time int64
 */
export function encodeSuppressed(update: Suppressed): Buffer {
  const chunks: Buffer[] = []
  const int64 = (value: number): void => {
    const bytes = Buffer.allocUnsafe(8)
    writeInt64(bytes, value, 0)
    chunks.push(bytes)
  }
  const int32 = (value: number): void => {
    const bytes = Buffer.allocUnsafe(4)
    bytes.writeInt32BE(value)
    chunks.push(bytes)
  }
  const sized = (bytes: Uint8Array | null): void => {
    int32(bytes === null ? -1 : bytes.length)
    if (bytes !== null) chunks.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  }
  int64(update.timestamp)
  int64(update.offset)
  sized(Buffer.from(update.topic))
  int32(update.partition)
  int32(update.headers.length)
  for (const { key, value } of update.headers) {
    sized(Buffer.from(key))
    sized(value)
  }
  sized(update.prior)
  if (update.oldValue !== null && update.prior?.equals(update.oldValue) === true) int32(sameAsPrior)
  else sized(update.oldValue)
  sized(update.newValue)
  int64(update.time)
  return Buffer.concat(chunks)
}

/** Reads what `encodeSuppressed`, or Kafka, wrote. Byte ranges are views. */
export function decodeSuppressed(bytes: Buffer): Suppressed {
  let at = 0
  const int64 = (): number => readInt64(bytes, (at += 8) - 8)
  const int32 = (): number => bytes.readInt32BE((at += 4) - 4)
  const take = (length: number): Buffer | null => (length < 0 ? null : bytes.subarray(at, (at += length)))
  const timestamp = int64()
  const offset = int64()
  const topic = take(int32())?.toString() ?? ''
  const partition = int32()
  const headers: Header[] = []
  for (let count = int32(); count > 0; count--)
    headers.push({ key: take(int32())?.toString() ?? '', value: take(int32()) })
  const prior = take(int32())
  const oldLength = int32()
  const oldValue = oldLength === sameAsPrior ? prior : take(oldLength)
  const newValue = take(int32())
  return { timestamp, offset, topic, partition, headers, prior, oldValue, newValue, time: int64() }
}
