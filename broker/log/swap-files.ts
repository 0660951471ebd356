import type { Files } from '#core/ports/files.ts'
import type { Log } from '#core/telemetry/log.ts'

import { cleanedSuffix, logSuffix, offsetName, offsetOf, segmentSuffixes, swapSuffix } from './file-names.ts'
import { Segment } from './segment.ts'

/** Gives the files of one segment another suffix. */
export function resuffix(files: Files, directory: string, baseOffset: number, from: string, to: string): void {
  for (const suffix of segmentSuffixes) {
    const path = `${directory}/${offsetName(baseOffset)}${suffix}`
    if (files.exists(path + from)) files.rename(path + from, path + to)
  }
}

/** Removes what unfinished cleanings have written. */
export function removeCleaned(files: Files, directory: string): void {
  for (const name of files.list(directory)) if (name.endsWith(cleanedSuffix)) files.remove(`${directory}/${name}`)
}

const basesOf = (names: readonly string[], suffix: string): number[] => [
  ...new Set(
    names
      .flatMap((name) => segmentSuffixes.map((each) => offsetOf(name, each + suffix) ?? -1))
      .filter((base) => base >= 0),
  ),
]

/**
 * Finishes what a crash interrupted while cleaned segments took the place of old ones. The files of a cleaned segment are
 * called `.cleaned` while they are written, `.swap` once all of them are on the disk; then the old files are taken out and
 * the suffix is dropped. So `.cleaned` files are removed, and so is a `.swap` that stands at or behind one, since not all
 * of its files had changed their names; any other `.swap` is complete, and what it covers goes. Returns the names that are
 * in the directory then.
 */
export function finishSwap(files: Files, log: Log, directory: string): string[] {
  const names = files.list(directory)
  if (!names.some((name) => name.endsWith(cleanedSuffix) || name.endsWith(swapSuffix))) return names
  const firstCleaned = Math.min(...basesOf(names, cleanedSuffix))
  for (const base of basesOf(names, swapSuffix)) {
    if (base >= firstCleaned) {
      resuffix(files, directory, base, swapSuffix, cleanedSuffix)
      continue
    }
    if (files.exists(`${directory}/${offsetName(base)}${logSuffix}${swapSuffix}`))
      removeCovered(files, log, directory, base)
    resuffix(files, directory, base, swapSuffix, '')
    log('info', `finished the compaction of ${directory} that was interrupted`, { baseOffset: base })
  }
  removeCleaned(files, directory)
  return files.list(directory)
}

/** Removes the files of the segments that the swap segment at `base` was made of. */
function removeCovered(files: Files, log: Log, directory: string, base: number): void {
  const segment = Segment.existing(files, log, directory, base, 0, swapSuffix)
  // Without its index, which may not be open: the headers are walked from the start.
  let end = base + 1
  for (const { batch } of segment.headers(0)) end = batch.lastOffset + 1
  segment.close()
  for (const name of files.list(directory)) {
    const offset = segmentSuffixes.map((suffix) => offsetOf(name, suffix)).find((each) => each !== undefined)
    if (offset !== undefined && offset >= base && offset < end) files.remove(`${directory}/${name}`)
  }
}
