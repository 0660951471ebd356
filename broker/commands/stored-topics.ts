import type { Message } from '#core/wire/schema.ts'
import * as consumerGroups from '#core/wire/stored/consumer-group-records.ts'
import { groupMetadataKey, groupMetadataValue } from '#core/wire/stored/group-metadata.ts'
import { decodeMetadataRecord } from '#core/wire/stored/metadata-frame.ts'
import { offsetCommitKey, offsetCommitValue } from '#core/wire/stored/offset-commit.ts'
import { type StoredMessage, decodeStored, storedVersion } from '#core/wire/stored/stored.ts'
import * as streamsGroups from '#core/wire/stored/streams-group-records.ts'
import { transactionLogKey, transactionLogValue } from '#core/wire/stored/transaction-log.ts'

/** A record of an internal topic, read. */
export interface StoredRecord {
  /** What it is about, by Kafka's name of the message. */
  readonly type: string
  readonly key: unknown
  /** Null for a tombstone. */
  readonly value: unknown
}

type Pair = readonly [key: StoredMessage, value: StoredMessage]

/** The pairs of a module: `xKey` and `xValue` belong together; the key's version is the type. */
function pairsOf(module: Readonly<Record<string, StoredMessage>>): Pair[] {
  return Object.entries(module).flatMap(([name, key]) => {
    const value = module[name.replace(/Key$/, 'Value')]
    return name.endsWith('Key') && value !== undefined ? [[key, value] as const] : []
  })
}

const groupRecords: readonly Pair[] = [
  [offsetCommitKey, offsetCommitValue],
  [groupMetadataKey, groupMetadataValue],
  ...pairsOf(consumerGroups as never),
  ...pairsOf(streamsGroups as never),
]

/** Kafka's internal topics, and how their records are read. */
const readers: Readonly<Record<string, (key: Buffer | null, value: Buffer | null) => StoredRecord | undefined>> = {
  __consumer_offsets: (key, value) => keyed(groupRecords, key, value),
  __transaction_state: (key, value) => keyed([[transactionLogKey, transactionLogValue]], key, value),
  __cluster_metadata: (_, value) => {
    if (value === null) return undefined
    const record = decodeMetadataRecord(value)
    if (record.kind === 'unknown') return { type: `type ${record.type}`, key: null, value: record.body.toString('hex') }
    return { type: record.kind, key: null, value: record.value }
  },
}

/** A record of an internal topic as a value; undefined for other topics, and for types that are not known. */
export function readStored(topic: string, key: Buffer | null, value: Buffer | null): StoredRecord | undefined {
  return readers[topic]?.(key, value)
}

function keyed(pairs: readonly Pair[], key: Buffer | null, value: Buffer | null): StoredRecord | undefined {
  if (key === null || key.length < 2) return undefined
  const type = storedVersion(pairs[0]![0], key)
  const pair = pairs.find(([{ versions }]) => type >= versions.low && type <= versions.high)
  if (pair === undefined) return undefined
  return {
    type: (pair[0] as Message).name.replace(/Key$/, ''),
    key: decodeStored(pair[0], key),
    value: value === null ? null : decodeStored(pair[1], value),
  }
}

/** JSON of a decoded message: bytes in base64, wide numbers as text. */
export const storedJson = (value: unknown): string =>
  JSON.stringify(value, function (this: Record<string, unknown>, name, each: unknown) {
    const given = this[name]
    if (Buffer.isBuffer(given)) return given.toString('base64')
    return typeof each === 'bigint' ? String(each) : each
  })
