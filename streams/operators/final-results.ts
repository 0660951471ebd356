import type { Header } from '#core/records/record.ts'
import { noHeaders } from '#core/records/record.ts'
import { Change, StreamRecord } from '../record.ts'
import type { HoldingStore, ValueAndTimestamp } from '../state/store.ts'
import type { Windowed } from '../state/windowed.ts'
import type { TaskContext } from './context.ts'
import type { Emit } from './operator.ts'
import type { TimeWindows } from './windows.ts'
import { windowStarts } from './windows.ts'

/** Which rows of a store are those of windows that close between two times. */
export interface Closing<K, A> {
  /** Lower bound of the rows to fetch, when windows that ended up to `closedTo` are out. */
  readonly first: (closedTo: number | undefined) => number
  /** Upper bound for windows that close at `closeTime`. */
  readonly last: (closeTime: number) => number
  /** False if nothing can lie between the bounds. */
  readonly worthwhile: (closedTo: number | undefined, first: number, last: number) => boolean
  readonly rows: (first: number, last: number) => Iterable<readonly [key: Windowed<K>, row: ValueAndTimestamp<A>]>
}

/** Time windows: rows by window start; the end of a window is exclusive. */
export const closingTimeWindows = (windows: TimeWindows): Omit<Closing<never, never>, 'rows'> => ({
  first: (closedTo) => (closedTo === undefined ? 0 : Math.max(0, closedTo - windows.sizeMs) + 1),
  last: (closeTime) => closeTime - windows.sizeMs,
  worthwhile: (closedTo, first, last) => {
    if (closedTo === undefined) return true
    const closing = windowStarts(windows, last)
    const closed = windowStarts(windows, first - 1)
    return closing.length !== closed.length || closing.some((start, i) => start !== closed[i])
  },
})

/** Sliding windows: rows by window start; the end of a window is inclusive. */
export const closingSlidingWindows = (differenceMs: number): Omit<Closing<never, never>, 'rows'> => ({
  first: (closedTo) => (closedTo === undefined ? 0 : Math.max(0, closedTo - differenceMs)),
  last: (closeTime) => closeTime - differenceMs - 1,
  worthwhile: () => true,
})

/** Sessions: rows by their end, which is inclusive. */
export const closingSessions: Omit<Closing<never, never>, 'rows'> = {
  first: (closedTo) => Math.max(0, closedTo ?? 0),
  last: (closeTime) => closeTime - 1,
  worthwhile: (_, first, last) => last >= first,
}

/**
 * Emits windows that have closed since the last time, in the order of the store, with the headers of the record that
 * moved time on. At most once per emit interval of the wall clock. The store holds what was not emitted yet. How far it
 * came is kept with the committed offsets, so a restart does not repeat it.
 */
export class FinalResults<K, A> {
  readonly #closing: Closing<K, A>
  readonly #store: HoldingStore
  readonly #task: TaskContext
  readonly #emit: Emit<StreamRecord<Windowed<K>, Change<A>>>
  /** Windows that end up to here are out; undefined before the first time. */
  #closedTo: number | undefined
  #nextMs = 0

  constructor(
    closing: Closing<K, A>,
    store: HoldingStore,
    task: TaskContext,
    emit: Emit<StreamRecord<Windowed<K>, Change<A>>>,
  ) {
    this.#closing = closing
    this.#store = store
    this.#task = task
    this.#emit = emit
    this.#closedTo = task.windowsClosedTo(store.name)
    store.holdFrom(closing.first(this.#closedTo))
  }

  /** Releases what closes at `closeTime`, whatever the wall clock says. */
  releaseAll(closeTime: number): void {
    if (this.#closedTo === undefined || this.#closedTo < closeTime) this.#fetch(closeTime, noHeaders)
  }

  /** Releases what closes at `closeTime`, when it is time to. */
  release({ headers }: StreamRecord<unknown, unknown>, closeTime: number): void {
    const now = this.#task.clock.now()
    if (now < this.#nextMs) return
    this.#nextMs = now + this.#task.emitIntervalMs
    const closedTo = this.#closedTo
    if (closedTo !== undefined && closedTo >= closeTime) return
    const last = this.#closing.last(closeTime)
    if (last < 0 || !this.#closing.worthwhile(closedTo, this.#closing.first(closedTo), last)) return
    this.#fetch(closeTime, headers)
  }

  #fetch(closeTime: number, headers: readonly Header[]): void {
    const { first, last, rows } = this.#closing
    for (const [key, row] of rows(first(this.#closedTo), last(closeTime))) {
      this.#emit(new StreamRecord(key, new Change(row.value, null), row.timestamp, headers))
    }
    this.#closedTo = closeTime
    this.#store.holdFrom(first(closeTime))
    this.#task.closedWindowsTo(this.#store.name, closeTime)
  }
}
