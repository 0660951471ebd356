import type { Files, FileStat, OpenFile } from '#core/ports/files.ts'

import type { FileMark } from './file-offset.ts'
import { fingerprintOf, headBytesMost, noFingerprint, readBytes, stillThere, tailBytesMost } from './fingerprint.ts'
import type { Fingerprint } from './fingerprint.ts'

/** Bytes of a file to be cut into lines. */
export interface Chunk {
  readonly bytes: Buffer
  /** Where unread bytes begin; before it lie bytes read earlier. */
  readonly from: number
  /** Position in the file of the first byte. */
  readonly base: number
  /** True when the file had no more when it was read. */
  readonly last: boolean
}

/** Identifies a file on a machine for as long as it exists. */
export const inodeKey = ({ device, inode }: { readonly device: number; readonly inode: number }): string =>
  `${device}:${inode}`

/**
 * One file on the disk, whatever it is called, and how far it is read. Reads begin a few bytes before the position: when
 * those are not what they were, the file has been truncated and written anew.
 */
export class FollowedFile {
  /** Where it was last seen. */
  path: string
  device: number
  inode: number
  position: number
  /** Of the file when it was last known to be the one that was read. */
  modifiedMs: number
  /** Monotonic ms: when it last gave something to read, or was first seen. */
  grewAt: number
  /** Seen at one of the paths that the source reads, at the last look. */
  listed = true
  /** Monotonic ms: since when it is no longer the file that its path names. */
  asideAt: number | undefined
  /** Read to its end, with nothing more expected. */
  finished = false
  /** What was read of a line that has no end yet. */
  unfinished: Buffer = Buffer.alloc(0)
  #head: Fingerprint
  #tail: Buffer
  #file: OpenFile | undefined
  #endSize = -1
  #touched = false

  private constructor(path: string, stat: FileStat, file: OpenFile, now: number) {
    this.path = path
    this.device = stat.device
    this.inode = stat.inode
    this.position = 0
    this.modifiedMs = stat.modifiedMs
    this.grewAt = now
    this.#file = file
    this.#head = noFingerprint
    this.#tail = Buffer.alloc(0)
  }

  /** Opens what is at a path now. Undefined when it is gone, is no file, or changed while we looked. */
  static open(files: Files, path: string, now: number): FollowedFile | undefined {
    const stat = statOf(files, path)
    if (!stat) return undefined
    const file = files.open(path, { readonly: true })
    const after = statOf(files, path)
    if (!after || inodeKey(after) !== inodeKey(stat)) {
      file.close()
      return undefined
    }
    return new FollowedFile(path, stat, file, now)
  }

  /** True when this file begins as the marked one did and holds, before the marked position, what was read there. */
  matches(mark: FileMark): boolean {
    const file = this.#file!
    if (file.size() < Math.max(mark.position, mark.head.bytes)) return false
    return stillThere(file, mark.head.bytes, mark.head) && stillThere(file, mark.position, mark.tail)
  }

  /** Goes on where a mark ends; `matches` must be true. */
  resumeAt(mark: FileMark): void {
    this.position = mark.position
    this.#head = mark.head
    this.#tail = readBytes(
      this.#file!,
      Math.max(0, mark.position - tailBytesMost),
      Math.min(mark.position, tailBytesMost),
    )
    this.#noteHead()
  }

  get mark(): FileMark {
    const { position, device, inode, finished } = this
    return { position, device, inode, finished, head: this.#head, tail: fingerprintOf(this.#tail) }
  }

  get isOpen(): boolean {
    return this.#file !== undefined
  }

  size(): number {
    return this.#file!.size()
  }

  /** False when what was read is no longer there. */
  isIntact(): boolean {
    return this.matches(this.mark)
  }

  /** True when this file is, as far as it goes, a copy of the other: an unfinished one, or an empty one to begin with. */
  isCopyOf(other: FollowedFile): boolean {
    const size = this.size()
    if (size > other.size()) return false
    const same = (start: number, length: number): boolean =>
      readBytes(this.#file!, start, length).equals(readBytes(other.#file!, start, length))
    const tail = Math.min(tailBytesMost, size)
    return same(0, Math.min(headBytesMost, size)) && same(size - tail, tail)
  }

  /** True for gzip: what rotation compressed holds nothing that can be read as lines. */
  isCompressed(): boolean {
    const magic = readBytes(this.#file!, 0, 2)
    return magic.length === 2 && magic.readUInt16BE() === 0x1f8b
  }

  /**
   * Reads what follows the position, up to `mostBytes`. `end` when there is nothing new, `replaced` when what was read
   * before is gone.
   */
  async read(mostBytes: number): Promise<Chunk | 'end' | 'replaced'> {
    const file = this.#file!
    const size = file.size()
    if (size < this.position) return 'replaced'
    if (size === this.position || size === this.#endSize) return this.#wasRewritten() ? 'replaced' : 'end'
    // After a pause the whole file may be another, of a different head too.
    if (this.#endSize >= 0 && !stillThere(file, this.#head.bytes, this.#head)) return 'replaced'
    const overlap = this.#tail.length
    const wanted = Math.min(mostBytes, size - this.position)
    const target = Buffer.allocUnsafeSlow(overlap + wanted)
    const base = this.position - overlap
    const bytes = target.subarray(0, await file.readAsync(target, 0, target.length, base))
    if (bytes.compare(this.#tail, 0, overlap, 0, Math.min(overlap, bytes.length)) !== 0) return 'replaced'
    return { bytes, from: overlap, base, last: base + bytes.length >= size }
  }

  /** Tells of the file's time of change: one that changed without growing may have been written anew to the same size. */
  noteModified(modifiedMs: number): void {
    if (modifiedMs !== this.modifiedMs) this.#touched = true
    this.modifiedMs = modifiedMs
  }

  #wasRewritten(): boolean {
    if (!this.#touched) return false
    this.#touched = false
    return !this.isIntact()
  }

  /** The lines of a chunk up to `end`, an index into it, are taken. */
  advance(chunk: Chunk, end: number): void {
    this.position = chunk.base + end
    this.#tail = Buffer.from(chunk.bytes.subarray(Math.max(0, end - tailBytesMost), end))
    this.unfinished = Buffer.alloc(0)
    this.#endSize = -1
    if (this.#head.bytes < headBytesMost) this.#noteHead()
  }

  /** There is no whole line after the position: not to be read again before the file grows. */
  reachedEnd(chunk: Chunk): void {
    this.#endSize = chunk.base + chunk.bytes.length
    this.unfinished = chunk.bytes.subarray(chunk.from)
  }

  /** A file that has a small head is known by more of it as it grows. */
  #noteHead(): void {
    const head = readBytes(this.#file!, 0, headBytesMost)
    if (head.length > this.#head.bytes) this.#head = fingerprintOf(head)
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
  }

  /** Opens a closed file again if the path still holds it. */
  reopen(files: Files): boolean {
    if (this.#file) return true
    const stat = statOf(files, this.path)
    if (!stat || stat.inode !== this.inode) return false
    this.#file = files.open(this.path, { readonly: true })
    if (this.isIntact()) return true
    this.close()
    return false
  }
}

/** What is at a path; undefined when nothing or a directory is. */
export function statOf(files: Files, path: string): FileStat | undefined {
  try {
    const stat = files.stat(path)
    return stat.directory ? undefined : stat
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as { code?: string }).code ?? '')) return undefined
    throw error
  }
}
