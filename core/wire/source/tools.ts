import type { Reader } from '#core/bytes/reader.ts'
import type { Writer } from '#core/bytes/writer.ts'
import { type UnknownTag, areDefaults } from '#core/wire/layout.ts'

/** What generated code calls for the rare cases, as `t`. */
export const tools = {
  noBytes: Buffer.alloc(0),
  areDefaults,

  refuse(): never {
    throw new RangeError('refused')
  },

  /** Reads a tail in which the version knows no field. */
  readTail(reader: Reader): UnknownTag[] | undefined {
    const count = reader.uvarint()
    if (count === 0) return undefined
    const unknown: UnknownTag[] = []
    for (let i = 0; i < count; i++) {
      const tag = reader.uvarint()
      unknown.push({ tag, bytes: reader.view(reader.uvarint()) })
    }
    return unknown
  },

  /** Unknown fields in the order of the wire. */
  sorted(unknown: readonly UnknownTag[], known: readonly number[]): readonly UnknownTag[] {
    if (unknown.some(({ tag }) => known.includes(tag))) tools.refuse()
    return [...unknown].sort((a, b) => a.tag - b.tag)
  },

  /** Writes the unknown fields from `next` on whose tag is below `before`; the next one. */
  writeUnknown(writer: Writer, unknown: readonly UnknownTag[], next: number, before: number): number {
    let i = next
    for (; i < unknown.length && unknown[i]!.tag < before; i++) {
      writer.uvarint(unknown[i]!.tag)
      writer.uvarint(unknown[i]!.bytes.length)
      writer.raw(unknown[i]!.bytes)
    }
    return i
  },

  /** Writes a tail in which the version knows no field. */
  writeTail(writer: Writer, unknown: readonly UnknownTag[] | undefined): void {
    if (unknown === undefined) return writer.uvarint(0)
    writer.uvarint(unknown.length)
    tools.writeUnknown(writer, tools.sorted(unknown, []), 0, Infinity)
  },
}
