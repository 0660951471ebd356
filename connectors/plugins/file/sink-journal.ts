import type { Files } from '#core/ports/files.ts'

import { connectErrors } from '../../errors.ts'

/** The offsets to read next, by topic and partition number. */
export type JournalOffsets = Readonly<Record<string, Readonly<Record<string, number>>>>

/** What is known for certain: so many bytes of the file hold exactly the records before these offsets. */
export interface JournalState {
  /** The connector that writes; another's offsets mean nothing to us. */
  readonly connector: string
  readonly bytes: number
  /** Ms since the epoch: when the first line was written; null for an empty file. */
  readonly since: number | null
  /** How many files were put aside. */
  readonly rolled: number
  /** The file is being put aside under this name, whole, with `bytes` bytes. */
  readonly rollingTo: string | null
  readonly offsets: JournalOffsets
}

/**
 * The journal beside a sink's file. It is replaced atomically after the file is synced, so that after any crash the pair
 * (bytes, offsets) is one that was true together: whatever the file holds beyond is cut off and read again.
 */
export class SinkJournal {
  readonly path: string
  readonly #files: Files

  constructor(files: Files, file: string) {
    this.#files = files
    this.path = `${file}.offsets`
  }

  /** The last state that was written; undefined before the first. Throws OFFSETS_CORRUPT. */
  read(): JournalState | undefined {
    if (!this.#files.exists(this.path)) return undefined
    try {
      const state = JSON.parse(this.#files.readWhole(this.path).toString('utf8')) as JournalState
      const sane =
        Number.isSafeInteger(state.bytes) &&
        state.bytes >= 0 &&
        typeof state.offsets === 'object' &&
        state.offsets !== null
      if (!sane) throw new SyntaxError('no state of a file sink')
      return state
    } catch (cause) {
      throw connectErrors.OFFSETS_CORRUPT(
        { where: this.path, problem: `no journal: ${(cause as Error).message}` },
        cause,
      )
    }
  }

  write(state: JournalState): void {
    this.#files.replace(this.path, Buffer.from(`${JSON.stringify(state)}\n`))
  }
}
