import type { Files } from '#core/ports/files.ts'

import { cleanShutdownFile } from './file-names.ts'

/** What the file left by a clean stop says; -1 when it names no broker epoch. */
export interface CleanShutdown {
  readonly brokerEpoch: number
}

/** Leaves the mark of a clean stop: everything is on the disk and the logs need no recovery. */
export function writeCleanShutdown(files: Files, directory: string, brokerEpoch: number): void {
  files.replace(`${directory}/${cleanShutdownFile}`, Buffer.from(JSON.stringify({ version: 0, brokerEpoch })))
}

/** Reads the mark and removes it, so that a crash from now on is known as one. Undefined when there was none. */
export function takeCleanShutdown(files: Files, directory: string): CleanShutdown | undefined {
  const file = `${directory}/${cleanShutdownFile}`
  if (!files.exists(file)) return undefined
  const brokerEpoch = brokerEpochOf(files.readWhole(file).toString('utf8'))
  files.remove(file)
  files.syncDirectory(directory)
  return { brokerEpoch }
}

function brokerEpochOf(text: string): number {
  try {
    const { brokerEpoch } = JSON.parse(text) as { brokerEpoch?: unknown }
    return typeof brokerEpoch === 'number' ? brokerEpoch : -1
  } catch {
    // Releases before 3.7 leave the file empty; that it is there is what counts.
    return -1
  }
}
