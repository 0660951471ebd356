import type { Schema } from '../api/schema.ts'
import { logicalNames } from '../api/schema.ts'
import { Decimal } from '../api/values.ts'
import { connectErrors } from '../errors.ts'
import { javaClass } from './java-text.ts'

const dayMs = 86_400_000

/** DATA_INVALID with Connect's words for the fault. */
export const invalid = (problem: string, cause?: unknown) => connectErrors.DATA_INVALID({ problem }, cause)

/** True when the schema's name makes its values dates or decimals. */
export const isLogical = (schema: Schema): boolean => schema.name !== undefined && known.has(schema.name)

const known = new Set<string>(Object.values(logicalNames))

/** The scale that a decimal schema carries as a parameter. */
export function decimalScale(schema: Schema): number {
  const scale = schema.parameters?.['scale']
  if (scale === undefined) throw invalid('Invalid Decimal schema: scale parameter not found.')
  if (!/^[+-]?\d+$/.test(scale)) throw invalid('Invalid scale parameter found in Decimal schema: ')
  return Number(scale)
}

/** A decimal of the very scale that its schema names. */
export function checkedDecimal(schema: Schema, value: unknown): Decimal {
  const decimal = asDecimal(value)
  if (decimal.scale !== decimalScale(schema)) {
    throw invalid(
      'Decimal value has mismatching scale for given Decimal schema. ' +
        `Schema has scale ${decimalScale(schema)}, value has scale ${decimal.scale}.`,
    )
  }
  return decimal
}

export function asDecimal(value: unknown): Decimal {
  if (value instanceof Decimal) return value
  throw invalid(`Invalid type for Decimal, expected BigDecimal but was class ${javaClass(value)}`)
}

/** The number that stands for a Date, Time or Timestamp: days, ms of the day, ms since 1970. */
export function temporalNumber(schema: Schema, value: unknown): number {
  const word = schema.name!.slice(schema.name!.lastIndexOf('.') + 1)
  if (!(value instanceof Date))
    throw invalid(`Invalid type for ${word}, expected Date but was class ${javaClass(value)}`)
  const ms = value.getTime()
  if (schema.name === logicalNames.date) {
    if (ms % dayMs !== 0)
      throw invalid('Kafka Connect Date type should not have any time fields set to non-zero values.')
    return ms / dayMs
  }
  if (schema.name === logicalNames.time && (ms < 0 || ms > dayMs)) {
    throw invalid('Kafka Connect Time type should not have any date fields set to non-zero values.')
  }
  return ms
}

/** The date that such a number stands for. */
export function temporalDate(schema: Schema, value: number): Date {
  // Java's dates reach further than ours.
  if (Math.abs(value) > 8.64e15) throw invalid(`${value} ms since 1970 is beyond what a date can hold`)
  if (schema.name === logicalNames.date) return new Date(value * dayMs)
  if (schema.name === logicalNames.time && (value < 0 || value > dayMs)) {
    throw invalid('Time values must use number of milliseconds greater than 0 and less than 86400000')
  }
  return new Date(value)
}
