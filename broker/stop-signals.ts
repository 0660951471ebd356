/** SIGTERM and SIGINT as a promise: the first resolves it, the second ends the process. */
export interface StopSignals {
  readonly first: Promise<void>
  /** Gives the signals back to the process. */
  release(): void
}

/** Exit code of a process that a signal ended while it was stopping. */
const interrupted = 130

/** Listens to SIGTERM and SIGINT from now on. */
export function stopOnSignals(): StopSignals {
  let count = 0
  let resolve = (): void => {}
  const first = new Promise<void>((done) => (resolve = done))
  const received = (): void => {
    if (++count === 1) resolve()
    else process.exit(interrupted)
  }
  process.on('SIGTERM', received)
  process.on('SIGINT', received)
  return {
    first,
    release() {
      process.off('SIGTERM', received)
      process.off('SIGINT', received)
    },
  }
}
