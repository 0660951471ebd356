import type { Change, StreamRecord } from '../record.ts'
import type { HoldingStore } from '../state/store.ts'
import type { ValueAndTimestamp } from '../state/store.ts'
import type { TimestampedWindowStore } from '../state/window-store.ts'
import type { Windowed } from '../state/windowed.ts'
import type { Fold } from './aggregate.ts'
import { closingSlidingWindows, FinalResults } from './final-results.ts'
import type { ForwardChange } from './forwarder.ts'
import { forwarder } from './forwarder.ts'
import type { NodeContext, NodeOperator } from './operator.ts'
import { operator } from './operator.ts'
import type { WindowAggregateOptions } from './window-aggregate.ts'
import type { SlidingWindows } from './windows.ts'

/** What the windows near a record say about it. */
interface Surroundings<A> {
  readonly starts: ReadonlySet<number>
  /** Latest record before this one that is near enough to matter. */
  previous: number | undefined
  left: ValueAndTimestamp<A> | undefined
  right: ValueAndTimestamp<A> | undefined
  leftExists: boolean
  rightExists: boolean
}

/**
 * Aggregates by key over the windows `[t - difference, t]`. Only windows whose content differs are kept: one that ends at
 * each record, and one that begins right after it as soon as a later record falls into it. Records without key or value
 * are dropped and counted. Records earlier than the difference since the epoch share the window `[0, difference]`.
 */
export const slidingAggregate = <K, V, A>(
  windows: SlidingWindows,
  fold: Fold<K, V, A>,
  options: WindowAggregateOptions,
): NodeOperator<StreamRecord<K, V>, StreamRecord<Windowed<K>, Change<A>>> =>
  operator((emit, context) => {
    const { differenceMs, graceMs } = windows
    const { task } = context
    const store = context.store<TimestampedWindowStore<K, A>>(options.store)
    const onUpdate = options.emit === 'update'
    const forward = onUpdate ? forwarder(store, emit, options.sendOldValues) : undefined
    const closing = { ...closingSlidingWindows(differenceMs), rows: store.fetchAll.bind(store) }
    const final = onUpdate
      ? undefined
      : new FinalResults<K, A>(closing, context.store<HoldingStore>(options.store), task, emit)
    const sliding = new Sliding(differenceMs, fold, store, context, forward)
    let observed = -1
    task.onCloseWindows(() => {
      if (observed < 0) return
      observed = Math.max(observed, sliding.lastEnd + graceMs + 1)
      final?.releaseAll(observed - graceMs)
    })
    return (record) => {
      const { key, value, timestamp } = record
      if (key === null || value === null) return task.drop('null-key-or-value')
      if (timestamp > observed) observed = timestamp
      const closeTime = observed - graceMs
      if (timestamp + differenceMs < closeTime) return task.drop('late')
      if (timestamp < differenceMs) return sliding.takeEarly(record, closeTime)
      sliding.take(record, closeTime)
      final?.release(record, closeTime)
    }
  })

class Sliding<K, V, A> {
  lastEnd = -1
  readonly #differenceMs: number
  readonly #fold: Fold<K, V, A>
  readonly #store: TimestampedWindowStore<K, A>
  readonly #context: NodeContext
  readonly #forward: ForwardChange<Windowed<K>, A> | undefined

  constructor(
    differenceMs: number,
    fold: Fold<K, V, A>,
    store: TimestampedWindowStore<K, A>,
    context: NodeContext,
    forward: ForwardChange<Windowed<K>, A> | undefined,
  ) {
    this.#differenceMs = differenceMs
    this.#fold = fold
    this.#store = store
    this.#context = context
    this.#forward = forward
  }

  take(record: StreamRecord<K, V>, closeTime: number): void {
    const { key, timestamp } = record
    const difference = this.#differenceMs
    const starts = new Set<number>()
    const near: Surroundings<A> = {
      starts,
      previous: undefined,
      left: undefined,
      right: undefined,
      leftExists: false,
      rightExists: false,
    }
    const from = Math.max(0, timestamp - 2 * difference)
    for (const [start, row] of this.#store.backwardFetchRange(key, from, timestamp + 1)) {
      starts.add(start)
      const end = start + difference
      if (start === timestamp + 1) near.rightExists = true
      else if (end > timestamp) {
        near.right ??= row
        this.#update(start, row, record, closeTime)
      } else if (end === timestamp) {
        near.leftExists = true
        this.#update(start, row, record, closeTime)
        if (row.timestamp >= timestamp) return
        near.previous = row.timestamp
      } else {
        near.left = row
        near.previous = row.timestamp
        break
      }
    }
    this.#create(record, closeTime, near)
  }

  /** Windows before time 0 do not exist: all early records share one. */
  takeEarly(record: StreamRecord<K, V>, closeTime: number): void {
    const { key, timestamp } = record
    let shared: ValueAndTimestamp<A> | undefined
    let right: ValueAndTimestamp<A> | undefined
    let rightExists = false
    let previous: number | undefined
    const starts = new Set<number>()
    for (const [start, row] of this.#store.fetchRange(key, 0, timestamp + 1)) {
      starts.add(start)
      if (start === 0) {
        shared = row
        if (row.timestamp < timestamp) previous = row.timestamp
      } else if (start <= timestamp) {
        right = row
        this.#update(start, row, record, closeTime)
      } else rightExists = true
    }
    if (right === undefined && shared !== undefined && shared.timestamp > timestamp) right = shared
    if (!rightExists) this.#createRight(record, right)
    if (previous !== undefined && !starts.has(previous + 1)) this.#begin(previous + 1, record, closeTime)
    if (shared === undefined) this.#begin(0, record, closeTime)
    else this.#update(0, shared, record, closeTime)
  }

  #create(record: StreamRecord<K, V>, closeTime: number, near: Surroundings<A>): void {
    const { timestamp } = record
    const difference = this.#differenceMs
    const { previous } = near
    if (previous !== undefined && !near.starts.has(previous + 1) && previous + 1 + difference >= timestamp) {
      this.#begin(previous + 1, record, closeTime)
    }
    if (!near.leftExists) {
      const start = timestamp - difference
      if (previous !== undefined && start <= previous && near.left !== undefined) {
        this.#update(start, { value: near.left.value, timestamp }, record, closeTime)
      } else this.#begin(start, record, closeTime)
    }
    if (!near.rightExists) this.#createRight(record, near.right)
  }

  /** The window right after a record, if later ones are there already: it holds what they made. */
  #createRight({ key, timestamp, headers }: StreamRecord<K, V>, right: ValueAndTimestamp<A> | undefined): void {
    if (right === undefined || right.timestamp <= timestamp) return
    const start = timestamp + 1
    this.#store.put(key, right.value, right.timestamp, start)
    this.#forward?.({ key, start, end: this.#endOf(start) }, right.value, null, right.timestamp, headers)
  }

  /** A window in which this record is the first. */
  #begin(start: number, record: StreamRecord<K, V>, closeTime: number): void {
    const value = this.#fold.init()
    this.#update(start, value === null ? undefined : { value, timestamp: record.timestamp }, record, closeTime)
  }

  #update(start: number, row: ValueAndTimestamp<A> | undefined, record: StreamRecord<K, V>, closeTime: number): void {
    const end = this.#endOf(start)
    if (end < closeTime) return this.#context.task.drop('late')
    const { key, value, timestamp, headers } = record
    const before = row === undefined ? null : row.value
    const after = this.#fold.add(before as A, value, key)
    const latest = row === undefined ? timestamp : Math.max(timestamp, row.timestamp)
    this.#store.put(key, after, latest, start)
    this.#forward?.({ key, start, end }, after, before, latest, headers)
  }

  #endOf(start: number): number {
    const end = start + this.#differenceMs
    if (end > this.lastEnd) this.lastEnd = end
    return end
  }
}
