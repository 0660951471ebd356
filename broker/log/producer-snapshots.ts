import type { Files } from '#core/ports/files.ts'

import { syncFile } from './checkpoint-file.ts'
import { deletedSuffix, offsetName, offsetOf, snapshotSuffix } from './file-names.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts'
import type { ProducerStates } from './producer-state.ts'

/**
 * The `.snapshot` files of one log: the producers' state as of the offset in the name, written when a segment is begun and
 * at a clean stop, so that only the log behind the last one has to be read again.
 */
export class ProducerSnapshots {
  readonly #files: Files
  readonly #directory: string
  /** Offsets that there is a file for, rising, once the directory was read: only this class makes and removes such files. */
  #known: number[] | undefined

  constructor(files: Files, directory: string) {
    this.#files = files
    this.#directory = directory
  }

  #path(offset: number): string {
    return `${this.#directory}/${offsetName(offset)}${snapshotSuffix}`
  }

  /** Offsets that there is a file for, rising. */
  offsets(): number[] {
    this.#known ??= this.#files
      .list(this.#directory)
      .map((name) => offsetOf(name, snapshotSuffix))
      .filter((offset) => offset !== undefined)
      .sort((a, b) => a - b)
    return [...this.#known]
  }

  #forget(offset: number): void {
    this.#known = this.#known?.filter((each) => each !== offset)
  }

  /** Writes the state as of its end offset. Not synced: a snapshot that a power cut damages is known by its checksum and left out. */
  write(states: ProducerStates): void {
    const { endOffset } = states
    const file = this.#files.open(this.#path(endOffset), { create: true })
    if (this.#known?.includes(endOffset) === false) this.#known = [...this.#known, endOffset].sort((a, b) => a - b)
    try {
      file.truncate(0)
      file.write([encodeProducerSnapshot(states.rows())], 0)
    } finally {
      file.close()
    }
  }

  /** Forces one snapshot to the disk. */
  sync(offset: number): Promise<void> {
    return syncFile(this.#files, this.#path(offset))
  }

  /**
   * Restores the newest readable snapshot above `lowest` and not above `highest`; without one the state is empty as of
   * `lowest`. Damaged files are removed. Returns the snapshot's offset, or -1.
   */
  restore(states: ProducerStates, lowest: number, highest: number): number {
    for (const offset of this.offsets().reverse()) {
      if (offset > highest || offset <= lowest) continue
      const rows = decodeProducerSnapshot(this.#files.readWhole(this.#path(offset)))
      if (rows !== undefined) {
        states.restore(rows, offset)
        return offset
      }
      this.remove(offset)
    }
    states.clear(lowest)
    return -1
  }

  remove(offset: number): void {
    this.#forget(offset)
    if (this.#files.exists(this.#path(offset))) this.#files.remove(this.#path(offset))
  }

  /** Takes a snapshot out by name; returns the path to remove later. */
  markDeleted(offset: number): string[] {
    const path = this.#path(offset)
    this.#forget(offset)
    if (!this.#files.exists(path)) return []
    this.#files.rename(path, path + deletedSuffix)
    return [path + deletedSuffix]
  }

  /** Removes those that serve nothing: not at the base of a segment, and older than the newest. */
  removeStray(segmentBases: ReadonlySet<number>): void {
    for (const offset of this.offsets().slice(0, -1)) if (!segmentBases.has(offset)) this.remove(offset)
  }

  removeAbove(offset: number): void {
    for (const each of this.offsets()) if (each > offset) this.remove(each)
  }

  removeAll(): void {
    for (const each of this.offsets()) this.remove(each)
  }
}
