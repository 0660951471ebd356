import type { Schema, SchemaType } from '../api/schema.ts'
import { logicalNames, sameSchema } from '../api/schema.ts'
import { Decimal, schemaOfStruct, textOf } from '../api/values.ts'
import { javaClass, javaDouble, javaFloat } from './java-text.ts'
import { asDecimal, checkedDecimal, invalid, isLogical, temporalNumber } from './logical.ts'

/** What the converter's settings say about writing. */
export interface WriteOptions {
  readonly decimalsAsNumbers: boolean
  readonly replaceNullWithDefault: boolean
}

const jsonNames: Readonly<Record<SchemaType, string>> = {
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  float32: 'float',
  float64: 'double',
  boolean: 'boolean',
  string: 'string',
  bytes: 'bytes',
  array: 'array',
  map: 'map',
  struct: 'struct',
}

/** The JSON of a schema as the envelope carries it, members in Kafka's order. */
export function schemaJson(schema: Schema | null | undefined, options: WriteOptions, field?: string): string {
  if (!schema) return 'null'
  const members = [`"type":"${jsonNames[schema.type]}"`]
  if (schema.type === 'array') members.push(`"items":${schemaJson(schema.valueSchema, options)}`)
  if (schema.type === 'map') {
    members.push(
      `"keys":${schemaJson(schema.keySchema, options)}`,
      `"values":${schemaJson(schema.valueSchema, options)}`,
    )
  }
  if (schema.type === 'struct') {
    const fields = (schema.fields ?? []).map((each) => schemaJson(each.schema, options, each.name))
    members.push(`"fields":[${fields.join(',')}]`)
  }
  members.push(`"optional":${schema.optional ?? false}`)
  if (schema.name !== undefined) members.push(`"name":${JSON.stringify(schema.name)}`)
  if (schema.version !== undefined) members.push(`"version":${schema.version}`)
  if (schema.doc !== undefined) members.push(`"doc":${JSON.stringify(schema.doc)}`)
  if (schema.parameters !== undefined) members.push(`"parameters":${JSON.stringify(schema.parameters)}`)
  if (schema.default !== undefined && schema.default !== null) {
    members.push(`"default":${valueJson(schema, schema.default, options)}`)
  }
  if (field !== undefined) members.push(`"field":${JSON.stringify(field)}`)
  return `{${members.join(',')}}`
}

const base64 = (bytes: Uint8Array): string =>
  `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}"`
// JSON has no words for these, so they travel as text.
const quoted = (text: string): string => (/[NI]/.test(text) ? `"${text}"` : text)

/** The JSON of a value under its schema; without one its type is what it looks like. */
export function valueJson(schema: Schema | null | undefined, value: unknown, options: WriteOptions): string {
  if (value === null || value === undefined) return absentJson(schema, options)
  if (schema && isLogical(schema)) return logicalJson(schema, value, options)
  const type = schema ? schema.type : typeOf(value)
  const mismatch = (): never => {
    throw invalid(
      `Invalid type for ${schema ? schema.type.toUpperCase() : 'unknown schema'}: class ${javaClass(value)}`,
    )
  }
  switch (type) {
    case 'int8':
      return isWhole(value, 0x80) ? String(value) : mismatch()
    case 'int16':
      return isWhole(value, 0x8000) ? String(value) : mismatch()
    case 'int32':
      return isWhole(value, 0x8000_0000) ? String(value) : mismatch()
    case 'int64':
      return typeof value === 'bigint' ? value.toString() : mismatch()
    case 'float32':
      return typeof value === 'number' ? quoted(javaFloat(value)) : mismatch()
    case 'float64':
      return typeof value === 'number' ? quoted(javaDouble(value)) : mismatch()
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : mismatch()
    case 'string':
      return typeof value === 'string' || (schema && value instanceof Uint8Array)
        ? JSON.stringify(textOf(value))
        : mismatch()
    case 'bytes':
      if (!(value instanceof Uint8Array)) throw invalid(`Invalid type for bytes type: class ${javaClass(value)}`)
      return base64(value)
    case 'array':
      return Array.isArray(value)
        ? `[${value.map((item) => valueJson(schema?.valueSchema, item, options)).join(',')}]`
        : mismatch()
    case 'map':
      return isMapLike(value) ? mapJson(schema, value, options) : mismatch()
    case 'struct':
      return structJson(schema, value, options) ?? mismatch()
    default:
      throw invalid(`Java class class ${javaClass(value)} does not have corresponding schema type.`)
  }
}

function absentJson(schema: Schema | null | undefined, options: WriteOptions): string {
  if (!schema) return 'null'
  if (schema.default !== undefined && schema.default !== null && options.replaceNullWithDefault) {
    return valueJson(schema, schema.default, options)
  }
  if (schema.optional) return 'null'
  throw invalid('Conversion error: null value for field that is required and has no default value')
}

function logicalJson(schema: Schema, value: unknown, options: WriteOptions): string {
  if (schema.name !== logicalNames.decimal) return String(temporalNumber(schema, value))
  return options.decimalsAsNumbers ? asDecimal(value).toString() : base64(checkedDecimal(schema, value).toBytes())
}

const isWhole = (value: unknown, bound: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= -bound && value < bound

const isMapLike = (value: unknown): value is object =>
  typeof value === 'object' &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array || value instanceof Date || value instanceof Decimal) &&
  schemaOfStruct(value) === undefined

function typeOf(value: unknown): SchemaType | undefined {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'bigint') return 'int64'
  // There is one kind of number without a schema: a whole one prints as an integer.
  if (typeof value === 'number') return isWhole(value, 0x8000_0000) && !Object.is(value, -0) ? 'int32' : 'float64'
  if (value instanceof Uint8Array) return 'bytes'
  if (Array.isArray(value)) return 'array'
  if (schemaOfStruct(value) !== undefined) return 'struct'
  return isMapLike(value) ? 'map' : undefined
}

function mapJson(schema: Schema | null | undefined, value: object, options: WriteOptions): string {
  const entries: [unknown, unknown][] = value instanceof Map ? [...value] : Object.entries(value)
  const asObject = schema ? schema.keySchema?.type === 'string' : entries.every(([key]) => typeof key === 'string')
  const parts = entries.map(([key, each]) => {
    const keyJson = valueJson(schema?.keySchema, key, options)
    const eachJson = valueJson(schema?.valueSchema, each, options)
    if (!asObject) return `[${keyJson},${eachJson}]`
    return `${keyJson.startsWith('"') ? keyJson : `"${keyJson}"`}:${eachJson}`
  })
  return asObject ? `{${parts.join(',')}}` : `[${parts.join(',')}]`
}

function structJson(schema: Schema | null | undefined, value: unknown, options: WriteOptions): string | undefined {
  const own = schemaOfStruct(value)
  if (own === undefined && !(schema && isMapLike(value) && !(value instanceof Map))) return undefined
  if (own !== undefined && !sameSchema(own, schema)) throw invalid('Mismatching schema.')
  const parts = (schema!.fields ?? []).map(
    (field) =>
      `${JSON.stringify(field.name)}:${valueJson(field.schema, (value as Record<string, unknown>)[field.name], options)}`,
  )
  return `{${parts.join(',')}}`
}
