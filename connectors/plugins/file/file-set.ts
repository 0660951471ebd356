import { dirname, join } from 'node:path'

import type { FileStat } from '#core/ports/files.ts'
import type { Log } from '#core/telemetry/log.ts'

import type { ConnectorPorts } from '../../api/ports.ts'
import type { SourceOffsetEntry } from '../../api/records.ts'
import { connectErrors } from '../../errors.ts'
import { isBare, marksOf, topicPartitionOf } from './file-offset.ts'
import type { FileMark } from './file-offset.ts'
import { FollowedFile, inodeKey, statOf } from './followed-file.ts'
import { expandGlob, isPattern } from './glob.ts'
import { Lineage } from './lineage.ts'
import { isRotatedName } from './rotated-name.ts'

/**
 * The files that a source reads: finds new ones, recognises renamed ones by device and inode, copies and replaced ones by
 * their content, and after a restart all of them by what was stored.
 */
export class FileSet {
  readonly lineages = new Map<string, Lineage>()
  readonly #patterns: readonly string[]
  readonly #ports: ConnectorPorts
  readonly #log: Log
  readonly #warned = new Set<string>()

  constructor(patterns: readonly string[], ports: ConnectorPorts, log: Log) {
    this.#patterns = patterns
    this.#ports = ports
    this.#log = log
  }

  /** Paths to read now. A name that is no pattern is one whether it exists or not. */
  paths(): string[] {
    const { files } = this.#ports
    const found = this.#patterns.flatMap((each) =>
      isPattern(each) && !files.exists(each) ? expandGlob(files, each) : [each],
    )
    return [...new Set(found)]
  }

  /** Names given outright that are not there. */
  missing(): string[] {
    const { files } = this.#ports
    return this.#patterns.filter((each) => !isPattern(each) && statOf(files, each) === undefined)
  }

  /** True for a path that is read because its very name was given. */
  isNamed(path: string): boolean {
    return this.#patterns.includes(path)
  }

  /** Finds the files of an earlier run again. */
  restore(stored: readonly SourceOffsetEntry[]): void {
    for (const { partition, offset } of stored) {
      const path = partition['filename']
      if (typeof path !== 'string' || offset === null) continue
      const lineage = new Lineage(path)
      lineage.topicPartition = topicPartitionOf(offset)
      for (const mark of marksOf(offset)) {
        const file = this.#find(path, mark)
        if (file) lineage.files.push(file)
        else if (!mark.finished) {
          this.#log('warn', `a file that was "${path}" is gone; what followed byte ${mark.position} of it is lost`)
        }
      }
      if (lineage.files.length === 0) continue
      this.lineages.set(path, lineage)
      this.#addMissed(lineage)
    }
  }

  /** The file of a mark: of the same inode and content anywhere beside its path, or a copy of its content. */
  #find(path: string, mark: FileMark): FollowedFile | undefined {
    const beside = this.#beside(path)
    const sameInode = beside.filter((each) => statOf(this.#ports.files, each)?.inode === mark.inode)
    const rotated = this.#rotated(path)
    const candidates = isBare(mark) ? [path] : [...sameInode, ...(mark.position > 0 ? [...rotated, path] : [])]
    for (const candidate of new Set(candidates)) {
      const file = this.#open(candidate)
      if (!file) continue
      if (this.#known(file) === undefined && file.matches(mark)) {
        file.resumeAt(mark)
        return file
      }
      file.close()
    }
    return undefined
  }

  #beside(path: string): string[] {
    const folder = dirname(path)
    try {
      const names = this.#ports.files.list(folder)
      // Joined the way the path was written, so that it is found under its own name.
      return names.map((name) => (folder === '.' && !path.startsWith('./') ? name : join(folder, name)))
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return []
      throw error
    }
  }

  /** Files with rotated names of a path, the newest first: of several that begin alike it is the likelier copy. */
  #rotated(path: string): string[] {
    const { files } = this.#ports
    return this.#beside(path)
      .filter((each) => isRotatedName(each, path))
      .map((each) => ({ each, modifiedMs: statOf(files, each)?.modifiedMs ?? 0 }))
      .sort((a, b) => b.modifiedMs - a.modifiedMs)
      .map(({ each }) => each)
  }

  /** Opens a path, or says once why not. */
  #open(path: string): FollowedFile | undefined {
    try {
      return FollowedFile.open(this.#ports.files, path, this.#ports.clock.monotonic())
    } catch (cause) {
      if (this.isNamed(path))
        throw connectErrors.FILE_UNREADABLE({ file: path, problem: (cause as Error).message }, cause)
      this.#warnOnce(path, `"${path}" cannot be read: ${(cause as Error).message}`)
      return undefined
    }
  }

  #warnOnce(path: string, message: string): void {
    if (this.#warned.has(path)) return
    this.#warned.add(path)
    this.#log('warn', message)
  }

  #known(file: { readonly device: number; readonly inode: number }): FollowedFile | undefined {
    const key = inodeKey(file)
    for (const { files } of this.lineages.values()) {
      for (const each of files) if (inodeKey(each) === key) return each
    }
    return undefined
  }

  /** Looks at the disk: takes in new files, follows renamed ones. */
  scan(): void {
    const listed = new Set<string>()
    const index = new Map<string, FollowedFile>()
    for (const { files } of this.lineages.values()) for (const file of files) index.set(inodeKey(file), file)
    for (const path of this.paths()) {
      const stat = statOf(this.#ports.files, path)
      if (!stat) continue
      const key = inodeKey(stat)
      // The second name of one file: read once.
      if (listed.has(key)) continue
      listed.add(key)
      const known = index.get(key)
      if (known && (known.isOpen || this.#isStill(known, path, stat))) {
        known.path = path
        known.noteModified(stat.modifiedMs)
      } else {
        if (known) this.#forget(known)
        this.#meet(path)
      }
    }
    const now = this.#ports.clock.monotonic()
    for (const lineage of this.lineages.values()) {
      for (const file of lineage.files) {
        file.listed = listed.has(inodeKey(file))
        file.asideAt = file.listed && lineage.isCurrent(file) ? undefined : (file.asideAt ?? now)
      }
    }
  }

  /** For a closed file: the inode may be another's by now, and if it is not, the file may have grown. */
  #isStill(file: FollowedFile, path: string, { size, modifiedMs }: FileStat): boolean {
    if (file.listed && size === file.position && modifiedMs === file.modifiedMs) return true
    file.path = path
    if (!file.reopen(this.#ports.files)) return false
    file.modifiedMs = modifiedMs
    if (size > file.position) file.finished = false
    else file.close()
    return true
  }

  #forget(file: FollowedFile): void {
    for (const lineage of this.lineages.values()) if (lineage.files.includes(file)) lineage.replace(file, [])
  }

  #meet(path: string): void {
    const file = this.#open(path)
    if (!file) return
    if (file.isCompressed()) {
      this.#warnOnce(path, `"${path}" is compressed and is not read`)
      return file.close()
    }
    if (this.#isPendingCopy(file)) return file.close()
    let lineage = this.lineages.get(path)
    if (!lineage) this.lineages.set(path, (lineage = new Lineage(path)))
    lineage.files.push(file)
    this.#addMissed(lineage)
  }

  /**
   * A file under a rotated name that is the beginning of the one it is named after: somebody is copying that, and will
   * truncate it. Until then it is not read; then `replaced` takes it.
   */
  #isPendingCopy(file: FollowedFile): boolean {
    for (const { path, files } of this.lineages.values()) {
      if (!isRotatedName(file.path, path)) continue
      for (const original of files) {
        if (!original.isOpen) continue
        if (original.isIntact() ? file.isCopyOf(original) : original.position > 0 && file.matches(original.mark))
          return true
      }
    }
    return false
  }

  /** Rotation went by faster than we looked: files between the one we knew and the one that has the name now. */
  #addMissed(lineage: Lineage): void {
    const { files } = this.#ports
    const [older, newer] = lineage.files.length > 1 ? lineage.files.slice(-2) : [lineage.current!, undefined]
    if (newer === undefined && older!.path === lineage.path) return
    const beside = this.#beside(lineage.path)
    const stats = beside.map((path) => ({ path, stat: statOf(files, path) }))
    const known = stats.find(({ stat }) => stat && inodeKey(stat) === inodeKey(older!))?.stat
    if (!known) return
    const read = new Set(this.paths())
    const missed = stats
      .filter(
        ({ path, stat }) =>
          stat && isRotatedName(path, lineage.path) && !read.has(path) && stat.modifiedMs >= known.modifiedMs,
      )
      .filter(({ path, stat }) => !this.#isKnown(path, stat!))
      .sort((a, b) => a.stat!.modifiedMs - b.stat!.modifiedMs)
    for (const { path } of missed) {
      const file = this.#open(path)
      if (!file) continue
      file.listed = false
      if (file.isCompressed() || this.#isPendingCopy(file)) file.close()
      else if (newer) lineage.files.splice(-1, 0, file)
      else lineage.files.push(file)
    }
  }

  /** True when a path holds a file that is or was read; an inode alone may have passed on to another file. */
  #isKnown(path: string, stat: FileStat): boolean {
    const known = this.#known(stat)
    if (!known || known.isOpen) return known !== undefined
    const file = this.#open(path)
    const same = file?.matches(known.mark) ?? false
    file?.close()
    return same
  }

  /**
   * What was read of a file is gone: it was truncated. The rest of it may be in a copy that was made before; that is read on
   * in its place, and then the file from its start. Returns bytes of a line that nobody will ever end.
   */
  replaced(lineage: Lineage, file: FollowedFile): Buffer {
    const copy = this.#copyOf(lineage, file)
    const anew = lineage.isCurrent(file) || file.listed ? this.#open(file.path) : undefined
    const same = anew && inodeKey(anew) === inodeKey(file) ? anew : undefined
    if (anew && !same) anew.close()
    file.close()
    lineage.replace(
      file,
      [copy, same].filter((each) => each !== undefined),
    )
    if (copy) this.#addMissed(lineage)
    return copy ? Buffer.alloc(0) : file.unfinished
  }

  #copyOf(lineage: Lineage, file: FollowedFile): FollowedFile | undefined {
    const { mark } = file
    if (mark.position === 0) return undefined
    for (const path of this.#rotated(lineage.path)) {
      const copy = this.#open(path)
      if (copy && this.#known(copy) === undefined && copy.matches(mark)) {
        copy.resumeAt(mark)
        copy.listed = this.paths().includes(path)
        return copy
      }
      copy?.close()
    }
    return undefined
  }

  close(): void {
    for (const { files } of this.lineages.values()) for (const file of files) file.close()
  }
}
