import type { Clock } from '#core/ports/clock.ts'
import type { CurrentRecord } from '../state/environment.ts'

/** When a punctuation is due: stream time moves with the records, wall-clock time by itself. */
export type PunctuationType = 'stream' | 'wall'

/** A running schedule. */
export interface Cancellable {
  cancel(): void
}

/** Why a record was left out; counted under this name. */
export type DropReason =
  | 'null-key'
  | 'null-key-or-value'
  | 'late'
  | 'expired'
  | 'timestamp'
  | 'deserialization'
  | 'processing'

/** What operators and stores share with the task that runs them. */
export interface TaskContext extends CurrentRecord {
  readonly taskId: string
  readonly applicationId: string
  readonly clock: Clock
  /** Shortest wall-clock pause between two releases of results held back for a window's end, ms. */
  readonly emitIntervalMs: number
  /** Largest timestamp of the records taken so far, -1 before the first. */
  readonly streamTime: number
  drop(reason: DropReason, count?: number): void
  /** Calls back every `intervalMs` of stream or wall-clock time, with that time. */
  schedule(node: string, intervalMs: number, type: PunctuationType, call: (timestamp: number) => void): Cancellable
  /** Asks for a commit soon. */
  requestCommit(): void
  /** Windows that ended up to this time were emitted, as the last commit knew it; undefined if none. */
  windowsClosedTo(store: string): number | undefined
  /** Remembers that with the next commit. */
  closedWindowsTo(store: string, time: number): void
  /** An error of the node; returns when the record is left out, else throws. */
  failed(node: string, error: unknown): void
  /** Runs something that sends records while the task is between two records (an RxJS stage that waited). */
  outOfBand(call: () => void): void
  /** An error that came up between two records: thrown by the task's next step, or left out. */
  failLater(node: string, error: unknown): void
  /** Runs when the task closes. */
  onClose(call: () => void): void
  /** Runs at the end of all input: what is held back for the end of a window must come out. */
  onCloseWindows(call: () => void): void
}
