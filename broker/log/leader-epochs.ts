import { dirname } from 'node:path'

import { isKnownError } from '#core/errors/table.ts'
import type { Files } from '#core/ports/files.ts'

import { checkpointNumber, checkpointText, readCheckpoint, replaceUnsynced, syncFile } from './checkpoint-file.ts'

/** A leader's term and the first offset that was written in it. */
export interface EpochEntry {
  readonly epoch: number
  readonly startOffset: number
}

/** What OffsetForLeaderEpoch answers; -1 and -1 when nothing is known. */
export interface EpochEnd {
  readonly epoch: number
  readonly endOffset: number
}

const unknownEpoch: EpochEnd = { epoch: -1, endOffset: -1 }

/**
 * Which leader wrote what: entries with rising epochs and start offsets, kept in the file leader-epoch-checkpoint. The file
 * follows every change, but is forced to the disk only before the recovery point passes: until then the batches
 * themselves tell their epochs again.
 */
export class LeaderEpochs {
  readonly #files: Files
  readonly #file: string
  #entries: EpochEntry[] = []
  #dirty = false
  #unsynced = false

  constructor(files: Files, file: string) {
    this.#files = files
    this.#file = file
  }

  /** Reads the file; false when a power cut left it without sense, so that the entries must be found in the log. */
  load(): boolean {
    this.#entries = []
    try {
      for (const [epoch, startOffset] of readCheckpoint(this.#files, this.#file, 2)) {
        this.#put({
          epoch: checkpointNumber(this.#file, epoch!),
          startOffset: checkpointNumber(this.#file, startOffset!),
        })
      }
      return this.#entries.length > 0
    } catch (error) {
      if (!isKnownError(error)) throw error
      this.#entries = []
      this.#dirty = true
      return false
    }
  }

  get latest(): EpochEntry | undefined {
    return this.#entries.at(-1)
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries
  }

  /** The leader epoch begins at an offset; entries that this contradicts go. Written to the file unless `later`. */
  assign(epoch: number, startOffset: number, later = false): void {
    const { latest } = this
    if (latest && latest.epoch === epoch && startOffset >= latest.startOffset) return
    const before = [...this.#entries]
    this.#put({ epoch, startOffset })
    this.#dirty = true
    if (later) return
    try {
      this.write()
    } catch (error) {
      this.#entries = before
      throw error
    }
  }

  #put(entry: EpochEntry): void {
    while (this.latest && (this.latest.epoch >= entry.epoch || this.latest.startOffset >= entry.startOffset))
      this.#entries.pop()
    this.#entries.push(entry)
  }

  /** Forgets epochs that begin at or after the end of the log. */
  truncateFromEnd(endOffset: number): void {
    while (this.latest && this.latest.startOffset >= endOffset) {
      this.#entries.pop()
      this.#dirty = true
    }
  }

  /** Forgets epochs that lie wholly before the start of the log; the one that spans it begins there. */
  truncateFromStart(startOffset: number): void {
    const kept = this.#entries.filter((entry) => entry.startOffset > startOffset)
    if (kept.length === this.#entries.length) return
    const spanning = this.#entries[this.#entries.length - kept.length - 1]!
    if (spanning.startOffset === startOffset && kept.length + 1 === this.#entries.length) return
    this.#entries = [{ epoch: spanning.epoch, startOffset }, ...kept]
    this.#dirty = true
  }

  clear(): void {
    this.#dirty ||= this.#entries.length > 0
    this.#entries = []
  }

  /** The epoch that an offset was written in, -1 before the first entry. */
  epochFor(offset: number): number {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch ?? -1
  }

  /** Where an epoch ended, as Kafka answers it: the largest known epoch not above the asked one, and the start of the next. */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEnd {
    if (epoch < 0) return unknownEpoch
    if (this.latest?.epoch === epoch) return { epoch, endOffset: logEndOffset }
    const next = this.#entries.findIndex((entry) => entry.epoch > epoch)
    if (next < 0) return unknownEpoch
    const endOffset = this.#entries[next]!.startOffset
    return { epoch: next === 0 ? epoch : this.#entries[next - 1]!.epoch, endOffset }
  }

  /** Writes the file if anything changed since. */
  write(): void {
    if (!this.#dirty) return
    const rows = this.#entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`)
    replaceUnsynced(this.#files, this.#file, checkpointText(rows))
    this.#dirty = false
    this.#unsynced = true
  }

  /** Forces the file to the disk if it was written since. */
  async sync(): Promise<void> {
    this.write()
    if (!this.#unsynced) return
    this.#unsynced = false
    await syncFile(this.#files, this.#file)
    await this.#files.syncDirectoryLater(dirname(this.#file))
  }
}
