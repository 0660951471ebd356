import fc from 'fast-check'

import { apis } from '#core/wire/api/index.ts'
import { consumerProtocolAssignment, consumerProtocolSubscription } from '#core/wire/embedded/consumer-protocol.ts'
import { defaultOf, placeOf, unknownTags } from '#core/wire/layout.ts'
import type { Field, Fields, Message } from '#core/wire/schema.ts'
import * as consumerGroupRecords from '#core/wire/stored/consumer-group-records.ts'
import * as controlRecords from '#core/wire/stored/control-records.ts'
import * as groupMetadata from '#core/wire/stored/group-metadata.ts'
import { metadataRecordTypes } from '#core/wire/stored/metadata-frame.ts'
import * as offsetCommit from '#core/wire/stored/offset-commit.ts'
import * as streamsGroupRecords from '#core/wire/stored/streams-group-records.ts'
import * as transactionLog from '#core/wire/stored/transaction-log.ts'
import { isWithin } from '#core/wire/versions.ts'

/** Every message that is declared: requests, responses, stored and embedded formats. */
export const allMessages: readonly Message[] = [
  ...apis.flatMap((api) => [api.request, api.response]),
  ...Object.values(metadataRecordTypes),
  ...[groupMetadata, offsetCommit, consumerGroupRecords, streamsGroupRecords, transactionLog, controlRecords].flatMap(
    (module) => Object.values(module as Readonly<Record<string, unknown>>).filter(isMessage),
  ),
  consumerProtocolSubscription,
  consumerProtocolAssignment,
]

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'fields' in value
}

/** Every version of every message. */
export const allVersions = allMessages.flatMap((message) =>
  Array.from({ length: message.versions.high - message.versions.low + 1 }, (_, i) => ({
    message,
    version: message.versions.low + i,
    flexible: isWithin(message.flexible, message.versions.low + i),
    title: `${message.name} v${message.versions.low + i}`,
  })),
)

/** Oldest, newest and first flexible version of each message: where encodings differ most. */
export const edgeVersions = allVersions.filter(({ message: { versions, flexible }, version }) =>
  [versions.low, versions.high, flexible.low].includes(version),
)

/** A plain object with the fields of a struct. */
export type Struct = { [name: string]: unknown; [unknownTags]?: unknown }

const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 400 }).map((length) => 'é'.repeat(length)) },
)
const chunk = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))
const large = fc.integer({ min: 1000, max: 3000 }).map((length) => Buffer.alloc(length, length))

const plain: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32768, max: 32767 }),
  uint16: fc.integer({ min: 0, max: 65535 }),
  int32: fc.integer(),
  uint32: fc.nat().map((value) => value * 2),
  int64: fc.maxSafeInteger(),
  float64: fc.double({ noNaN: true }),
  string: text,
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
  bytes: chunk,
  records: fc.oneof(chunk, large, fc.array(fc.oneof(chunk, large), { maxLength: 3 })),
}

/** Any value that a version of the field can carry; undefined, where that means the default, now and then. */
function anyValue(field: Field, version: number, flexible: boolean): fc.Arbitrary<unknown> {
  let value: fc.Arbitrary<unknown>
  if (field.kind === 'struct') value = anyStruct(field.fields!, version, flexible)
  else if (field.kind === 'array') value = fc.array(anyValue(field.item!, version, flexible), { maxLength: 3 })
  else value = field.wide ? fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) : plain[field.kind]!
  return isWithin(field.nullable, version) ? fc.oneof({ weight: 3, arbitrary: value }, fc.constant(null)) : value
}

/** Any struct of a version: every field it has, and in flexible versions tagged fields that nobody knows. */
export function anyStruct(fields: Fields, version: number, flexible: boolean): fc.Arbitrary<Struct> {
  const present = Object.entries(fields).filter(([, field]) => placeOf(field, version, flexible) !== 'absent')
  const known = present.map(([name, field]) => {
    const value = anyValue(field, version, flexible)
    return [name, field.required ? value : fc.oneof({ weight: 4, arbitrary: value }, fc.constant(undefined))] as const
  })
  const struct = fc.record(Object.fromEntries(known), { noNullPrototype: true }) as fc.Arbitrary<Struct>
  if (!flexible) return struct
  const unknown = fc.uniqueArray(
    fc.record({ tag: fc.integer({ min: 100, max: 100_000 }), bytes: chunk }, { noNullPrototype: true }),
    {
      maxLength: 2,
      minLength: 1,
      selector: ({ tag }) => tag,
    },
  )
  return fc.tuple(struct, fc.option(unknown, { freq: 5 })).map(([value, tags]) => {
    if (tags !== null) value[unknownTags] = tags.sort((a, b) => a.tag - b.tag)
    return value
  })
}

const fixed: Readonly<Record<string, unknown>> = {
  bool: true,
  int8: 11,
  int16: 12,
  uint16: 60_000,
  int32: 13,
  uint32: 4_000_000_000,
  int64: 2 ** 40 + 14,
  float64: 0.5,
  string: 'text',
  uuid: 'AAECAwQFBgcICQoLDA0ODw',
  bytes: Buffer.from('bytes'),
  records: Buffer.from('records'),
}

/** A value that is no field's default. */
export function sampleValue(field: Field, version: number, flexible: boolean): unknown {
  if (field.kind === 'struct') return sampleStruct(field.fields!, version, flexible)
  if (field.kind === 'array') return [sampleValue(field.item!, version, flexible)]
  if (field.kind === 'bool') return field.default !== true
  return field.wide ? 2n ** 62n : fixed[field.kind]
}

/** A struct in which every field of the version has a value that is not its default; others are left out. */
export function sampleStruct(fields: Fields, version: number, flexible: boolean): Struct {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, field]) => placeOf(field, version, flexible) !== 'absent')
      .map(([name, field]) => [name, sampleValue(field, version, flexible)]),
  )
}

/** A struct in which every field of the version is null where that is allowed, and else at its default. */
export function barestStruct(fields: Fields, version: number, flexible: boolean): Struct {
  const barest = (field: Field): unknown => {
    if (isWithin(field.nullable, version)) return null
    return field.kind === 'struct' ? barestStruct(field.fields!, version, flexible) : defaultOf(field)
  }
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, field]) => placeOf(field, version, flexible) !== 'absent')
      .map(([name, field]) => [name, barest(field)]),
  )
}
