import type { Serde } from '#core/serde/serde.ts'

/** What the table that holds the foreign key tells the other: Kafka's numbers. */
export const instruction = {
  /** The row points elsewhere now; nothing to answer. */
  deleteKeyNoPropagate: 0,
  /** The row is gone: answer with nothing. */
  deleteKeyAndPropagate: 1,
  /** Answer with what is there, or with nothing. */
  propagateNullIfNoRow: 2,
  /** Answer only if something is there. */
  propagateOnlyIfRow: 3,
} as const

export type Instruction = (typeof instruction)[keyof typeof instruction]

/** A subscription of a row to a row of the other table. */
export interface Subscription<K> {
  /** Hash of the row's value, 16 bytes; null if it is gone. Answers to older values are told by it. */
  readonly hash: Buffer | null
  readonly instruction: Instruction
  readonly primaryKey: K
  /** Partition of the row's table, where the answer must go. */
  readonly primaryPartition: number
}

/** The answer: the other row's value, null if there is none. */
export interface SubscriptionResponse<V> {
  readonly hash: Buffer | null
  readonly value: V | null
  /** Not on the wire. */
  readonly primaryPartition: number | undefined
}

const noHash = 0x80

/** Kafka's version 1: version and "no hash" bit · instruction · 16 bytes of hash · key bytes · int32 partition. */
export const subscriptionSerde = <K>(key: Serde<K>): Serde<Subscription<K>> => ({
  serialize({ hash, instruction: told, primaryKey, primaryPartition }, topic) {
    const keyBytes = key.serialize(primaryKey, topic)
    const partition = Buffer.alloc(4)
    partition.writeInt32BE(primaryPartition)
    const head = Buffer.from([hash === null ? 1 | noHash : 1, told])
    return Buffer.concat([head, hash ?? Buffer.alloc(0), keyBytes, partition])
  },
  deserialize(bytes, topic) {
    const hashed = (bytes[0]! & noHash) === 0
    const version = bytes[0]! & 0x7f
    if (version > 1) throw new RangeError(`subscriptions of version ${version} are not known`)
    const at = hashed ? 18 : 2
    const end = version === 0 ? bytes.length : bytes.length - 4
    return {
      hash: hashed ? Buffer.from(bytes.subarray(2, 18)) : null,
      instruction: bytes[1] as Instruction,
      primaryKey: key.deserialize(bytes.subarray(at, end), topic),
      primaryPartition: version === 0 ? 0 : bytes.readInt32BE(end),
    }
  },
})

/** Kafka's version 0: version and "no hash" bit · 16 bytes of hash · value bytes, if any. */
export const responseSerde = <V>(value: Serde<V>): Serde<SubscriptionResponse<V>> => ({
  serialize({ hash, value: row }, topic) {
    const head = Buffer.from([hash === null ? noHash : 0])
    const bytes = row === null ? Buffer.alloc(0) : value.serialize(row, topic)
    return Buffer.concat([head, hash ?? Buffer.alloc(0), bytes])
  },
  deserialize(bytes, topic) {
    if ((bytes[0]! & 0x7f) !== 0) throw new RangeError(`answers of version ${bytes[0]! & 0x7f} are not known`)
    const hashed = (bytes[0]! & noHash) === 0
    const rest = bytes.subarray(hashed ? 17 : 1)
    return {
      hash: hashed ? Buffer.from(bytes.subarray(1, 17)) : null,
      value: rest.length === 0 ? null : value.deserialize(rest, topic),
      primaryPartition: undefined,
    }
  },
})

/** The foreign key with the row's own: int32 length of the former, then both. */
export interface CombinedKey<K, FK> {
  readonly foreignKey: FK
  readonly primaryKey: K
}

const sized = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** Keys of the store of subscriptions. */
export const combinedKeySerde = <K, FK>(key: Serde<K>, foreign: Serde<FK>): Serde<CombinedKey<K, FK>> => ({
  serialize: ({ foreignKey, primaryKey }, topic) =>
    Buffer.concat([sized(foreign.serialize(foreignKey, topic)), key.serialize(primaryKey, topic)]),
  deserialize(bytes, topic) {
    const end = 4 + bytes.readInt32BE(0)
    return {
      foreignKey: foreign.deserialize(bytes.subarray(4, end), topic),
      primaryKey: key.deserialize(bytes.subarray(end), topic),
    }
  },
})

/** How all of those keys of one foreign key begin. */
export const foreignKeyPrefix = <FK>(foreign: Serde<FK>): Serde<FK> => ({
  serialize: (value, topic) => sized(foreign.serialize(value, topic)),
  deserialize: (bytes, topic) => foreign.deserialize(bytes.subarray(4), topic),
})
