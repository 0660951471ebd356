/** A fault of ours: a state that the code promises cannot be. Never caught inside a room. */
export class BugError extends Error {
  override readonly name = 'BugError'
}

/** Holds an invariant; `sentence` says what must be true. */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new BugError(sentence)
}

/** For the branch that types say is never taken. */
export function unreachable(value: never): never {
  throw new BugError(`unexpected value ${JSON.stringify(value)}`)
}
