import Table from 'cli-table3'

/** Where a command writes: the process's own streams, or a test's. */
export interface Output {
  /** True when one JSON document, or one per line, is wanted instead of tables. */
  readonly json: boolean
  /** To stdout; waits when the reader is slow. */
  write(text: string): void | Promise<void>
  /** To stderr: progress and remarks that are no result. */
  remark(text: string): void
  /** Aborted when nobody reads any more, as after `| head`: there is no sense in going on. */
  readonly gone: AbortSignal
}

/** A column of a table. */
export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string | number | null | undefined
  /** Numbers stand right. */
  readonly right?: boolean
}

/** The process's own streams. */
export function processOutput(json: boolean): Output {
  const gone = new AbortController()
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    gone.abort()
  })
  return {
    json,
    gone: gone.signal,
    write: (text) => {
      if (gone.signal.aborted || process.stdout.write(text)) return undefined
      return new Promise((resolve) => {
        process.stdout.once('drain', resolve)
        gone.signal.addEventListener('abort', () => resolve(), { once: true })
      })
    },
    remark: (text) => void process.stderr.write(`${text}\n`),
  }
}

const plain = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** Rows under titles, without lines: for eyes, and for awk. */
export function tableText<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const table = new Table({
    chars: plain,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: columns.map(({ right }) => (right === true ? 'right' : 'left')),
  })
  table.push(columns.map(({ title }) => title.toUpperCase()))
  for (const row of rows) table.push(columns.map(({ value }) => String(value(row) ?? '-')))
  return `${table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`
}

/** Rows as a table, or as a JSON array. */
export function writeRows<Row>(
  output: Output,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  whenNone: string,
): void | Promise<void> {
  if (output.json) return writeJson(output, rows)
  if (rows.length > 0) return output.write(tableText(columns, rows))
  output.remark(whenNone)
}

/** One JSON document, indented. */
export function writeJson(output: Output, value: unknown): void | Promise<void> {
  return output.write(`${JSON.stringify(value, null, 2)}\n`)
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** Bytes for eyes: `1.4 MiB`; `-` for a negative number, which means unknown. */
export function sizeText(bytes: number): string {
  if (bytes < 0) return '-'
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const scaled = bytes / 1024 ** power
  return `${power === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[power]}`
}

/** A count with a space every three digits, as `12 345`. */
export const countText = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ' ')
