import type { Schema } from './schema.ts'

/** A value and what is known of its type. */
export interface SchemaAndValue {
  readonly schema: Schema | null
  readonly value: unknown
}

/** Turns Connect's values into the bytes of a topic and back. Throws CONVERSION_FAILED for what it cannot turn. */
export interface Converter {
  fromConnect(topic: string, schema: Schema | null, value: unknown): Buffer | null
  /** `bytes` is a view on memory of the client: what is kept must be copied. */
  toConnect(topic: string, bytes: Buffer | null): SchemaAndValue
}

/** A converter by its names, made for keys or for values with the settings below its prefix. */
export interface ConverterPlugin {
  /** The full Java name first. */
  readonly names: readonly string[]
  create(config: Readonly<Record<string, string>>, isKey: boolean): Converter
}
