/**
 * Compares the declared messages with the definitions inside Apache Kafka's jars, field by field: name, order, type, and
 * for each version whether the field is there, nullable, tagged; tag, default, and what happens in versions without it.
 */
import { zeroUuid } from '#core/bytes/uuid.ts'
import { apis } from '#core/wire/api/index.ts'
import { consumerProtocolAssignment, consumerProtocolSubscription } from '#core/wire/embedded/consumer-protocol.ts'
import { placeOf } from '#core/wire/layout.ts'
import type { Field, Fields, Message } from '#core/wire/schema.ts'
import * as controlRecords from '#core/wire/stored/control-records.ts'
import { groupMetadataKey, groupMetadataValue } from '#core/wire/stored/group-metadata.ts'
import { metadataRecordTypes } from '#core/wire/stored/metadata-frame.ts'
import * as consumerGroupRecords from '#core/wire/stored/consumer-group-records.ts'
import { offsetCommitKey, offsetCommitValue } from '#core/wire/stored/offset-commit.ts'
import * as streamsGroupRecords from '#core/wire/stored/streams-group-records.ts'
import { transactionLogKey, transactionLogValue } from '#core/wire/stored/transaction-log.ts'
import { type VersionRange, type Versions, isWithin, versionRange } from '#core/wire/versions.ts'
import type { Check } from '../support/check.ts'
import { type DefinedField, type Definition, kafkaDefinitions, stableVersions } from '../support/kafka-definitions.ts'

/** A field in one version, as a line of text that can be compared. */
type Rows = Map<string, string>

const zeros: Readonly<Record<string, string>> = {
  bool: 'false',
  string: '',
  uuid: zeroUuid,
  bytes: '',
  records: 'null',
}
const numeric = /^(u?int\d+|float64)$/

function defaultText(kind: string, given: string | number | boolean | bigint | null | undefined): string {
  if (given === 'null') return 'null'
  // Kafka's generator takes a bare null, which a few definitions have, for no default at all.
  if (given === undefined || given === null) return numeric.test(kind) ? '0' : (zeros[kind] ?? 'empty')
  if (kind === 'float64') return String(Number(given))
  return numeric.test(kind) ? String(BigInt(given as string | number)) : String(given)
}

function ourDefault(field: Field): string {
  if (field.kind === 'array' || field.kind === 'struct') return field.default === null ? 'null' : 'empty'
  if (field.kind === 'bytes') return field.default === null ? 'null' : ''
  return field.default === null ? 'null' : defaultText(field.kind, field.default as string)
}

const kindOf = (field: Field): string => (field.kind === 'array' ? `[]${field.item!.kind}` : field.kind)

function ourRows(fields: Fields, version: number, flexible: boolean, path = '', rows: Rows = new Map()): Rows {
  for (const [name, field] of Object.entries(fields)) {
    const place = placeOf(field, version, flexible)
    const parts =
      place === 'absent'
        ? [place, field.ignorable ? 'ignorable' : 'refused', ourDefault(field)]
        : [
            kindOf(field),
            place === 'tagged' ? `tag ${field.tag}` : 'plain',
            isWithin(field.nullable, version) ? 'nullable' : 'never null',
            ourDefault(field),
          ]
    rows.set(`${path}${name}`, parts.join(', '))
    const inner = field.fields ?? field.item?.fields
    if (inner !== undefined && place !== 'absent') ourRows(inner, version, flexible, `${path}${name}.`, rows)
  }
  return rows
}

/** The definition's rows; a field of no valid version is left out, as it is from what Kafka generates. */
function theirRows(
  definition: Definition,
  fields: readonly DefinedField[],
  version: number,
  parent: VersionRange,
  path = '',
  rows: Rows = new Map(),
): Rows {
  const flexible = isWithin(versionRange(definition.flexibleVersions as Versions), version)
  const within = (range: string | undefined): boolean =>
    range !== undefined && isWithin(versionRange(range as Versions), version)
  for (const field of fields) {
    const present = field.versions ?? field.taggedVersions
    const versions = versionRange(present as Versions)
    const own = { low: Math.max(versions.low, parent.low), high: Math.min(versions.high, parent.high) }
    if (own.low > own.high) continue
    const item = field.type.replace('[]', '')
    const inner = field.fields ?? definition.commonStructs?.find((common) => common.name === item)?.fields
    const kind = inner === undefined ? field.type : field.type.replace(item, 'struct')
    const name = path + field.name[0]!.toLowerCase() + field.name.slice(1)
    const isTagged = field.tag !== undefined && flexible && within(field.taggedVersions ?? present)
    const parts = within(present)
      ? [
          kind,
          isTagged ? `tag ${field.tag}` : 'plain',
          within(field.nullableVersions) ? 'nullable' : 'never null',
          defaultText(kind, field.default),
        ]
      : ['absent', field.ignorable === true ? 'ignorable' : 'refused', defaultText(kind, field.default)]
    rows.set(name, parts.join(', '))
    if (inner !== undefined && within(present)) theirRows(definition, inner, version, own, `${name}.`, rows)
  }
  return rows
}

/** What differs between a declared message and a definition; `theirVersion` is the definition's name for a version. */
function differences(
  message: Message,
  definition: Definition,
  theirVersion: (version: number) => number = (version) => version,
  versions: VersionRange = message.versions,
): string[] {
  const found: string[] = []
  const stable = stableVersions(definition)
  if (theirVersion(versions.low) !== stable.low || theirVersion(versions.high) !== stable.high) {
    found.push(`${message.name}: versions ${versions.low}-${versions.high}, theirs ${stable.low}-${stable.high}`)
  }
  for (let version = versions.low; version <= versions.high; version++) {
    const flexible = isWithin(message.flexible, version)
    const title = `${message.name} v${version}`
    if (flexible !== isWithin(versionRange(definition.flexibleVersions as Versions), theirVersion(version))) {
      found.push(`${title}: flexible is ${flexible} here only`)
    }
    const ours = ourRows(message.fields, version, flexible)
    const theirs = theirRows(definition, definition.fields, theirVersion(version), stable)
    for (const name of new Set([...ours.keys(), ...theirs.keys()])) {
      if (ours.get(name) !== theirs.get(name)) {
        found.push(`${title} ${name}: ${ours.get(name) ?? 'missing'}; theirs ${theirs.get(name) ?? 'missing'}`)
      }
    }
    if ([...ours.keys()].join() !== [...theirs.keys()].join()) found.push(`${title}: fields are in another order`)
  }
  return found
}

function compare(name: string, body: (definition: (name: string) => Definition) => string[]): Check {
  return {
    name,
    async run() {
      const definitions = kafkaDefinitions()
      const found = body((wanted) => {
        const definition = definitions.get(wanted)
        if (definition === undefined) throw new Error(`no definition of ${wanted} in the jars`)
        return definition
      })
      if (found.length > 0) throw new Error(`${found.length} differences\n  ${found.slice(0, 40).join('\n  ')}`)
    },
  }
}

const only = (version: number): VersionRange => ({ low: version, high: version })

export const checks: readonly Check[] = [
  compare(`${apis.length} APIs are declared as Apache Kafka declares them`, (definition) =>
    apis.flatMap((api) => {
      const { apiKey: theirKey, latestVersionUnstable = false } = definition(`${api.name}Request`)
      return [
        ...(theirKey === api.key ? [] : [`${api.name}: key ${api.key}, theirs ${theirKey}`]),
        ...[api.request, api.response].flatMap((message) =>
          differences(message, { ...definition(message.name), latestVersionUnstable }),
        ),
      ]
    }),
  ),
  compare('records of the metadata log', (definition) =>
    Object.values(metadataRecordTypes).flatMap((message) => {
      const theirs = definition(message.name)
      return [
        ...(theirs.apiKey === message.type ? [] : [`${message.name}: type ${message.type}, theirs ${theirs.apiKey}`]),
        ...differences(message, theirs),
      ]
    }),
  ),
  // The version in front of a key is the record's type; the definitions of keys have a version 0 only.
  compare('records of the offsets topic', (definition) => [
    ...differences(offsetCommitKey, definition('LegacyOffsetCommitKey'), () => 0, only(0)),
    ...differences(offsetCommitKey, definition('OffsetCommitKey'), () => 0, only(1)),
    ...differences(groupMetadataKey, definition('GroupMetadataKey'), () => 0),
    ...differences(offsetCommitValue, definition('OffsetCommitValue')),
    ...differences(groupMetadataValue, definition('GroupMetadataValue')),
    ...[...Object.values(consumerGroupRecords), ...Object.values(streamsGroupRecords)].flatMap((message) =>
      message.name.endsWith('Key')
        ? differences(message, definition(message.name), () => 0)
        : differences(message, definition(message.name)),
    ),
  ]),
  compare('records of the transactions topic', (definition) => [
    ...differences(transactionLogKey, definition('TransactionLogKey')),
    ...differences(transactionLogValue, definition('TransactionLogValue')),
  ]),
  compare('control records and the consumer protocol', (definition) =>
    [...Object.values(controlRecords), consumerProtocolSubscription, consumerProtocolAssignment].flatMap((message) =>
      differences(message, definition(message.name)),
    ),
  ),
]
