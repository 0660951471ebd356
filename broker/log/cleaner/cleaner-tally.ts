/** What a cleaner did since it began, and what it has before it. */
export interface CleanerTally {
  /** Compactions of a log, and the bytes of its segments that they read and wrote. */
  readonly runs: number
  readonly bytesBefore: number
  readonly bytesAfter: number
  readonly last: { readonly bytesBefore: number; readonly bytesAfter: number; readonly ms: number } | undefined
  /** The dirtiest log at the last look, 0 to 1. */
  readonly maxDirtyRatio: number
  /** Time since that look, or since the start, ms. */
  readonly sinceLookMs: number
  /** Logs that could not be cleaned. */
  readonly uncleanable: { readonly logs: number; readonly bytes: number }
}
