import type { Clock } from '#core/ports/clock.ts'
import type { Cancellable, DropReason, PunctuationType, TaskContext } from '../operators/context.ts'
import type { Origin } from '../record.ts'
import { StreamRecord } from '../record.ts'
import type { Failures } from './failures.ts'
import { PunctuationQueue } from './punctuation.ts'

/** The task as its operators see it: the present record, the times, schedules and counts. */
export class RunningContext implements TaskContext {
  readonly taskId: string
  readonly applicationId: string
  readonly clock: Clock
  readonly emitIntervalMs: number
  record: StreamRecord<unknown, unknown> | undefined
  origin: Origin | undefined
  streamTime = -1
  /** Something happened that a commit would make last. */
  commitNeeded = false
  commitRequested = false
  /** Set by `failLater`. */
  failure: { readonly error: unknown } | undefined
  readonly dropped: Partial<Record<DropReason, number>> = {}
  readonly closed = new Map<string, number>()
  readonly #failures: Failures
  readonly #stream = new PunctuationQueue()
  readonly #wall = new PunctuationQueue()
  readonly #closers: (() => void)[] = []
  readonly #windowClosers: (() => void)[] = []

  constructor(taskId: string, applicationId: string, clock: Clock, emitIntervalMs: number, failures: Failures) {
    this.taskId = taskId
    this.applicationId = applicationId
    this.clock = clock
    this.emitIntervalMs = emitIntervalMs
    this.#failures = failures
  }

  drop(reason: DropReason, count = 1): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + count
  }

  schedule(node: string, intervalMs: number, type: PunctuationType, call: (timestamp: number) => void): Cancellable {
    return type === 'stream'
      ? this.#stream.schedule(node, 0, intervalMs, call)
      : this.#wall.schedule(node, this.clock.now() + intervalMs, intervalMs, call)
  }

  punctuateStreamTime(): void {
    this.#stream.advance(this.streamTime, this.#punctuate)
  }

  punctuateWallClock(): boolean {
    return this.#wall.advance(this.clock.now(), this.#punctuate)
  }

  requestCommit(): void {
    this.commitRequested = true
  }

  windowsClosedTo(store: string): number | undefined {
    return this.closed.get(store)
  }

  closedWindowsTo(store: string, time: number): void {
    this.closed.set(store, time)
  }

  failed(node: string, error: unknown): void {
    this.#failures.processing(error, node, this.origin, this.record)
    this.drop('processing')
  }

  failLater(node: string, error: unknown): void {
    try {
      this.failed(node, error)
    } catch (failure) {
      this.failure ??= { error: failure }
    }
  }

  outOfBand(call: () => void): void {
    this.commitNeeded = true
    call()
  }

  onClose(call: () => void): void {
    this.#closers.push(call)
  }

  onCloseWindows(call: () => void): void {
    this.#windowClosers.push(call)
  }

  closeWindows(): void {
    for (const close of this.#windowClosers) close()
  }

  close(): void {
    for (const close of this.#closers.splice(0)) close()
  }

  readonly #punctuate = (node: string, now: number, call: (timestamp: number) => void): void => {
    this.record = new StreamRecord(null, null, now)
    this.commitNeeded = true
    try {
      call(now)
    } catch (error) {
      this.failed(node, error)
    } finally {
      this.record = undefined
    }
  }
}
