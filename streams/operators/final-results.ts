import type { Header } from '#core/records/record.ts'
import { noHeaders } from '#core/records/record.ts'
import { Change, StreamRecord } from '../record.ts'
import type { TimestampedWindowStore } from '../state/window-store.ts'
import type { Windowed } from '../state/windowed.ts'
import type { TaskContext } from './context.ts'
import type { Emit } from './operator.ts'
import { windowStarts } from './windows.ts'
import type { TimeWindows } from './windows.ts'

/**
 * Emits windows that have closed since the last time, by window start, then key bytes, with the headers of the record
 * that moved time on. At most once per emit interval of the wall clock. How far it came is kept with the committed
 * offsets, so a restart does not repeat it.
 */
export class FinalResults<K, A> {
  readonly #store: TimestampedWindowStore<K, A>
  readonly #name: string
  readonly #windows: TimeWindows
  readonly #task: TaskContext
  readonly #emit: Emit<StreamRecord<Windowed<K>, Change<A>>>
  /** Windows that end up to here are out; undefined before the first time. */
  #closedTo: number | undefined
  #nextMs = 0

  constructor(
    store: TimestampedWindowStore<K, A>,
    name: string,
    windows: TimeWindows,
    task: TaskContext,
    emit: Emit<StreamRecord<Windowed<K>, Change<A>>>,
  ) {
    this.#store = store
    this.#name = name
    this.#windows = windows
    this.#task = task
    this.#emit = emit
    this.#closedTo = task.windowsClosedTo(name)
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
    const last = closeTime - this.#windows.sizeMs
    if (last < 0 || !this.#reachesNext(last)) return
    this.#fetch(closeTime, headers)
  }

  /** First window start that is not out yet. */
  get #first(): number {
    return this.#closedTo === undefined ? 0 : Math.max(0, this.#closedTo - this.#windows.sizeMs) + 1
  }

  /** False when no window ends between the last release and this one. */
  #reachesNext(last: number): boolean {
    if (this.#closedTo === undefined) return true
    const closing = windowStarts(this.#windows, last)
    const closed = windowStarts(this.#windows, this.#first - 1)
    return closing.length !== closed.length || closing.some((start, i) => start !== closed[i])
  }

  #fetch(closeTime: number, headers: readonly Header[]): void {
    for (const [key, row] of this.#store.fetchAll(this.#first, closeTime - this.#windows.sizeMs)) {
      this.#emit(new StreamRecord(key, new Change(row.value, null), row.timestamp, headers))
    }
    this.#closedTo = closeTime
    this.#task.closedWindowsTo(this.#name, closeTime)
  }
}
