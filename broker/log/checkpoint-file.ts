import type { Files } from '#core/ports/files.ts'

import { logErrors } from './errors.ts'

const version = '0'

/** The text of a checkpoint file: version, number of rows, one row a line. */
export const checkpointText = (rows: readonly string[]): Buffer =>
  Buffer.from([version, String(rows.length), ...rows, ''].join('\n'))

/**
 * The rows of a checkpoint file, split at white space; none for a missing or empty file. Throws LOG_FILE_INVALID for
 * another version, a wrong count or a row without `columns` columns.
 */
export function readCheckpoint(files: Files, file: string, columns: number): string[][] {
  if (!files.exists(file)) return []
  const text = files.readWhole(file).toString('utf8')
  if (text === '') return []
  const [first, second, ...lines] = text.split(/\r?\n/)
  const invalid = (problem: string) => logErrors.LOG_FILE_INVALID({ file, problem })
  if (first !== version) throw invalid(`version ${first}, expected ${version}`)
  if (second === undefined) return []
  if (lines.at(-1) === '') lines.pop()
  if (String(lines.length) !== second) throw invalid(`${lines.length} rows instead of ${second}`)
  return lines.map((line) => {
    const row = line.trim().split(/\s+/)
    if (row.length !== columns) throw invalid(`row "${line}" has ${row.length} columns instead of ${columns}`)
    return row
  })
}

/** A whole number from a row. */
export function checkpointNumber(file: string, text: string): number {
  const value = Number(text)
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw logErrors.LOG_FILE_INVALID({ file, problem: `"${text}" is not a whole number` })
  }
  return value
}

/** Reads `topic partition offset` rows as a map from `topic-partition`. */
export function readOffsetCheckpoint(files: Files, file: string): Map<string, number> {
  const rows = readCheckpoint(files, file, 3)
  return new Map(rows.map(([topic, partition, offset]) => [`${topic}-${partition}`, checkpointNumber(file, offset!)]))
}

/** An offset of one partition, as a line of a checkpoint file has it. */
export interface OffsetRow {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** The file that `readOffsetCheckpoint` reads. */
export const offsetCheckpointText = (rows: readonly OffsetRow[]): Buffer =>
  checkpointText(rows.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}`))

/**
 * Replaces a file at once but without forcing it to the disk: a crash of the process leaves the old or the new content, a
 * power cut perhaps neither. `syncFile` makes it last.
 */
export function replaceUnsynced(files: Files, file: string, content: Uint8Array): void {
  const temporary = `${file}.tmp`
  const open = files.open(temporary, { create: true })
  try {
    open.truncate(0)
    open.write([content], 0)
  } finally {
    open.close()
  }
  files.rename(temporary, file)
}

/** Forces a file to the disk, if it is there. */
export async function syncFile(files: Files, file: string): Promise<void> {
  if (!files.exists(file)) return
  const open = files.open(file)
  try {
    await open.sync()
  } finally {
    open.close()
  }
}

/**
 * Replaces a file without stalling the event loop: the sync runs off it. Either the old or the new content is found
 * after a crash. Resolves when the new one is in place.
 */
export async function replaceLater(files: Files, file: string, content: Uint8Array): Promise<void> {
  const temporary = `${file}.tmp`
  const open = files.open(temporary, { create: true })
  try {
    open.truncate(0)
    open.write([content], 0)
    await open.sync()
  } finally {
    open.close()
  }
  files.rename(temporary, file)
}
