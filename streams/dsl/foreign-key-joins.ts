import type { Serde } from '#core/serde/serde.ts'
import { streamsErrors } from '../errors.ts'
import type { ForeignKeyMapper } from '../operators/foreign-key-join.ts'
import {
  answerSubscriptions,
  notifySubscribers,
  receiveSubscriptions,
  resolveAnswers,
  sendSubscriptions,
} from '../operators/foreign-key-join.ts'
import type { SubscriptionResponse } from '../state/foreign-key-format.ts'
import { combinedKeySerde, responseSerde, subscriptionSerde } from '../state/foreign-key-format.ts'
import { tableSource } from '../operators/table-source.ts'
import type { PlanNode } from '../topology/plan.ts'
import type { MaterializedOptions } from './materialized.ts'
import { storeName, storeOptions, storePlan } from './materialized.ts'
import type { Parts } from './parts.ts'

/** A join of two tables by a key that the rows of the first hold. */
export interface ForeignKeyJoinOptions<K, R> extends MaterializedOptions<K, R> {
  /** Rows without a match come out as well, with null for the other. */
  readonly left?: boolean
}

/** Serdes that the join's own topics and stores are made of. */
interface JoinSerdes {
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
  readonly foreignKey: Serde<unknown>
  readonly foreignValue: Serde<unknown>
}

/**
 * Writes the join down: rows subscribe by foreign key at the other table (first topic), which answers them now and with
 * every change (second topic); answers are joined with the row if that is still the same.
 */
export function addForeignKeyJoin<K, V, FK, V2, R>(
  left: Parts,
  right: Parts,
  mapper: ForeignKeyMapper<K, V, FK>,
  joiner: (value: V, other: V2 | null) => R | null,
  options: ForeignKeyJoinOptions<K, R>,
): Parts {
  const { plan } = left
  const serdes = joinSerdes(left, right)
  const named = (prefix: string, suffix: string): string => plan.naming.named(options.name, prefix, suffix)
  const outer = options.left === true
  const subscriptionTopic = `${named('KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-', '-subscription-registration')}-topic`
  const subscriptions = subscriptionSerde(serdes.key) as Serde<unknown>
  const send = plan.add({
    kind: 'processor',
    name: named('KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-', '-subscription-registration-processor'),
    parents: [left.node],
    demands: [
      { table: right.node, wants: 'force' },
      { table: left.node, wants: 'force' },
    ],
    operator: ({ versioned }) =>
      sendSubscriptions<K, V, FK>({
        mapper,
        value: serdes.value as Serde<V>,
        foreignKey: serdes.foreignKey as Serde<FK>,
        left: outer,
        versioned: versioned[0] === true,
      }),
  })
  const registration = addHop(left, [send], subscriptionTopic, serdes.foreignKey, subscriptions, [
    named('KTABLE-SINK-', '-subscription-registration-sink'),
    named('KTABLE-SOURCE-', '-subscription-registration-source'),
  ])
  plan.copartition(right.sources, new Set([registration.name]))
  const store = named('KTABLE-FK-JOIN-SUBSCRIPTION-STATE-STORE-', '-subscription-store')
  plan.add({ kind: 'store', name: store, parents: [], store: subscriptionStore(store, serdes, subscriptions) })
  const [answer, notify] = addRightSide<K, FK, V2>(right, registration, store, serdes, named)
  const responseTopic = `${named('KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-', '-subscription-response')}-topic`
  const responses = responseSerde(serdes.foreignValue) as Serde<unknown>
  const response = addHop(left, [answer, notify], responseTopic, serdes.key, responses, [
    named('KTABLE-SINK-', '-subscription-response-sink'),
    named('KTABLE-SOURCE-', '-subscription-response-source'),
  ])
  const sources = plan.copartition(left.sources, new Set([response.name]))
  const resolve = plan.add({
    kind: 'processor',
    name: named('KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-', '-subscription-response-resolver'),
    parents: [response],
    demands: [{ table: left.node, wants: 'getter' }],
    operator: ({ getters }) =>
      resolveAnswers<K, V, V2, R>(getters[0]!, serdes.value as Serde<V>, joiner, { left: outer }),
  })
  return addResult(left, resolve, named('KTABLE-FK-JOIN-OUTPUT-', '-result'), sources, options)
}

function joinSerdes(left: Parts, right: Parts): JoinSerdes {
  const { defaults } = left.plan
  const need = (serde: Serde<unknown> | undefined, part: string): Serde<unknown> => {
    if (serde === undefined) throw streamsErrors.SERDE_MISSING({ node: `a foreign-key join of "${left.name}"`, part })
    return serde
  }
  return {
    key: need(left.key ?? defaults.key, 'key'),
    value: need(left.value ?? defaults.value, 'value'),
    foreignKey: need(right.key ?? defaults.key, 'foreign key'),
    foreignValue: need(right.value ?? defaults.value, 'foreign value'),
  }
}

const subscriptionStore = (name: string, serdes: JoinSerdes, value: Serde<unknown>) =>
  Object.freeze({
    name,
    kind: 'timestampedKeyValue' as const,
    key: combinedKeySerde(serdes.key, serdes.foreignKey) as Serde<unknown>,
    value,
    cached: false,
    logged: true,
    logConfig: {},
  })

/** A sink to an internal topic and the source that reads it back. */
function addHop(
  { plan }: Parts,
  parents: readonly PlanNode[],
  topic: string,
  key: Serde<unknown>,
  value: Serde<unknown>,
  [sinkName, sourceName]: readonly [string, string],
): PlanNode {
  // Answers go back to the partition that asked.
  const partitioner = (_: string, response: SubscriptionResponse<unknown>): number | undefined =>
    response.primaryPartition
  const answers = parents.length > 1
  const sink = plan.add({
    kind: 'sink',
    name: sinkName,
    parents,
    topic,
    internal: true,
    key,
    value,
    partitioner: answers ? partitioner : undefined,
  })
  return plan.add({
    kind: 'source',
    name: sourceName,
    parents: [sink],
    topics: [topic],
    key,
    value,
    timestamp: undefined,
    reset: undefined,
  })
}

/** The nodes at the other table: one keeps and answers subscriptions, one tells subscribers of changes. */
function addRightSide<K, FK, V2>(
  right: Parts,
  registration: PlanNode,
  store: string,
  serdes: JoinSerdes,
  named: (prefix: string, suffix: string) => string,
): readonly [PlanNode, PlanNode] {
  const { plan } = right
  const prefix = 'KTABLE-FK-JOIN-SUBSCRIPTION-PROCESSOR-'
  const receive = plan.add({
    kind: 'processor',
    name: named(prefix, '-subscription-receive'),
    parents: [registration],
    stores: [store],
    operator: () => receiveSubscriptions<K, FK>(store),
  })
  const answer = plan.add({
    kind: 'processor',
    name: named(prefix, '-subscription-join-foreign'),
    parents: [receive],
    demands: [{ table: right.node, wants: 'getter' }],
    operator: ({ getters }) => answerSubscriptions<K, FK, V2>(getters[0]!),
  })
  const notify = plan.add({
    kind: 'processor',
    name: named(prefix, '-foreign-join-subscription'),
    parents: [right.node],
    stores: [store],
    operator: ({ versioned }) =>
      notifySubscribers<K, FK, V2>(store, serdes.foreignKey as Serde<FK>, { versioned: versioned[0] === true }),
  })
  return [answer, notify]
}

/** The joined rows as a table. */
function addResult<K, R>(
  left: Parts,
  parent: PlanNode,
  name: string,
  sources: ReadonlySet<string>,
  options: MaterializedOptions<K, R>,
): Parts {
  const { plan, key } = left
  const wishes = storeOptions(options.store)
  const kept = storeName(plan, wishes, 'KTABLE-FK-JOIN-OUTPUT-')
  const store = storePlan(kept, wishes, {
    kind: 'timestampedKeyValue',
    key: options.key ?? key,
    value: options.value,
  })
  const node = plan.add({
    kind: 'processor',
    name,
    parents: [parent],
    operator: ({ store: own, sendsOldValues }) => tableSource({ store: own, sendsOldValues }),
    outputVersioned: store.kind === 'versionedKeyValue',
    table: { parents: [], store, lazy: wishes.name === undefined },
  })
  return { plan, node, name, key, value: options.value, sources, rekeyed: false, queryable: wishes.name }
}
