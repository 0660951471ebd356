/** A record header: a name and optional bytes. */
export interface Header {
  readonly key: string
  readonly value: Uint8Array | null
}

/** A record as the log holds it: bytes, event time and headers. Timestamps are milliseconds since the epoch. */
export interface LogRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
}

/** The headers of a record that has none: shared, so that it costs nothing. */
export const noHeaders: readonly Header[] = Object.freeze([])
