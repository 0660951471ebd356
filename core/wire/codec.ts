import type { Chunks, Writer } from '#core/bytes/writer.ts'
import type { Reader } from '#core/bytes/reader.ts'
import {
  type PlacedField,
  type UnknownTag,
  defaultOf,
  isDefault,
  leastItemBytes,
  nullMark,
  placed,
  taggedTail,
  unknownTags,
} from '#core/wire/layout.ts'
import type { Field, Fields, Message } from '#core/wire/schema.ts'
import { isWithin } from '#core/wire/versions.ts'

/**
 * The interpreter: walks a message's declaration for each message. It is the specification of the wire, kept short
 * instead of fast; the compiled codecs must agree with it in every byte and value. In use it explains what a compiled
 * codec refused, and serves where code generation is forbidden.
 */

type Struct = { [name: string]: unknown; [unknownTags]?: readonly UnknownTag[] }

/** Reads a message; a problem is a RangeError, and `path` then tells where. */
export function interpretRead(message: Message, version: number, reader: Reader, path: string[] = []): object {
  return new Reading(version, isWithin(message.flexible, version), reader, path).struct(message.fields)
}

class Reading {
  readonly version: number
  readonly flexible: boolean
  readonly reader: Reader
  readonly path: string[]

  constructor(version: number, flexible: boolean, reader: Reader, path: string[]) {
    this.version = version
    this.flexible = flexible
    this.reader = reader
    this.path = path
  }

  struct(fields: Fields): object {
    const result: Struct = {}
    const all = placed(fields, this.version, this.flexible)
    for (const { name, field, place } of all) {
      this.path.push(name)
      result[name] = place === 'plain' ? this.value(field) : defaultOf(field)
      this.path.pop()
    }
    if (this.flexible) this.tail(result, taggedTail(all))
    return result
  }

  tail(result: Struct, tagged: readonly PlacedField[]): void {
    const unknown: UnknownTag[] = []
    for (let count = this.reader.uvarint(); count > 0; count--) {
      const tag = this.reader.uvarint()
      const size = this.reader.uvarint()
      const known = tagged.find((each) => each.field.tag === tag)
      if (known === undefined) {
        unknown.push({ tag, bytes: this.reader.view(size) })
        continue
      }
      this.path.push(known.name)
      const end = this.reader.position + size
      result[known.name] = this.value(known.field)
      if (this.reader.position !== end) throw new RangeError(`the value does not fill its ${size} bytes`)
      this.path.pop()
    }
    if (unknown.length > 0) result[unknownTags] = unknown
  }

  value(field: Field): unknown {
    const { reader, flexible } = this
    const nullable = isWithin(field.nullable, this.version)
    switch (field.kind) {
      case 'bool':
        return reader.bool()
      case 'int8':
        return reader.int8()
      case 'int16':
        return reader.int16()
      case 'uint16':
        return reader.uint16()
      case 'int32':
        return reader.int32()
      case 'uint32':
        return reader.uint32()
      case 'int64':
        return field.wide ? reader.wideInt64() : field.saturate ? reader.saturatedInt64() : reader.int64()
      case 'float64':
        return reader.float64()
      case 'uuid':
        return reader.uuid()
      case 'string':
        if (nullable) return flexible ? reader.compactNullableString() : reader.nullableString()
        return flexible ? reader.compactString() : reader.string()
      case 'bytes':
      case 'records':
        if (nullable) return flexible ? reader.compactNullableBytes() : reader.nullableBytes()
        return flexible ? reader.compactBytes() : reader.bytes()
      case 'array':
        return this.array(field, nullable)
      case 'struct':
        return nullable && !reader.structFollows(nullMark(field, this.version, flexible))
          ? null
          : this.struct(field.fields!)
    }
  }

  array(field: Field, nullable: boolean): unknown[] | null {
    const { reader } = this
    const least = leastItemBytes(field, this.version, this.flexible)
    const length = nullable
      ? this.flexible
        ? reader.compactNullableArrayLength(least)
        : reader.nullableArrayLength(least)
      : this.flexible
        ? reader.compactArrayLength(least)
        : reader.arrayLength(least)
    if (length < 0) return null
    const result: unknown[] = []
    for (let i = 0; i < length; i++) {
      this.path.push(`[${i}]`)
      result.push(this.value(field.item!))
      this.path.pop()
    }
    return result
  }
}

/** Writes a message; a problem is a RangeError or a TypeError, and `path` then tells where. */
export function interpretWrite(
  message: Message,
  version: number,
  writer: Writer,
  value: object,
  path: string[] = [],
): void {
  new Writing(version, isWithin(message.flexible, version), writer, path).struct(message.fields, value as Struct)
}

class Writing {
  readonly version: number
  readonly flexible: boolean
  readonly writer: Writer
  readonly path: string[]

  constructor(version: number, flexible: boolean, writer: Writer, path: string[]) {
    this.version = version
    this.flexible = flexible
    this.writer = writer
    this.path = path
  }

  struct(fields: Fields, value: Struct): void {
    if (typeof value !== 'object') throw new TypeError(`${String(value)} is not an object`)
    const all = placed(fields, this.version, this.flexible)
    for (const { name, field, place } of all) {
      this.path.push(name)
      if (place === 'plain') this.field(field, value[name])
      else if (place === 'absent' && !field.ignorable && !isDefault(field, value[name])) {
        throw new RangeError('this version lacks the field, and its value would be lost')
      }
      this.path.pop()
    }
    if (this.flexible) this.tail(value, taggedTail(all))
    else if (value[unknownTags] !== undefined) throw new RangeError('this version has no tagged fields to keep')
  }

  field(field: Field, value: unknown): void {
    if (value !== undefined) return this.value(field, value)
    if (field.required) throw new TypeError('the field needs a value')
    this.value(field, defaultOf(field))
  }

  tail(value: Struct, tagged: readonly PlacedField[]): void {
    const known = tagged.filter(({ name, field }) => !isDefault(field, value[name]))
    const unknown = value[unknownTags] ?? []
    const clash = unknown.find(({ tag }) => tagged.some((each) => each.field.tag === tag))
    if (clash !== undefined) throw new RangeError(`tag ${clash.tag} is both a field and an unknown tagged field`)
    const entries = [...known.map((each) => ({ tag: each.field.tag!, ...each, bytes: undefined })), ...unknown]
    this.writer.uvarint(entries.length)
    for (const entry of entries.sort((a, b) => a.tag - b.tag)) {
      this.writer.uvarint(entry.tag)
      if (entry.bytes !== undefined) {
        this.writer.uvarint(entry.bytes.length)
        this.writer.raw(entry.bytes)
        continue
      }
      this.path.push(entry.name)
      const mark = this.writer.beginSized()
      this.value(entry.field, value[entry.name])
      this.writer.endSized(mark)
      this.path.pop()
    }
  }

  value(field: Field, value: unknown): void {
    const { writer, flexible } = this
    const nullable = isWithin(field.nullable, this.version)
    if (value === null && !nullable) throw new TypeError('null is not allowed in this version')
    switch (field.kind) {
      case 'bool':
        return writer.bool(value as boolean)
      case 'int8':
        return writer.int8(value as number)
      case 'int16':
        return writer.int16(value as number)
      case 'uint16':
        return writer.uint16(value as number)
      case 'int32':
        return writer.int32(value as number)
      case 'uint32':
        return writer.uint32(value as number)
      case 'int64':
        return field.wide ? writer.wideInt64(value as bigint) : writer.int64(value as number)
      case 'float64':
        return writer.float64(value as number)
      case 'uuid':
        return writer.uuid(value as string)
      case 'string':
        return flexible
          ? writer.compactNullableString(value as string | null)
          : writer.nullableString(value as string | null)
      case 'bytes':
        return flexible
          ? writer.compactNullableBytes(value as Uint8Array | null)
          : writer.nullableBytes(value as Uint8Array | null)
      case 'records':
        return flexible
          ? writer.compactNullableRecords(value as Chunks | null)
          : writer.nullableRecords(value as Chunks | null)
      case 'array':
        return this.array(field, value as readonly unknown[] | null)
      case 'struct':
        if (nullable) writer.int8(value === null ? nullMark(field, this.version, flexible) : 1)
        if (value !== null) this.struct(field.fields!, value as Struct)
    }
  }

  array(field: Field, values: readonly unknown[] | null): void {
    const length = values === null ? -1 : values.length
    if (this.flexible) this.writer.compactArrayLength(length)
    else this.writer.arrayLength(length)
    for (let i = 0; i < length; i++) {
      this.path.push(`[${i}]`)
      const value = values![i]
      if (value === undefined) throw new TypeError('the element needs a value')
      this.value(field.item!, value)
      this.path.pop()
    }
  }
}
