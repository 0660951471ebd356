import type { Serde } from '#core/serde/serde.ts'
import { StreamRecord } from '../record.ts'
import type { Change } from '../record.ts'
import type { CombinedKey, Instruction, Subscription, SubscriptionResponse } from '../state/foreign-key-format.ts'
import { foreignKeyPrefix, instruction } from '../state/foreign-key-format.ts'
import type { TimestampedKeyValueStore } from '../state/key-value-store.ts'
import { murmur3Hash128 } from '../state/murmur3.ts'
import type { Getter, ValueGetter } from './getter.ts'
import type { NodeOperator } from './operator.ts'
import { operator } from './operator.ts'

/** Finds the key of the other table's row in a row; null points nowhere. */
export type ForeignKeyMapper<K, V, FK> = (value: V, key: K) => FK | null

interface SendOptions<K, V, FK> {
  readonly mapper: ForeignKeyMapper<K, V, FK>
  readonly value: Serde<V>
  readonly foreignKey: Serde<FK>
  readonly left: boolean
  readonly versioned: boolean
}

const hashOf = <V>(value: V | null, serde: Serde<V>): Buffer | null =>
  value === null ? null : murmur3Hash128(serde.serialize(value))

/** Tells the other table, by foreign key, which rows point where: changes of that as instructions. */
export const sendSubscriptions = <K, V, FK>({
  mapper,
  value: serde,
  foreignKey,
  left,
  versioned,
}: SendOptions<K, V, FK>): NodeOperator<StreamRecord<K, Change<V>>, StreamRecord<FK | null, Subscription<K>>> =>
  operator((emit, { task }) => (record) => {
    const { key, value: change, timestamp, headers } = record
    const { newValue, oldValue, isLatest } = change
    if (versioned && !isLatest) return task.drop('late')
    const hash = hashOf(newValue, serde)
    const tell = (to: FK | null, told: Instruction): void => {
      const primaryPartition = task.origin?.partition ?? 0
      emit(new StreamRecord(to, { hash, instruction: told, primaryKey: key, primaryPartition }, timestamp, headers))
    }
    const now = newValue === null ? null : mapper(newValue, key)
    const before = oldValue === null ? null : mapper(oldValue, key)
    const moved = now === null || before === null || !foreignKey.serialize(now).equals(foreignKey.serialize(before))
    if (left) {
      if (oldValue === null && newValue === null) return
      if (before !== null && moved) tell(before, instruction.deleteKeyNoPropagate)
      return tell(now, instruction.propagateNullIfNoRow)
    }
    if (now === null) {
      if (before !== null) tell(before, instruction.deleteKeyAndPropagate)
      if (newValue !== null) task.drop('null-key')
    } else if (before === null || !moved) {
      tell(now, instruction.propagateOnlyIfRow)
    } else {
      tell(before, instruction.deleteKeyNoPropagate)
      tell(now, instruction.propagateNullIfNoRow)
    }
  })

/** A subscription with the foreign key it came under. */
interface Received<K, FK> {
  readonly foreignKey: FK | null
  readonly subscription: Subscription<K>
}

/** Keeps subscriptions by foreign key. */
export const receiveSubscriptions = <K, FK>(
  name: string,
): NodeOperator<StreamRecord<FK | null, Subscription<K>>, StreamRecord<K, Received<K, FK>>> =>
  operator((emit, context) => {
    const store = context.store<TimestampedKeyValueStore<CombinedKey<K, FK>, Subscription<K>>>(name)
    return ({ key: foreignKey, value: subscription, timestamp, headers }) => {
      const { primaryKey, instruction: told } = subscription
      if (foreignKey === null) {
        if (told !== instruction.propagateNullIfNoRow) return context.task.drop('null-key')
      } else {
        const gone = told === instruction.deleteKeyAndPropagate || told === instruction.deleteKeyNoPropagate
        store.put({ foreignKey, primaryKey }, gone ? null : subscription, timestamp)
      }
      emit(new StreamRecord(primaryKey, { foreignKey, subscription }, timestamp, headers))
    }
  })

/** Answers a subscription with the row that it points to. */
export const answerSubscriptions = <K, FK, V2>(
  rows: Getter,
): NodeOperator<StreamRecord<K, Received<K, FK>>, StreamRecord<K, SubscriptionResponse<V2>>> =>
  operator((emit, context) => {
    const table = rows.open(context) as unknown as ValueGetter<FK, V2>
    return ({ key, value: { foreignKey, subscription }, timestamp, headers }) => {
      const { hash, instruction: told, primaryPartition } = subscription
      const row = foreignKey === null ? null : table.get(foreignKey)
      if (told === instruction.deleteKeyNoPropagate) return
      if (told === instruction.propagateOnlyIfRow && row === null) return
      const value = row === null || told === instruction.deleteKeyAndPropagate ? null : row.value
      const latest = row === null ? timestamp : Math.max(timestamp, row.timestamp)
      emit(new StreamRecord(key, { hash, value, primaryPartition }, latest, headers))
    }
  })

/** Tells all subscribers of a row that it has changed. */
export const notifySubscribers = <K, FK, V2>(
  name: string,
  foreignKey: Serde<FK>,
  { versioned }: { readonly versioned: boolean },
): NodeOperator<StreamRecord<FK, Change<V2>>, StreamRecord<K, SubscriptionResponse<V2>>> =>
  operator((emit, context) => {
    const store = context.store<TimestampedKeyValueStore<CombinedKey<K, FK>, Subscription<K>>>(name)
    const prefix = foreignKeyPrefix(foreignKey)
    return ({ key, value: { newValue, isLatest }, timestamp, headers }) => {
      if (key === null) return context.task.drop('null-key')
      if (versioned && !isLatest) return context.task.drop('late')
      for (const [{ primaryKey }, { value: subscription }] of store.prefixScan(key, prefix)) {
        const { hash, primaryPartition } = subscription
        emit(new StreamRecord(primaryKey, { hash, value: newValue, primaryPartition }, timestamp, headers))
      }
    }
  })

/** Joins answers with the rows that asked. Answers to what a row was before are dropped and counted. */
export const resolveAnswers = <K, V, V2, R>(
  rows: Getter,
  serde: Serde<V>,
  joiner: (value: V, other: V2 | null) => R | null,
  { left }: { readonly left: boolean },
): NodeOperator<StreamRecord<K, SubscriptionResponse<V2>>, StreamRecord<K, R | null>> =>
  operator((emit, context) => {
    const table = rows.open(context) as unknown as ValueGetter<K, V>
    return (record) => {
      const { hash, value: other } = record.value
      const row = table.get(record.key)
      const present = row === null ? null : hashOf(row.value, serde)
      const current = hash === null || present === null ? hash === present : hash.equals(present)
      if (!current) return context.task.drop('late')
      emit(record.withValue(row === null || (other === null && !left) ? null : joiner(row.value, other)))
    }
  })
