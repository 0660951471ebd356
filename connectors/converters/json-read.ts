import type { Field, Schema, SchemaType } from '../api/schema.ts'
import { logicalNames } from '../api/schema.ts'
import { Decimal } from '../api/values.ts'
import { NumberText, setMember } from './json-text.ts'
import type { JsonTree } from './json-text.ts'
import { decimalScale, invalid, isLogical, temporalDate } from './logical.ts'

/** What the converter's settings say about reading. */
export interface ReadOptions {
  readonly replaceNullWithDefault: boolean
}

const types: Readonly<Record<string, SchemaType>> = {
  boolean: 'boolean',
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  float: 'float32',
  double: 'float64',
  string: 'string',
  bytes: 'bytes',
  array: 'array',
  map: 'map',
  struct: 'struct',
}

type JsonObject = { readonly [name: string]: JsonTree }

const isObject = (tree: JsonTree | undefined): tree is JsonObject =>
  typeof tree === 'object' && tree !== null && !Array.isArray(tree) && !(tree instanceof NumberText)
const member = (tree: JsonTree | undefined, name: string): JsonTree | undefined =>
  isObject(tree) && Object.hasOwn(tree, name) ? tree[name] : undefined

/** What Jackson calls this kind of node. */
function kindOf(tree: JsonTree | undefined): string {
  if (tree === undefined) return 'MISSING'
  if (tree === null) return 'NULL'
  if (Array.isArray(tree)) return 'ARRAY'
  if (tree instanceof NumberText) return 'NUMBER'
  return isObject(tree) ? 'OBJECT' : (typeof tree).toUpperCase()
}

/** The schema that an envelope's "schema" member describes. */
export function readSchema(tree: JsonTree | undefined, options: ReadOptions): Schema | null {
  if (tree === null || tree === undefined) return null
  const typeName = member(tree, 'type')
  if (typeof typeName !== 'string') throw invalid("Schema must contain 'type' field")
  const type = Object.hasOwn(types, typeName) ? types[typeName] : undefined
  if (!type) throw invalid(`Unknown schema type: ${typeName}`)
  const name = member(tree, 'name')
  const version = member(tree, 'version')
  const doc = member(tree, 'doc')
  const schema: Schema = {
    type,
    ...partsOf(type, tree, options),
    ...(member(tree, 'optional') === true ? { optional: true } : {}),
    ...(typeof name === 'string' ? { name } : {}),
    ...(version instanceof NumberText && version.integral ? { version: Number(wrap(version, 32)) } : {}),
    ...(typeof doc === 'string' ? { doc } : {}),
    ...parametersOf(member(tree, 'parameters')),
  }
  const fallback = member(tree, 'default')
  if (fallback === undefined) return schema
  const value = readValue(schema, fallback, options)
  // Connect's builder checks a default as it checks any value; a struct's never passes, for its schema is not built yet.
  if (value === null ? !schema.optional : schema.type === 'struct') throw invalid('Invalid default value')
  return value === null ? schema : { ...schema, default: value }
}

function partsOf(type: SchemaType, tree: JsonTree, options: ReadOptions): Partial<Schema> {
  if (type === 'array') {
    const items = member(tree, 'items')
    if (items === undefined || items === null) throw invalid('Array schema did not specify the element type')
    return { valueSchema: readSchema(items, options) }
  }
  if (type === 'map') {
    const keys = member(tree, 'keys')
    const values = member(tree, 'values')
    if (keys === undefined) throw invalid('Map schema did not specify the key type')
    if (values === undefined) throw invalid('Map schema did not specify the value type')
    return { keySchema: readSchema(keys, options), valueSchema: readSchema(values, options) }
  }
  if (type !== 'struct') return {}
  const fields = member(tree, 'fields')
  if (!Array.isArray(fields)) throw invalid('Struct schema\'s "fields" argument is not an array.')
  return { fields: fieldsOf(fields, options) }
}

function fieldsOf(fields: readonly JsonTree[], options: ReadOptions): Field[] {
  const names = new Set<string>()
  return fields.map((each) => {
    const name = member(each, 'field')
    if (typeof name !== 'string') throw invalid("Struct schema's field name not specified properly")
    const schema = readSchema(each, options)!
    if (names.has(name)) throw invalid(`Cannot create field because of field name duplication ${name}`)
    names.add(name)
    return { name, schema }
  })
}

function parametersOf(tree: JsonTree | undefined): { parameters?: Record<string, string> } {
  if (!isObject(tree)) return {}
  const parameters: Record<string, string> = {}
  for (const [name, value] of Object.entries(tree)) {
    if (typeof value !== 'string') throw invalid('Schema parameters must have string values.')
    setMember(parameters, name, value)
  }
  return { parameters }
}

/** The value that JSON stands for under a schema. */
export function readValue(schema: Schema, tree: JsonTree | undefined, options: ReadOptions): unknown {
  if (tree === null || tree === undefined) {
    if (schema.default !== undefined && schema.default !== null && options.replaceNullWithDefault) return schema.default
    if (schema.optional) return null
    throw invalid(`Invalid null value for required ${schema.type.toUpperCase()} field`)
  }
  if (isLogical(schema)) return readLogical(schema, tree)
  switch (schema.type) {
    case 'boolean':
      return tree === true
    case 'int8':
      return Number(BigInt.asIntN(8, wrap(tree, 32)))
    case 'int16':
      return Number(BigInt.asIntN(16, wrap(tree, 32)))
    case 'int32':
      return Number(wrap(tree, 32))
    case 'int64':
      return wrap(tree, 64)
    case 'float32':
      return tree instanceof NumberText ? Math.fround(toDouble(tree)) : 0
    case 'float64':
      return tree instanceof NumberText ? toDouble(tree) : 0
    case 'string':
      return typeof tree === 'string' ? tree : null
    case 'bytes':
      return typeof tree === 'string' ? bytesOf(tree) : null
    case 'array':
      return itemsOf(tree).map((item) => element(schema.valueSchema, item, options))
    case 'map':
      return readMap(schema, tree, options)
    case 'struct':
      return readStruct(schema, tree, options)
  }
}

// What Jackson iterates over: items, or an object's values.
const itemsOf = (tree: JsonTree): readonly JsonTree[] =>
  Array.isArray(tree) ? tree : isObject(tree) ? Object.values(tree) : []

// Kafka reads fractions as exact decimals first, which know no -0.
const toDouble = (tree: NumberText): number => Number(tree.text) + 0

/** A number cut to an integer of so many bits, as Java narrows; 0 for what is no number. */
function wrap(tree: JsonTree, bits: 32 | 64): bigint {
  if (!(tree instanceof NumberText)) return 0n
  if (tree.integral) return BigInt.asIntN(bits, BigInt(tree.text))
  const { unscaled, scale } = Decimal.parse(tree.text)
  // Shifted out to nothing either way: more digits than any integer here has bits for.
  if (scale < -400 || scale > 400) return 0n
  return BigInt.asIntN(bits, scale > 0 ? unscaled / 10n ** BigInt(scale) : unscaled * 10n ** BigInt(-scale))
}

/** Padding is required and blanks are passed over, as Jackson does it. */
function bytesOf(text: string): Buffer {
  const dense = text.replace(/[^!-\uffff]/g, '')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(dense))
    throw invalid('Invalid bytes field')
  return Buffer.from(dense, 'base64')
}

const element = (schema: Schema | null | undefined, tree: JsonTree | undefined, options: ReadOptions): unknown =>
  schema ? readValue(schema, tree, options) : freeValue(tree)

function readMap(schema: Schema, tree: JsonTree, options: ReadOptions): Map<unknown, unknown> {
  const { keySchema, valueSchema } = schema
  if (!keySchema || keySchema.type === 'string') {
    if (!isObject(tree))
      throw invalid(`Maps with string fields should be encoded as JSON objects, but found ${kindOf(tree)}`)
    return new Map(Object.entries(tree).map(([key, value]) => [key, element(valueSchema, value, options)]))
  }
  if (!Array.isArray(tree)) {
    throw invalid(`Maps with non-string fields should be encoded as JSON array of tuples, but found ${kindOf(tree)}`)
  }
  return new Map(
    tree.map((pair) => {
      if (!Array.isArray(pair)) throw invalid(`Found invalid map entry instead of array tuple: ${kindOf(pair)}`)
      if (pair.length !== 2) throw invalid(`Found invalid map entry, expected length 2 but found :${pair.length}`)
      return [readValue(keySchema, pair[0], options), element(valueSchema, pair[1], options)]
    }),
  )
}

function readStruct(schema: Schema, tree: JsonTree, options: ReadOptions): Record<string, unknown> {
  if (!isObject(tree)) throw invalid(`Structs should be encoded as JSON objects, but found ${kindOf(tree)}`)
  const result: Record<string, unknown> = {}
  for (const field of schema.fields ?? []) {
    const value = readValue(field.schema, member(tree, field.name), options)
    if (value === null && !field.schema.optional && field.schema.default === undefined) {
      throw invalid(
        `Invalid value: null used for required field: "${field.name}", schema type: ${field.schema.type.toUpperCase()}`,
      )
    }
    setMember(result, field.name, value)
  }
  return result
}

function readLogical(schema: Schema, tree: JsonTree): unknown {
  const word = schema.name!.slice(schema.name!.lastIndexOf('.') + 1)
  if (schema.name === logicalNames.decimal) {
    if (tree instanceof NumberText) return Decimal.parse(tree.text)
    if (typeof tree !== 'string') {
      throw invalid(
        `Invalid type for Decimal, underlying representation should be numeric or bytes but was ${kindOf(tree)}`,
      )
    }
    try {
      return Decimal.fromBytes(bytesOf(tree), decimalScale(schema))
    } catch (cause) {
      throw cause instanceof RangeError ? invalid('Invalid bytes for Decimal field', cause) : cause
    }
  }
  const integral = tree instanceof NumberText && tree.integral
  if (schema.name === logicalNames.timestamp) {
    if (!integral)
      throw invalid(`Invalid type for Timestamp, underlying representation should be integral but was ${kindOf(tree)}`)
    return temporalDate(schema, Number(wrap(tree, 64)))
  }
  if (!integral || BigInt(tree.text) !== wrap(tree, 32)) {
    throw invalid(`Invalid type for ${word}, underlying representation should be integer but was ${kindOf(tree)}`)
  }
  return temporalDate(schema, Number(tree.text))
}

/** The value of JSON that comes without a schema: integers are int64, so bigint; other numbers are doubles. */
export function freeValue(tree: JsonTree | undefined): unknown {
  if (tree === undefined) return null
  if (typeof tree !== 'object' || tree === null) return tree
  if (tree instanceof NumberText) return tree.integral ? wrap(tree, 64) : toDouble(tree)
  if (Array.isArray(tree)) return tree.map(freeValue)
  const result: Record<string, unknown> = {}
  for (const name of Object.keys(tree)) setMember(result, name, freeValue(tree[name]))
  return result
}
