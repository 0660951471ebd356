import { StreamRecord } from '../record.ts'
import type { OuterJoinStore, Unmatched } from '../state/outer-join-store.ts'
import type { WindowStore } from '../state/window-store.ts'
import type { TaskContext } from './context.ts'
import type { ValueJoiner } from './lookup.ts'
import type { Emit, NodeOperator } from './operator.ts'
import { operator } from './operator.ts'

/** How far apart in time two records may be to be joined, ms: the right one up to `before` earlier or `after` later. */
export interface JoinWindows {
  readonly beforeMs: number
  readonly afterMs: number
  readonly graceMs: number
}

/** The times that both sides of a join share. */
export class JoinTime {
  streamTime = -1
  /** Smallest time of a record that waits for a match. */
  minTime = Infinity
  nextReleaseMs = 0
}

/** What one side of a join is told. */
export interface JoinSide<K, V, V2, R> {
  readonly isLeft: boolean
  readonly windows: JoinWindows
  /** Joins this side's value with the other's, whichever side it is. */
  readonly joiner: ValueJoiner<K, V | null, V2 | null, R>
  /** Store of the other side's records. */
  readonly otherStore: string
  /** Records of this side go on without a match as well. */
  readonly outer: boolean
  /** Where records without a match wait; set on both sides as soon as one of them is outer. */
  readonly outerStore: string | undefined
  readonly time: (task: TaskContext) => JoinTime
}

/**
 * Keeps a stream's records for the other side of a join. They go on first, so that a record never meets itself.
 */
export const joinWindow = <K, V>(name: string): NodeOperator<StreamRecord<K, V>, StreamRecord<K, V>> =>
  operator((emit, context) => {
    const store = context.store<WindowStore<K, V>>(name)
    return (record) => {
      emit(record)
      if (record.key !== null) store.put(record.key, record.value, record.timestamp)
    }
  })

/**
 * One side of a stream-stream join. Each match comes out with the later of both times. Without a match, an outer side's
 * record waits until no match can come any more, which is looked at when a record moves shared time on; it then comes
 * out with its own time.
 */
export const streamJoin = <K, V, V2, R>(
  side: JoinSide<K, V, V2, R>,
): NodeOperator<StreamRecord<K, V>, StreamRecord<K, R>> =>
  operator((emit, context) => {
    const { isLeft, windows, joiner, outer } = side
    const others = context.store<WindowStore<K, V2>>(side.otherStore)
    const waiting =
      side.outerStore === undefined ? undefined : context.store<OuterJoinStore<K, V | V2>>(side.outerStore)
    const time = side.time(context.task)
    const beforeMs = isLeft ? windows.beforeMs : windows.afterMs
    const afterMs = isLeft ? windows.afterMs : windows.beforeMs
    const released = waiting === undefined ? undefined : new Released(waiting, side, time, context.task, afterMs, emit)
    return (record) => {
      const { key, value, timestamp } = record
      if (timestamp > time.streamTime) time.streamTime = timestamp
      if (outer && key === null && value !== null) return emit(record.withValue(joiner(value, null, key)))
      if (key === null || value === null) return context.task.drop('null-key-or-value')
      if (timestamp === time.streamTime) released?.release(record)
      const to = Math.max(0, timestamp + afterMs)
      let matched = false
      for (const [at, other] of others.fetchRange(key, Math.max(0, timestamp - beforeMs), to)) {
        matched = true
        waiting?.matched(at, !isLeft, key)
        emit(new StreamRecord(key, joiner(value, other, key), Math.max(timestamp, at), record.headers))
      }
      if (matched || !outer) return
      if (waiting === undefined || to < time.streamTime) return emit(record.withValue(joiner(value, null, key)))
      time.minTime = Math.min(time.minTime, timestamp)
      waiting.add(timestamp, isLeft, key, value)
    }
  })

/** Lets records without a match go once their window has closed. */
class Released<K, V, V2, R> {
  readonly #waiting: OuterJoinStore<K, V | V2>
  readonly #side: JoinSide<K, V, V2, R>
  readonly #time: JoinTime
  readonly #task: TaskContext
  readonly #afterMs: number
  readonly #emit: Emit<StreamRecord<K, R>>

  constructor(
    waiting: OuterJoinStore<K, V | V2>,
    side: JoinSide<K, V, V2, R>,
    time: JoinTime,
    task: TaskContext,
    afterMs: number,
    emit: Emit<StreamRecord<K, R>>,
  ) {
    this.#waiting = waiting
    this.#side = side
    this.#time = time
    this.#task = task
    this.#afterMs = afterMs
    this.#emit = emit
    // After a restart something may wait already; Kafka would not look before the next record without a match.
    for (const { timestamp } of waiting.all()) {
      time.minTime = Math.min(time.minTime, timestamp)
      break
    }
    if (side.isLeft) {
      task.onCloseWindows(() => {
        for (const each of waiting.all()) this.#forward(each, [])
        for (const { place } of Array.from(waiting.all())) waiting.delete(place)
      })
    }
  }

  release({ headers }: StreamRecord<K, V>): void {
    const time = this.#time
    const { graceMs } = this.#side.windows
    const wait = this.#afterMs + graceMs
    // With nothing waiting Kafka's sum overflows, and the look at an empty store counts against the interval.
    if (time.minTime === Infinity ? wait <= 0 : time.minTime + wait >= time.streamTime) return
    const now = this.#task.clock.now()
    if (now < time.nextReleaseMs) return
    time.nextReleaseMs = now + this.#task.emitIntervalMs
    time.minTime = Infinity
    const open = { left: false, right: false }
    let last: string | undefined
    for (const each of this.#waiting.all()) {
      time.minTime = each.timestamp
      if (open.left && open.right) break
      if (this.#isOpen(each)) {
        open[each.isLeft ? 'left' : 'right'] = true
        continue
      }
      this.#forward(each, headers)
      // Several records may wait in one place: it goes when all of them are out.
      if (last !== undefined && last !== each.place) this.#waiting.delete(last)
      last = each.place
    }
    if (last !== undefined) this.#waiting.delete(last)
  }

  #isOpen({ isLeft, timestamp }: Unmatched<K, unknown>): boolean {
    const { beforeMs, afterMs, graceMs } = this.#side.windows
    return timestamp + (isLeft ? afterMs : beforeMs) + graceMs >= this.#time.streamTime
  }

  #forward({ key, value, timestamp, isLeft }: Unmatched<K, V | V2>, headers: StreamRecord<K, V>['headers']): void {
    const { joiner, isLeft: mine } = this.#side
    const joined = isLeft === mine ? joiner(value as V, null, key) : joiner(null, value as V2, key)
    this.#emit(new StreamRecord(key, joined, timestamp, headers))
  }
}

/**
 * A stream joined with itself, with one store: the same results in the same order as with two.
 */
export const selfJoin = <K, V, R>(
  windows: JoinWindows,
  joiner: ValueJoiner<K, V, V, R>,
  name: string,
): NodeOperator<StreamRecord<K, V>, StreamRecord<K, R>> =>
  operator((emit, context) => {
    const store = context.store<WindowStore<K, V>>(name)
    const { beforeMs, afterMs, graceMs } = windows
    const retentionMs = beforeMs + afterMs + graceMs
    let observed = -1
    return (record) => {
      const { key, value, timestamp, headers } = record
      if (key === null || value === null) return context.task.drop('null-key-or-value')
      if (timestamp > observed) observed = timestamp
      const others = (before: number, after: number) => [
        ...store.fetchRange(key, Math.max(0, timestamp - before), Math.max(0, timestamp + after)),
      ]
      const join = (left: V, right: V, at: number): void =>
        emit(new StreamRecord(key, joiner(left, right, key), Math.max(timestamp, at), headers))
      let toSelf = timestamp > observed - retentionMs + 1
      for (const [at, other] of others(beforeMs, afterMs)) join(value, other, at)
      for (const [at, other] of others(afterMs, beforeMs)) {
        if (toSelf && at > timestamp) {
          toSelf = false
          join(value, value, timestamp)
        }
        join(other, value, at)
      }
      if (toSelf) join(value, value, timestamp)
    }
  })
