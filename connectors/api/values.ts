import type { Schema } from './schema.ts'

/** An exact decimal number: `unscaled` * 10^-`scale`. 1.50 is (150n, 2). */
export class Decimal {
  readonly unscaled: bigint
  readonly scale: number

  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled
    this.scale = scale
  }

  /** Reads a JSON number's text; the digits after the point give the scale, an exponent moves it. */
  static parse(text: string): Decimal {
    const match = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text)
    if (!match) throw new RangeError(`"${text}" is not a decimal number`)
    const fraction = match[3] ?? ''
    return new Decimal(BigInt(match[1] + match[2]! + fraction), fraction.length - Number(match[4] ?? 0))
  }

  /** Reads Connect's bytes of the unscaled number: two's complement, big-endian. */
  static fromBytes(bytes: Uint8Array, scale: number): Decimal {
    if (bytes.length === 0) throw new RangeError('a decimal needs at least one byte')
    const magnitude = BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`)
    return new Decimal(BigInt.asIntN(bytes.length * 8, magnitude), scale)
  }

  toBytes(): Buffer {
    const { unscaled } = this
    let length = 1
    while (BigInt.asIntN(length * 8, unscaled) !== unscaled) length++
    return Buffer.from(
      BigInt.asUintN(length * 8, unscaled)
        .toString(16)
        .padStart(length * 2, '0'),
      'hex',
    )
  }

  toNumber(): number {
    return Number(`${this.unscaled}e${-this.scale}`)
  }

  /** As Java's BigDecimal prints it: plain, or with an exponent when the scale is negative or the number tiny. */
  toString(): string {
    const sign = this.unscaled < 0n ? '-' : ''
    const digits = (this.unscaled < 0n ? -this.unscaled : this.unscaled).toString()
    if (this.scale === 0) return sign + digits
    const exponent = digits.length - 1 - this.scale
    if (this.scale > 0 && exponent >= -6) {
      const padded = digits.padStart(this.scale + 1, '0')
      return `${sign}${padded.slice(0, -this.scale)}.${padded.slice(-this.scale)}`
    }
    const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits
    return exponent === 0 ? sign + mantissa : `${sign}${mantissa}E${exponent > 0 ? '+' : ''}${exponent}`
  }
}

// From the registry, so that two copies of the package know each other's structs.
const structSchema = Symbol.for('millrace.struct.schema')

/** A plain object with one member per field of a struct. */
export type Struct = { readonly [field: string]: unknown }

/** Notes on an object which struct it is, for places where no schema says so: a value without schema, or a check. */
export function structOf<T extends object>(schema: Schema, fields: T): T {
  return Object.defineProperty(fields, structSchema, { value: schema, enumerable: false })
}

/** The schema that `structOf` noted. */
export function schemaOfStruct(value: unknown): Schema | undefined {
  return typeof value === 'object' && value !== null ? (value as { [structSchema]?: Schema })[structSchema] : undefined
}

/** Text of a string value, which may be held as the bytes of its UTF-8. */
export function textOf(value: string | Uint8Array): string {
  return typeof value === 'string' ? value : Buffer.from(value.buffer, value.byteOffset, value.length).toString('utf8')
}
