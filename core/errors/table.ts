/** What a caller does about an error: give up, try at once, try after a pause, or connect anew first. */
export type Retry = 'never' | 'now' | 'backoff' | 'reconnect'

/** One row of a room's error table. `{name}` in the message is a required detail of that name. */
export interface ErrorRow {
  readonly retry: Retry
  readonly message: string
  readonly hint?: string
}

type Details<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Details<Rest> : never

type Factory<Code extends string, Row extends ErrorRow> = (
  ...args: Details<Row['message']> extends never
    ? [details?: Readonly<Record<string, unknown>>, cause?: unknown]
    : [details: { readonly [D in Details<Row['message']>]: string | number }, cause?: unknown]
) => KnownError<Code>

// A symbol from the registry, so that two copies of the package recognise each other's errors.
const brand = Symbol.for('millrace.error')

/** An error that an operator or a runtime can act on: declared in a table, with code, hint and retry advice. */
export class KnownError<Code extends string = string> extends Error {
  readonly [brand] = true
  override readonly name = 'KnownError'
  readonly code: Code
  readonly retry: Retry
  readonly hint: string | undefined
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: Code, row: ErrorRow, details: Readonly<Record<string, unknown>>, cause?: unknown) {
    const text = row.message.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name]))
    super(text, cause === undefined ? undefined : { cause })
    this.code = code
    this.retry = row.retry
    this.hint = row.hint
    this.details = details
  }
}

/** True for errors of any table, also from another copy of the package. */
export function isKnownError(error: unknown): error is KnownError {
  return typeof error === 'object' && error !== null && brand in error
}

/**
 * Turns rows into factories: `errors.LOG_CORRUPT({ file, position })`. The details a message names are required by the
 * compiler, and the code is a literal type.
 */
export function errorTable<const Table extends Record<string, ErrorRow>>(
  table: Table,
): { readonly [Code in keyof Table & string]: Factory<Code, Table[Code]> } & { readonly rows: Table } {
  const factories = Object.fromEntries(
    Object.entries(table).map(([code, row]) => [
      code,
      (details: Readonly<Record<string, unknown>> = {}, cause?: unknown) => new KnownError(code, row, details, cause),
    ]),
  )
  return Object.assign(factories, { rows: table }) as never
}
