import type { Schema, SchemaType } from '../../connectors/api/schema.ts'
import { logicalNames, sameSchema } from '../../connectors/api/schema.ts'
import { Decimal, structOf } from '../../connectors/api/values.ts'

/** Reads the typed schemas and values of the Connect oracle's case files and compares ours with them. */

type Typed = any

const logical: Record<string, Schema> = {
  date: { type: 'int32', name: logicalNames.date, version: 1 },
  time: { type: 'int32', name: logicalNames.time, version: 1 },
  timestamp: { type: 'int64', name: logicalNames.timestamp, version: 1 },
}

export function schemaOf(typed: Typed): Schema | null {
  if (typed === null || typed === undefined) return null
  if (typeof typed === 'string') {
    const optional = typed.endsWith('?')
    const word = optional ? typed.slice(0, -1) : typed
    const decimal = /^decimal\((-?\d+)\)$/.exec(word)
    const base: Schema = decimal
      ? { type: 'bytes', name: logicalNames.decimal, version: 1, parameters: { scale: decimal[1]! } }
      : (logical[word] ?? { type: word as SchemaType })
    return optional ? { ...base, optional: true } : base
  }
  const bare: Schema = {
    type: typed.type,
    ...(typed.optional ? { optional: true } : {}),
    ...(typed.name === undefined ? {} : { name: typed.name }),
    ...(typed.version === undefined ? {} : { version: typed.version }),
    ...(typed.doc === undefined ? {} : { doc: typed.doc }),
    ...(typed.params === undefined ? {} : { parameters: typed.params }),
    ...('key' in typed ? { keySchema: schemaOf(typed.key) } : {}),
    ...('value' in typed ? { valueSchema: schemaOf(typed.value) } : {}),
    ...('fields' in typed
      ? { fields: typed.fields.map(([name, schema]: [string, Typed]) => ({ name, schema: schemaOf(schema)! })) }
      : {}),
  }
  return typed.default === undefined ? bare : { ...bare, default: valueOf(typed.default, bare) }
}

export function valueOf(typed: Typed, schema: Schema | null | undefined): unknown {
  if (typed === null || typeof typed !== 'object') return typed
  if (Array.isArray(typed)) return typed.map((item) => valueOf(item, schema?.valueSchema))
  const [kind] = Object.keys(typed)
  switch (kind) {
    case 'i8':
    case 'i16':
    case 'i32':
      return typed[kind]
    case 'i64':
      return BigInt(typed.i64)
    case 'f32':
      return Math.fround(Number(typed.f32))
    case 'f64':
      return Number(typed.f64)
    case 'bytes':
      return Buffer.from(typed.bytes, 'base64')
    case 'decimal':
      return new Decimal(BigInt(typed.decimal), typed.scale)
    case 'date':
      return new Date(Number(typed.date))
    case 'map':
      return new Map(
        typed.map.map(([key, value]: [Typed, Typed]) => [
          valueOf(key, schema?.keySchema),
          valueOf(value, schema?.valueSchema),
        ]),
      )
    case 'struct': {
      const own = (typed.schema === undefined ? schema : schemaOf(typed.schema))!
      const fields: Record<string, unknown> = {}
      typed.struct.forEach((item: Typed, i: number) => {
        const field = own.fields![i]!
        if (item !== null) fields[field.name] = valueOf(item, field.schema)
      })
      return structOf(own, fields)
    }
  }
  throw new Error(`unknown kind of value ${JSON.stringify(typed)}`)
}

/** Bytes of a case: null, text or base64. */
export const bytesOf = (typed: Typed): Buffer | null =>
  typed === null ? null : 'text' in typed ? Buffer.from(typed.text, 'utf8') : Buffer.from(typed.base64, 'base64')

export const equalSchemas = (typed: Typed, ours: Schema | null): boolean => sameSchema(schemaOf(typed), ours)

/** Ours against a typed value; maps in any order; without schema all numbers but i64 are one kind. */
export function equalValues(typed: Typed, ours: unknown, schema: Schema | null | undefined): boolean {
  if (typed === null) return ours === null || ours === undefined
  if (typeof typed !== 'object') return typed === ours
  if (Array.isArray(typed)) {
    return (
      Array.isArray(ours) &&
      typed.length === ours.length &&
      typed.every((item, i) => equalValues(item, ours[i], schema?.valueSchema))
    )
  }
  if ('map' in typed) {
    const entries: [unknown, unknown][] = ours instanceof Map ? [...ours] : Object.entries(ours as object)
    const open = [...entries]
    return (
      typed.map.length === entries.length &&
      typed.map.every(([key, value]: [Typed, Typed]) => {
        const at = open.findIndex(
          ([ourKey, ourValue]) =>
            equalValues(key, ourKey, schema?.keySchema) && equalValues(value, ourValue, schema?.valueSchema),
        )
        if (at >= 0) open.splice(at, 1)
        return at >= 0
      })
    )
  }
  if ('struct' in typed) {
    const own = typed.schema === undefined ? schema : schemaOf(typed.schema)
    if (typeof ours !== 'object' || ours === null || ours instanceof Map) return false
    return typed.struct.every((item: Typed, i: number) =>
      equalValues(item, (ours as Record<string, unknown>)[own!.fields![i]!.name], own!.fields![i]!.schema),
    )
  }
  const expected = valueOf(typed, schema)
  if (expected instanceof Decimal)
    return ours instanceof Decimal && expected.unscaled === ours.unscaled && expected.scale === ours.scale
  if (expected instanceof Date) return ours instanceof Date && +expected === +ours
  if (expected instanceof Uint8Array) return ours instanceof Uint8Array && Buffer.compare(expected, ours) === 0
  if ('f32' in typed) return typeof ours === 'number' && Object.is(expected, Math.fround(ours))
  return Object.is(expected, ours)
}

/** The same JSON: members in any order, numbers exactly or, where one has a fraction or exponent, as doubles. */
export function equalJson(a: string, b: string, exactNumbers: boolean): boolean {
  const tree = (text: string): unknown =>
    JSON.parse(
      text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
        token.startsWith('"') ? token : `{"\\u0000":"${token}"}`,
      ),
    )
  const same = (x: any, y: any): boolean => {
    if (typeof x !== 'object' || x === null || typeof y !== 'object' || y === null) return x === y
    const number: string | undefined = x['\0']
    if (number !== undefined) {
      const other: string | undefined = y['\0']
      if (other === undefined || number === other) return number === other
      return !exactNumbers && /[.eE]/.test(number + other) && Object.is(Number(number), Number(other))
    }
    const names = Object.keys(x)
    if (Array.isArray(x) !== Array.isArray(y) || names.length !== Object.keys(y).length) return false
    return names.every((name) => Object.hasOwn(y, name) && same(x[name], y[name]))
  }
  return same(tree(a), tree(b))
}
