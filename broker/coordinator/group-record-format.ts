import { type StoredMessage, decodeStored, encodeStored } from '#core/wire/stored/stored.ts'

/** A record that is a part of a group; a null value is a tombstone. */
interface GroupRecord {
  readonly kind: string
  readonly groupId: string
  readonly part: string
  readonly value: unknown
}

/** How one part is stored: the type of its key, the two messages, and what the key has beside the group. */
interface PartFormat {
  readonly type: number
  readonly key: StoredMessage
  readonly value: StoredMessage
  /** The record's field and the key's that hold it. */
  readonly id?: readonly [field: string, keyField: string]
}

/** Bytes to records and back, for all parts of one kind of group. */
export interface GroupRecordFormat<Record extends GroupRecord> {
  /** True for the types of key that belong to this kind. */
  has(type: number): boolean
  /** Key and value bytes, in the versions that Kafka 4.3 writes. */
  encode(record: Record): { readonly key: Buffer; readonly value: Buffer | null }
  /** The record that bytes stand for whose key is of one of these types. */
  decode(type: number, key: Buffer, value: Buffer | null): Record
}

/** Makes the format of a kind from a row for each part. Values are written in version 0, the only one there is. */
export function groupRecordFormat<Record extends GroupRecord>(
  kind: Record['kind'],
  parts: { readonly [Part in Record['part']]: PartFormat },
): GroupRecordFormat<Record> {
  const byType = new Map(
    Object.entries<PartFormat>(parts).map(([part, format]) => [format.type, { part, ...format }] as const),
  )
  return {
    has: (type) => byType.has(type),
    encode(record) {
      const { type, key, value, id } = parts[record.part as Record['part']]
      const fields: { [name: string]: unknown } = { groupId: record.groupId }
      if (id !== undefined) fields[id[1]] = record[id[0] as keyof Record]
      return {
        key: encodeStored(key, type, fields),
        value: record.value === null ? null : encodeStored(value, 0, record.value as object),
      }
    },
    decode(type, keyBytes, bytes) {
      const { part, key, value, id } = byType.get(type)!
      const fields: { readonly [name: string]: unknown } = decodeStored(key, keyBytes)
      // A copy, because what members say of themselves is kept and would otherwise keep all that was read with it.
      const decoded = bytes && decodeStored(value, Buffer.from(bytes))
      const record = { kind, groupId: fields['groupId'], part, value: decoded, ...(id && { [id[0]]: fields[id[1]] }) }
      // The rows say which part has which message; the compiler cannot follow that through a table.
      return record as unknown as Record
    },
  }
}
