import { readVarint, varintSize, writeVarint } from '#core/bytes/varint.ts'
import type { Serde } from '#core/serde/serde.ts'
import { Change } from '../record.ts'

/**
 * Changes on their way through a repartition topic, as Kafka writes them; the last byte says which it is:
 *
 *     old value · 0        new value · 1        length of new value (zigzag varint) · new value · old value · 2
 *
 * 3 to 5 are the same with one byte before the last: whether the new value is the latest version.
 */
export function changeSerde<V>(inner: Serde<V>): Serde<Change<V>> {
  return {
    serialize({ newValue, oldValue }, topic) {
      const newBytes = newValue === null ? undefined : inner.serialize(newValue, topic)
      const oldBytes = oldValue === null ? undefined : inner.serialize(oldValue, topic)
      if (newBytes !== undefined && oldBytes !== undefined) {
        const length = Buffer.alloc(varintSize(newBytes.length))
        writeVarint(length, 0, newBytes.length)
        return Buffer.concat([length, newBytes, oldBytes, Buffer.from([2])])
      }
      const only = newBytes ?? oldBytes
      if (only === undefined) throw new TypeError('a change without old and new value cannot be written')
      return Buffer.concat([only, Buffer.from([newBytes === undefined ? 0 : 1])])
    },
    deserialize(bytes, topic) {
      const flag = bytes[bytes.length - 1]!
      if (flag > 5) throw new RangeError(`${flag} is no kind of change`)
      const marked = flag > 2
      const body = bytes.subarray(0, bytes.length - (marked ? 2 : 1))
      const isLatest = !marked || bytes[bytes.length - 2] === 1
      const read = (part: Buffer): V => inner.deserialize(part, topic)
      if (flag % 3 === 0) return new Change(null, read(body), isLatest)
      if (flag % 3 === 1) return new Change(read(body), null, isLatest)
      const cursor = { bytes: body, position: 0 }
      const length = readVarint(cursor)
      const at = cursor.position
      return new Change(read(body.subarray(at, at + length)), read(body.subarray(at + length)), isLatest)
    },
  }
}
