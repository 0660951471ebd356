import { deepStrictEqual } from 'node:assert/strict'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { Reader } from '#core/bytes/reader.ts'
import { Writer } from '#core/bytes/writer.ts'
import { interpretRead, interpretWrite } from '#core/wire/codec.ts'
import { canCompile, compileRead, compileWrite } from '#core/wire/compile.ts'
import { defaultOf } from '#core/wire/layout.ts'
import type { Field, Fields } from '#core/wire/schema.ts'
import { type Struct, allVersions, anyStruct, edgeVersions } from '../support/wire-messages.ts'

const written = (write: (writer: Writer) => void): Buffer => {
  const writer = new Writer(16)
  write(writer)
  return Buffer.concat(writer.finish())
}

/** What a reader makes of a written value: every field is there, and chunks of records have become one. */
function complete(fields: Fields, given: Struct): Struct {
  const value = (field: Field, each: unknown): unknown => {
    if (each === null) return null
    if (field.kind === 'records') return Array.isArray(each) ? Buffer.concat(each) : each
    if (field.kind === 'array') return (each as readonly unknown[]).map((item) => value(field.item!, item))
    return field.kind === 'struct' ? complete(field.fields!, each as Struct) : each
  }
  const all = Object.entries(fields).map(([name, field]) => {
    const each = given[name]
    return [name, each === undefined ? defaultOf(field) : value(field, each)] as const
  })
  const tags = Object.getOwnPropertySymbols(given).map((symbol) => [symbol, given[symbol as never]] as const)
  return Object.fromEntries([...all, ...tags])
}

describe('compiled and interpreted codecs', () => {
  it('are different things here, because code generation is allowed', () => {
    expect(canCompile).toBe(true)
  })

  it.each(allVersions)('$title: same bytes, same values, nothing lost', ({ message, version, flexible }) => {
    const read = compileRead(message, version)
    const write = compileWrite(message, version)
    fc.assert(
      fc.property(anyStruct(message.fields, version, flexible), (value) => {
        const bytes = written((writer) => write(writer, value))
        const reference = written((writer) => interpretWrite(message, version, writer, value))
        expect(bytes.equals(reference)).toBe(true)

        const reader = new Reader(bytes)
        const interpreted = new Reader(bytes)
        const decoded = read(reader)
        deepStrictEqual(decoded, interpretRead(message, version, interpreted))
        deepStrictEqual(decoded, complete(message.fields, value))
        expect([reader.remaining, interpreted.remaining]).toEqual([0, 0])

        expect(written((writer) => write(writer, decoded)).equals(bytes)).toBe(true)
      }),
      { numRuns: 6 },
    )
  })

  it.each(edgeVersions)('$title: agree on whatever bytes come', ({ message, version, flexible }) => {
    const read = compileRead(message, version)
    const verdict = (attempt: (reader: Reader) => object, bytes: Buffer): unknown => {
      const reader = new Reader(bytes)
      try {
        return [attempt(reader), reader.position]
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
        return 'refused'
      }
    }
    const mutated = fc
      .tuple(
        anyStruct(message.fields, version, flexible).map((value) =>
          written((writer) => interpretWrite(message, version, writer, value)),
        ),
        fc.array(fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(0, 1, 127, 128, 255), fc.nat({ max: 255 }))), {
          maxLength: 4,
        }),
      )
      .map(([bytes, changes]) => {
        const copy = Buffer.from(bytes)
        for (const [at, byte] of changes) if (copy.length > 0) copy[at % copy.length] = byte
        return copy
      })
    fc.assert(
      fc.property(mutated, (bytes) => {
        const interpreted = (reader: Reader): object => interpretRead(message, version, reader)
        deepStrictEqual(verdict(read, bytes), verdict(interpreted, bytes))
      }),
      { numRuns: 8 },
    )
  })
})
