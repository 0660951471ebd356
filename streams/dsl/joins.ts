import type { Serde } from '#core/serde/serde.ts'
import { invalid, streamsErrors } from '../errors.ts'
import { storeGetter } from '../operators/getter.ts'
import type { KeyMapper } from '../operators/map.ts'
import type { ValueJoiner } from '../operators/lookup.ts'
import { lookup } from '../operators/lookup.ts'
import { perTask } from '../operators/per-task.ts'
import type { JoinWindows } from '../operators/stream-join.ts'
import { JoinTime, joinWindow, selfJoin, streamJoin } from '../operators/stream-join.ts'
import type { StorePlan } from '../state/store.ts'
import { checkName } from '../topology/naming.ts'
import type { PlanNode } from '../topology/plan.ts'
import type { Duration } from '../operators/duration.ts'
import { durationMs } from '../operators/duration.ts'
import type { NameOption, Parts } from './parts.ts'

/** Which side's records come out without a match. */
export type JoinKind = 'inner' | 'left' | 'outer'

/** A join of two streams. */
export interface StreamJoinOptions<K, V, V2> extends NameOption {
  /** How far apart two records may be; one span for both directions, or earlier and later. One of them may be negative. */
  readonly within: Duration | { readonly before: Duration; readonly after: Duration }
  /** How long after its window a record may still arrive; default 0. */
  readonly grace?: Duration
  /** Begins the names of the stores. */
  readonly store?: string
  readonly key?: Serde<K>
  readonly value?: Serde<V>
  readonly otherValue?: Serde<V2>
}

/** A join of a stream with a table. The serdes are those of the stream, in case it must be repartitioned. */
export interface LookupOptions<K, V> extends NameOption {
  /** Versioned tables only: how long a record waits for the table to come as far as it is. */
  readonly grace?: Duration
  readonly key?: Serde<K>
  readonly value?: Serde<V>
}

/** The stream as the join needs it: behind a repartition topic if its key may have changed. */
export type PartitionedBy = (
  prefix: string,
  key: Serde<unknown> | undefined,
  value: Serde<unknown> | undefined,
) => Parts

function joinWindows(options: StreamJoinOptions<never, never, never>): JoinWindows {
  const { within, grace = 0 } = options
  const span = typeof within === 'object' ? within : { before: within, after: within }
  const windows = {
    beforeMs: durationMs(span.before, 'join within.before'),
    afterMs: durationMs(span.after, 'join within.after'),
    graceMs: durationMs(grace, 'join grace'),
  }
  if (windows.beforeMs + windows.afterMs < 0) {
    throw streamsErrors.OPTION_INVALID({ what: 'join within', problem: 'the window ends before it begins' })
  }
  if (windows.graceMs < 0) throw streamsErrors.OPTION_INVALID({ what: 'join grace', problem: 'must not be negative' })
  return windows
}

/** Writes a stream-stream join down and returns the parts of the stream behind it. */
export function addStreamJoin<K, V, V2, R>(
  kind: JoinKind,
  left: Parts,
  right: Parts,
  joiner: ValueJoiner<K, V | null, V2 | null, R>,
  options: StreamJoinOptions<K, V, V2>,
): Parts {
  const { plan } = left
  const windows = joinWindows(options as StreamJoinOptions<never, never, never>)
  const sources = plan.copartition(left.sources, right.sources)
  const outer = { left: kind !== 'inner', right: kind === 'outer' }
  const names = joinNames(left, options.name, outer)
  const base = options.store === undefined ? undefined : checkName(options.store)
  const key = (options.key as Serde<unknown> | undefined) ?? left.key ?? right.key
  const leftValue = (options.value as Serde<unknown> | undefined) ?? left.value
  const rightValue = (options.otherValue as Serde<unknown> | undefined) ?? right.value
  const windowStore = (automatic: string, suffix: string, value: Serde<unknown> | undefined): StorePlan =>
    Object.freeze({
      ...bookkeeping(`${base === undefined ? automatic : base + suffix}-store`, key, value),
      kind: 'window',
      retentionMs: windows.beforeMs + windows.afterMs + windows.graceMs,
      windowSizeMs: windows.beforeMs + windows.afterMs,
      retainDuplicates: true,
      logsHeaders: true,
    })
  const leftStore = windowStore(names.automatic[0], names.suffixes[0], leftValue)
  const rightStore = windowStore(names.automatic[1], names.suffixes[1], rightValue)
  const outerStore = outer.left
    ? Object.freeze({
        ...bookkeeping(outerStoreName(base, names.automatic[0], kind), key, leftValue),
        otherValue: rightValue,
        kind: 'outerJoin' as const,
      })
    : undefined
  plan.add({
    kind: 'processor',
    name: names.windowed[0],
    parents: [left.node],
    operator: () => joinWindow(leftStore.name),
  })
  plan.add({
    kind: 'processor',
    name: names.windowed[1],
    parents: [right.node],
    operator: () => joinWindow(rightStore.name),
  })
  const time = perTask(() => new JoinTime())
  const shared = { windows, outerStore: outerStore?.name, time }
  const node = plan.add({
    kind: 'streamJoin',
    name: names.merge,
    parents: left.node === right.node ? [left.node] : [left.node, right.node],
    windowedNames: names.windowed,
    joinNames: names.join,
    stores: [leftStore, rightStore],
    outerStore,
    ...(outer.left && { relaxedNullKey: true }),
    operators: [
      streamJoin<K, V, V2, R>({ ...shared, isLeft: true, joiner, otherStore: rightStore.name, outer: outer.left }),
      streamJoin<K, V2, V, R>({
        ...shared,
        isLeft: false,
        joiner: (value, other, recordKey) => joiner(other, value, recordKey),
        otherStore: leftStore.name,
        outer: outer.right,
      }),
    ],
    selfJoin: selfJoin<K, V, R>(windows, joiner as unknown as ValueJoiner<K, V, V, R>, leftStore.name),
  })
  return { plan, node, name: names.merge, key, value: undefined, sources, rekeyed: false }
}

/** All names of a join, in the order in which Kafka counts them. */
function joinNames(
  { plan }: Parts,
  name: string | undefined,
  outer: { readonly left: boolean; readonly right: boolean },
) {
  const { naming } = plan
  const windowed = [
    naming.named(name, 'KSTREAM-WINDOWED-', '-this-windowed'),
    naming.named(name, 'KSTREAM-WINDOWED-', '-other-windowed'),
  ] as const
  const automatic = [
    naming.processor(outer.right ? 'KSTREAM-OUTERTHIS-' : 'KSTREAM-JOINTHIS-'),
    naming.processor(outer.left ? 'KSTREAM-OUTEROTHER-' : 'KSTREAM-JOINOTHER-'),
  ] as const
  const suffixes = [
    outer.right ? '-outer-this-join' : '-this-join',
    outer.left ? '-outer-other-join' : '-other-join',
  ] as const
  const join =
    name === undefined ? automatic : ([checkName(name + suffixes[0]), checkName(name + suffixes[1])] as const)
  return { windowed, automatic, suffixes, join, merge: naming.named(name, 'KSTREAM-MERGE-', '-merge') }
}

const bookkeeping = (name: string, key: Serde<unknown> | undefined, value: Serde<unknown> | undefined) => ({
  name,
  key,
  value,
  cached: false,
  logged: true,
  logConfig: {},
})

function outerStoreName(base: string | undefined, automatic: string, kind: JoinKind): string {
  if (base !== undefined) return `${base}-${kind}-shared-join-store`
  return `KSTREAM-OUTERSHARED-${automatic.slice(automatic.lastIndexOf('-') + 1)}-store`
}

/** Writes a stream-table join down and returns the parts of the stream behind it. */
export function addLookup<K, V, V2, R>(
  left: boolean,
  stream: Parts,
  table: Parts,
  joiner: ValueJoiner<K, V, V2 | null, R>,
  options: LookupOptions<K, V>,
): Parts {
  const { plan } = stream
  const sources = plan.copartition(stream.sources, table.sources)
  const name = plan.naming.named(options.name, left ? 'KSTREAM-LEFTJOIN-' : 'KSTREAM-JOIN-')
  const graceMs = options.grace === undefined ? undefined : durationMs(options.grace, 'join grace')
  const buffer = graceMs === undefined ? undefined : addLookupBuffer(stream, table, `${name}-Buffer`, graceMs, options)
  const node: PlanNode = plan.add({
    kind: 'processor',
    name,
    parents: [stream.node],
    ...(left && { relaxedNullKey: true }),
    ...(graceMs !== undefined && { historyMs: graceMs }),
    stores: buffer === undefined ? [] : [buffer],
    demands: [{ table: table.node, wants: 'getter' }],
    operator: ({ getters }) => lookup(getters[0]!, joiner, { left, buffer }),
  })
  return { plan, node, name, key: options.key ?? stream.key, value: undefined, sources, rekeyed: false }
}

/** The store in which records wait; it stands before the join. */
function addLookupBuffer<K, V>(
  { plan, ...stream }: Parts,
  table: Parts,
  name: string,
  graceMs: number,
  options: LookupOptions<K, V>,
): string {
  if (table.node.outputVersioned === false)
    throw invalid(`a join with "${table.name}" can have a grace period only if that is versioned`)
  const spec = bookkeeping(name, options.key ?? stream.key, options.value ?? stream.value)
  const store = Object.freeze({ ...spec, kind: 'lookupBuffer' as const, retentionMs: graceMs })
  plan.add({ kind: 'store', name, parents: [], store })
  return name
}

/** Writes a join of a stream with a global table down and returns the parts of the stream behind it. */
export function addGlobalLookup<K, V, K2, V2, R>(
  left: boolean,
  stream: Parts,
  store: string,
  mapper: KeyMapper<K, V, K2 | null>,
  joiner: ValueJoiner<K, V, V2 | null, R>,
  options: NameOption,
): Parts {
  const { plan } = stream
  const name = plan.naming.named(options.name, 'KSTREAM-LEFTJOIN-')
  const node = plan.add({
    kind: 'processor',
    name,
    parents: [stream.node],
    ...(left && { relaxedNullKey: true }),
    operator: () => lookup(storeGetter(store), joiner, { left, mapper }),
  })
  return { ...stream, node, name, value: undefined }
}
