import type { Schema } from '../api/schema.ts'
import { Decimal, schemaOfStruct, textOf } from '../api/values.ts'
import type { Struct } from '../api/values.ts'

/** Digits and exponent of a number in the shortest form that reads back to it, printed as Java's Double does. */
function javaNumber(shortest: string): string {
  const [, sign, digits, power] = /^(-?)([\d.]+)(?:e([+-]\d+))?$/.exec(shortest)!
  const [whole = '', fraction = ''] = digits!.split('.')
  const all = (whole + fraction).replace(/^0+(?=\d)/, '')
  const leadingZeros = /^0*/.exec((whole === '0' ? '' : whole) + fraction)![0].length
  // Exponent of the first significant digit.
  const exponent = Number(power ?? 0) + (whole === '0' ? -leadingZeros - 1 : whole.length - 1)
  const significant = all.replace(/0+$/, '') || '0'
  if (significant === '0') return `${sign}0.0`
  if (exponent >= -3 && exponent < 7) {
    if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${significant}`
    const padded = significant.padEnd(exponent + 1, '0')
    return `${sign}${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1) || '0'}`
  }
  return `${sign}${significant[0]}.${significant.slice(1) || '0'}E${exponent}`
}

/** A double as Java prints it: 1.0, 1.0E10, NaN. */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  return Object.is(value, -0) ? '-0.0' : javaNumber(String(value))
}

/** A 32-bit float as Java prints it: the shortest digits that give the same float. */
export function javaFloat(value: number): string {
  const float = Math.fround(value)
  if (!Number.isFinite(float)) return String(float)
  if (float === 0) return Object.is(float, -0) ? '-0.0' : '0.0'
  for (let precision = 1; precision < 9; precision++) {
    const text = float.toPrecision(precision)
    if (Math.fround(Number(text)) === float) return javaNumber(text)
  }
  return javaNumber(float.toPrecision(9))
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number): string => String(value).padStart(2, '0')

/** A date as Java's Date prints itself, in UTC. */
function javaDate(date: Date): string {
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
  return `${days[date.getUTCDay()]} ${months[date.getUTCMonth()]} ${two(date.getUTCDate())} ${time} UTC ${date.getUTCFullYear()}`
}

const isFloat = (schema: Schema | null | undefined): boolean => schema?.type === 'float32' || schema?.type === 'float64'

function numberText(value: number, schema: Schema | null | undefined): string {
  if (schema?.type === 'float32') return javaFloat(value)
  const whole = Number.isInteger(value) && !Object.is(value, -0) && Math.abs(value) < 2 ** 31
  return whole && !isFloat(schema) ? String(value) : javaDouble(value)
}

/**
 * The text that Java's toString gives for a value. Without a schema there is one kind of number: a whole one prints as an
 * integer. Maps print in our order, Java's HashMap has one of its own.
 */
export function javaText(value: unknown, schema?: Schema | null): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return numberText(value, schema)
  if (typeof value !== 'object') return `${value as boolean | bigint}`
  if (value instanceof Uint8Array) return textOf(value)
  if (value instanceof Decimal) return value.toString()
  if (value instanceof Date) return javaDate(value)
  if (Array.isArray(value)) return `[${value.map((item) => javaText(item, schema?.valueSchema)).join(', ')}]`
  const struct = schemaOfStruct(value) ?? (schema?.type === 'struct' ? schema : undefined)
  return struct ? structText(value as Struct, struct) : mapText(value, schema)
}

function structText(value: Struct, schema: Schema): string {
  const set = (schema.fields ?? []).filter(({ name }) => value[name] !== null && value[name] !== undefined)
  return `Struct{${set.map((field) => `${field.name}=${javaText(value[field.name], field.schema)}`).join(',')}}`
}

function mapText(value: object, schema: Schema | null | undefined): string {
  const entries: [unknown, unknown][] = value instanceof Map ? [...value] : Object.entries(value)
  const texts = entries.map(
    ([key, each]) => `${javaText(key, schema?.keySchema)}=${javaText(each, schema?.valueSchema)}`,
  )
  return `{${texts.join(', ')}}`
}

/** The Java class that a value stands for, as Connect's messages name it. */
export function javaClass(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'java.lang.String'
    case 'boolean':
      return 'java.lang.Boolean'
    case 'bigint':
      return 'java.lang.Long'
    case 'number':
      return Number.isInteger(value) ? 'java.lang.Integer' : 'java.lang.Double'
  }
  if (value instanceof Uint8Array) return '[B'
  if (value instanceof Decimal) return 'java.math.BigDecimal'
  if (value instanceof Date) return 'java.util.Date'
  if (Array.isArray(value)) return 'java.util.ArrayList'
  return schemaOfStruct(value) === undefined ? 'java.util.HashMap' : 'org.apache.kafka.connect.data.Struct'
}
