import { dirname } from 'node:path'

import type { Files } from '#core/ports/files.ts'

import type { SourceOffset, SourceOffsetEntry, SourcePartition } from '../../api/records.ts'
import { connectErrors } from '../../errors.ts'
import { readJavaOffsets } from './java-offsets.ts'
import { OffsetTable } from './offset-store.ts'
import type { OffsetChange, OffsetStore } from './offset-store.ts'

/** A file read from what Connect wrote begins with Java's mark for serialized objects. */
const javaMagic = 0xaced

/**
 * Offsets in one JSON file, `{"offsets":[{connector, partition, offset}]}`, replaced as a whole at each commit so that a
 * crash leaves the old or the new one. The file of a Java worker is read, and written as JSON from then on.
 */
export class FileOffsets implements OffsetStore {
  readonly #files: Files
  readonly #path: string
  readonly #table = new OffsetTable()

  constructor(files: Files, path: string) {
    this.#files = files
    this.#path = path
  }

  async start(): Promise<void> {
    if (!this.#files.exists(this.#path)) return
    const bytes = this.#files.readWhole(this.#path)
    for (const change of this.#read(bytes)) this.#table.set(change)
  }

  #read(bytes: Buffer): OffsetChange[] {
    try {
      if (bytes.length === 0) return []
      if (bytes.length > 1 && bytes.readUInt16BE() === javaMagic) return readJavaOffsets(bytes)
      const parsed = JSON.parse(bytes.toString('utf8')) as { readonly offsets?: unknown }
      if (!Array.isArray(parsed.offsets)) throw new SyntaxError('no list "offsets"')
      return parsed.offsets as OffsetChange[]
    } catch (cause) {
      throw connectErrors.OFFSETS_CORRUPT(
        { where: this.#path, problem: `no offsets: ${(cause as Error).message}` },
        cause,
      )
    }
  }

  get(connector: string, partition: SourcePartition): SourceOffset | undefined {
    return this.#table.get(connector, partition)
  }

  all(connector: string): SourceOffsetEntry[] {
    return this.#table.all(connector)
  }

  async set(changes: readonly OffsetChange[]): Promise<void> {
    if (!changes.some((change) => this.#table.differs(change))) return
    for (const change of changes) this.#table.set(change)
    const rows = this.#table.everything().map((row) => `    ${JSON.stringify(row)}`)
    this.#files.makeDirectory(dirname(this.#path))
    this.#files.replace(this.#path, Buffer.from(`{\n  "offsets": [\n${rows.join(',\n')}\n  ]\n}\n`))
  }

  async stop(): Promise<void> {}
}
