/**
 * The four words with which a plugin talks to the runtime when it cannot simply go on: the whole error contract. Any
 * other error ends the task as FAILED, with its trace in the status.
 */
export type Signal = NotConnected | EndOfInput | RetryAfter | PartialBatch

// From the registry, so that plugins built against another copy of the package are understood.
const brand = Symbol.for('millrace.signal')

abstract class SignalError extends Error {
  abstract readonly signal: 'NotConnected' | 'EndOfInput' | 'RetryAfter' | 'PartialBatch'
  readonly [brand] = true
}

/** The other side is gone: the runtime waits, goes back to what is committed, and opens (or reads) anew. */
export class NotConnected extends SignalError {
  override readonly name = 'NotConnected'
  readonly signal = 'NotConnected'
  constructor(message = 'not connected', options?: ErrorOptions) {
    super(message, options)
  }
}

/** There is no more and never will be: the task ends well. Returning from `read` says the same. */
export class EndOfInput extends SignalError {
  override readonly name = 'EndOfInput'
  readonly signal = 'EndOfInput'
  constructor(message = 'end of input') {
    super(message)
  }
}

/** Not now: the runtime does the same again after `ms`. A sink must not have kept anything of the batch. */
export class RetryAfter extends SignalError {
  override readonly name = 'RetryAfter'
  readonly signal = 'RetryAfter'
  readonly ms: number
  constructor(ms: number, message = `try again after ${ms} ms`, options?: ErrorOptions) {
    super(message, options)
    this.ms = ms
  }
}

/** Some records of a put cannot be taken, the others were: the failed ones go the way that errors.tolerance says. */
export class PartialBatch extends SignalError {
  override readonly name = 'PartialBatch'
  readonly signal = 'PartialBatch'
  /** Index in the batch and what was wrong. */
  readonly failed: ReadonlyMap<number, Error>
  constructor(failed: ReadonlyMap<number, Error>, message = `${failed.size} records of the batch were refused`) {
    super(message)
    this.failed = failed
  }
}

/** True for signals, also from another copy of the package. */
export function isSignal(error: unknown): error is Signal {
  return typeof error === 'object' && error !== null && brand in error
}
