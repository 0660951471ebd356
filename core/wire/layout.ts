import type { Field, Fields } from '#core/wire/schema.ts'
import { isWithin } from '#core/wire/versions.ts'

/**
 * Where a struct keeps what its version does not know: tagged fields of later versions, or of other implementations.
 * They are kept when read and written back, also through an object spread.
 */
export const unknownTags: unique symbol = Symbol('unknown tagged fields')

/** A tagged field that the reader's version does not know; `bytes` is a view on the frame. */
export interface UnknownTag {
  readonly tag: number
  readonly bytes: Buffer
}

/** The unknown tagged fields of a decoded struct. */
export function unknownTagsOf(struct: object): readonly UnknownTag[] {
  return (struct as { readonly [unknownTags]?: readonly UnknownTag[] })[unknownTags] ?? []
}

/** How one version carries a field: in the row, in the tagged tail, or not at all. */
export type Place = 'plain' | 'tagged' | 'absent'

/** Where a version has a field. Tags count in flexible versions only: earlier ones have no tail to put them in. */
export function placeOf(field: Field, version: number, flexible: boolean): Place {
  if (!isWithin(field.versions, version)) return 'absent'
  return flexible && isWithin(field.tagged, version) ? 'tagged' : 'plain'
}

/** The byte that stands for a null struct: Kafka writes -1 in the row of fields, but 0 in the tail of tagged ones. */
export function nullMark(field: Field, version: number, flexible: boolean): number {
  return placeOf(field, version, flexible) === 'tagged' ? 0 : -1
}

/** A field of a struct with its name and its place in one version. */
export interface PlacedField {
  readonly name: string
  readonly field: Field
  readonly place: Place
}

/** The fields of a struct in declared order. */
export function placed(fields: Fields, version: number, flexible: boolean): PlacedField[] {
  return Object.entries(fields).map(([name, field]) => ({ name, field, place: placeOf(field, version, flexible) }))
}

/** Those in the tagged tail, in the ascending order that the wire wants. */
export function taggedTail(all: readonly PlacedField[]): PlacedField[] {
  return all.filter((each) => each.place === 'tagged').sort((a, b) => a.field.tag! - b.field.tag!)
}

/** The value of a field that is not there. */
export function defaultOf(field: Field): unknown {
  if (field.kind !== 'struct' || field.default === null) return field.default
  return Object.fromEntries(Object.entries(field.fields!).map(([name, each]) => [name, defaultOf(each)]))
}

/** True when leaving the field out loses nothing. */
export function isDefault(field: Field, value: unknown): boolean {
  if (value === undefined) return true
  if (value === null || field.default === null) return value === field.default
  switch (field.kind) {
    case 'array':
      return (value as readonly unknown[]).length === 0
    case 'bytes':
      return (value as Uint8Array).length === 0
    case 'struct':
      return areDefaults(field.fields!, value as object)
    default:
      return value === field.default
  }
}

/** True when every field of the struct is at its default and no unknown one is there. */
export function areDefaults(fields: Fields, value: object): boolean {
  if (unknownTags in value) return false
  for (const name in fields) {
    if (!isDefault(fields[name]!, (value as Readonly<Record<string, unknown>>)[name])) return false
  }
  return true
}

const fixedBytes: Readonly<Record<string, number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
}

/** The fewest bytes that a value can take, so that an array's length can be refused before anything is allocated. */
export function leastBytes(field: Field, version: number, flexible: boolean): number {
  const fixed = fixedBytes[field.kind]
  if (fixed !== undefined) return fixed
  if (field.kind === 'string') return flexible ? 1 : 2
  if (field.kind !== 'struct') return flexible ? 1 : 4
  if (isWithin(field.nullable, version)) return 1
  let sum = flexible ? 1 : 0
  for (const each of placed(field.fields!, version, flexible)) {
    if (each.place === 'plain') sum += leastBytes(each.field, version, flexible)
  }
  return sum
}

/** The least bytes of an array's elements. At least one, or a length could ask for any number of empty structs. */
export function leastItemBytes(array: Field, version: number, flexible: boolean): number {
  return Math.max(1, leastBytes(array.item!, version, flexible))
}
