import { readFileSync } from 'node:fs'

import { commandErrors } from './errors.ts'

/** A row of a file: an object for JSON, and its text for eyes. */
export interface Row {
  readonly json: Readonly<Record<string, unknown>>
  readonly text: string
}

/** What is wrong with a file, and where. */
export const damage = (position: number, problem: string): Row => ({
  json: { damage: problem, position },
  text: `DAMAGED at byte ${position}: ${problem}`,
})

/** A record's time, for eyes; a number that no calendar reaches as it is. */
export const timeText = (timestamp: number): string =>
  timestamp < 0 ? 'no time' : Math.abs(timestamp) > 8.64e15 ? String(timestamp) : new Date(timestamp).toISOString()

/** A whole file. Throws FILE_UNREADABLE. */
export function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw commandErrors.FILE_UNREADABLE({ file, problem: (cause as Error).message }, cause)
  }
}
