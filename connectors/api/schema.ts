/** Connect's types. In JSON `float32` is written `float` and `float64` `double`. */
export type SchemaType =
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'float32'
  | 'float64'
  | 'boolean'
  | 'string'
  | 'bytes'
  | 'array'
  | 'map'
  | 'struct'

/**
 * The schema of a key, a value, a header or a part of one. Absent members are Connect's defaults: not optional, no name.
 * What a value looks like: int64 is a bigint; other numbers are numbers; bytes are a Uint8Array; array is an array;
 * map is a Map or a plain object; struct is a plain object with a member per field; Date, Time and Timestamp are a
 * Date; Decimal is a `Decimal`. A string may also be given as the bytes of its UTF-8, which spares decoding.
 */
export interface Schema {
  readonly type: SchemaType
  readonly optional?: boolean
  /** What an absent value stands for; undefined is no default. */
  readonly default?: unknown
  readonly name?: string
  readonly version?: number
  readonly doc?: string
  readonly parameters?: Readonly<Record<string, string>>
  /** Keys of a map; null where a literal says nothing about them. */
  readonly keySchema?: Schema | null
  /** Values of a map, elements of an array. */
  readonly valueSchema?: Schema | null
  /** Fields of a struct, in order. */
  readonly fields?: readonly Field[]
}

/** A member of a struct. */
export interface Field {
  readonly name: string
  readonly schema: Schema
}

const primitive = (type: SchemaType): Schema => Object.freeze({ type })
const logical = (type: SchemaType, name: string): Schema =>
  Object.freeze({ type, name: `org.apache.kafka.connect.data.${name}`, version: 1 })

/** The names that mark Connect's logical types. */
export const logicalNames = {
  decimal: 'org.apache.kafka.connect.data.Decimal',
  date: 'org.apache.kafka.connect.data.Date',
  time: 'org.apache.kafka.connect.data.Time',
  timestamp: 'org.apache.kafka.connect.data.Timestamp',
} as const

/** Ready-made schemas and builders: `schemas.struct({ id: schemas.int64, at: optional(schemas.timestamp) })`. */
export const schemas = {
  int8: primitive('int8'),
  int16: primitive('int16'),
  int32: primitive('int32'),
  int64: primitive('int64'),
  float32: primitive('float32'),
  float64: primitive('float64'),
  boolean: primitive('boolean'),
  string: primitive('string'),
  bytes: primitive('bytes'),
  date: logical('int32', 'Date'),
  time: logical('int32', 'Time'),
  timestamp: logical('int64', 'Timestamp'),
  /** A number with `scale` digits after the point. */
  decimal: (scale: number): Schema => ({ ...logical('bytes', 'Decimal'), parameters: { scale: String(scale) } }),
  array: (valueSchema: Schema): Schema => ({ type: 'array', valueSchema }),
  map: (keySchema: Schema, valueSchema: Schema): Schema => ({ type: 'map', keySchema, valueSchema }),
  struct: (fields: Readonly<Record<string, Schema>>, name?: string): Schema => ({
    type: 'struct',
    ...(name === undefined ? {} : { name }),
    fields: Object.entries(fields).map(([field, schema]) => ({ name: field, schema })),
  }),
} as const

/** The same schema, of which a value may be null. */
export const optional = (schema: Schema): Schema => ({ ...schema, optional: true })

/** True when two schemas agree in every part, as Java's ConnectSchema compares them. */
export function sameSchema(a: Schema | null | undefined, b: Schema | null | undefined): boolean {
  if (a === b) return true
  if (!a || !b) return false
  return (
    a.type === b.type &&
    (a.optional ?? false) === (b.optional ?? false) &&
    a.name === b.name &&
    a.version === b.version &&
    a.doc === b.doc &&
    sameParameters(a.parameters, b.parameters) &&
    sameValue(a.default, b.default) &&
    sameSchema(a.keySchema, b.keySchema) &&
    sameSchema(a.valueSchema, b.valueSchema) &&
    sameFields(a.fields, b.fields)
  )
}

function sameParameters(a: Schema['parameters'] = {}, b: Schema['parameters'] = {}): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name])
}

function sameFields(a: readonly Field[] = [], b: readonly Field[] = []): boolean {
  return (
    a.length === b.length && a.every((field, i) => field.name === b[i]!.name && sameSchema(field.schema, b[i]!.schema))
  )
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Date || b instanceof Date) return a instanceof Date && b instanceof Date && +a === +b
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0
  }
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && sameValue(value, b.get(key)))
  }
  const names = Object.keys(a)
  if (Array.isArray(a) !== Array.isArray(b) || names.length !== Object.keys(b).length) return false
  return names.every((name) => Object.hasOwn(b, name) && sameValue((a as never)[name], (b as never)[name]))
}
