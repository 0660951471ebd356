import { dirname } from 'node:path'

import { ProtocolError } from '#core/wire/errors.ts'

import { syncFile } from './checkpoint-file.ts'
import type { TopicConfig } from './config.ts'
import { cleanedSuffix, partitionMetadataFile, swapSuffix } from './file-names.ts'
import type { LogPorts, SegmentLogParts } from './log-parts.ts'
import { LogReader } from './log-reader.ts'
import { largestSegmentBytes, Segment } from './segment.ts'
import { Segments } from './segments.ts'
import { resuffix } from './swap-files.ts'
import type { LogTail } from './tail-cache.ts'

/** What a batch or a row of them brings to a segment. */
export interface Extent {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly maxTimestamp: number
}

/** The bytes of a log: its segments, their files, and the newest batches in memory. Who may write what is decided above. */
export class SegmentLog {
  readonly segments: Segments
  readonly reader: LogReader
  config: TopicConfig
  readonly #ports: LogPorts
  readonly #directory: string
  readonly #name: string
  readonly #tail: LogTail
  readonly #rolled: () => void
  /** Segments of which some bytes are not known to be on the disk. */
  readonly #unsynced = new Set<Segment>()
  /** Something was written since the log was opened, or it was not closed before: its indexes must be written. */
  touched: boolean
  #endOffset: number
  #rollJitterMs = 0
  /** Files were made whose names are not known to be on the disk. */
  #directoryDirty = false
  /** The directory itself is not known to be on the disk. */
  #new: boolean
  #tornTail = false

  constructor(parts: SegmentLogParts) {
    const { loaded } = parts
    this.#ports = parts.ports
    this.#directory = parts.directory
    this.#name = parts.name
    this.config = parts.config
    this.#tail = parts.tail
    this.#rolled = parts.rolled
    this.segments = new Segments(loaded.segments)
    this.reader = new LogReader(this.segments, parts.tail, parts.ports.clock, () => this.#endOffset)
    this.#endOffset = loaded.logEndOffset
    this.touched = !loaded.clean
    this.#new = !loaded.clean
    for (const segment of loaded.segments) {
      if (this.segments.endOf(segment, loaded.logEndOffset) > loaded.recoveryPoint) this.#unsynced.add(segment)
    }
    this.#drawJitter()
    this.#removeLater(loaded.marked)
  }

  /** Offset of the next record. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** Begins a new segment when the active one cannot or should not take the batches. Throws RECORD_LIST_TOO_LARGE. */
  makeRoom(bytes: number, extent: Extent, nowMs: number): void {
    const segmentBytes = Math.min(this.config['segment.bytes'], largestSegmentBytes)
    if (bytes > segmentBytes) {
      throw new ProtocolError(
        'RECORD_LIST_TOO_LARGE',
        `${bytes} bytes for ${this.#name}, segment.bytes is ${segmentBytes}`,
      )
    }
    const { active } = this.segments
    if (active.sizeInBytes === 0) {
      if (active.reaches(extent.lastOffset)) return
    } else {
      const { rollTimestamp = -1 } = active
      const waitedMs = rollTimestamp >= 0 ? extent.maxTimestamp - rollTimestamp : nowMs - active.createdMs
      const full =
        active.sizeInBytes > segmentBytes - bytes || !active.index.hasRoom(this.config['segment.index.bytes'])
      if (!full && waitedMs <= this.#rollMs() - this.#rollJitterMs && active.reaches(extent.lastOffset)) return
    }
    this.roll(extent.baseOffset)
  }

  /** Begins a new segment, unless the active one is empty and begins there. */
  roll(baseOffset = this.#endOffset): void {
    const { active } = this.segments
    if (active.baseOffset === baseOffset) return
    this.#cutTornTail()
    const next = Segment.create(this.#ports.files, this.#directory, baseOffset, this.#ports.clock.now())
    try {
      active.seal()
    } catch (error) {
      // The active segment goes on; an empty one in the middle of it would end the log there after a crash.
      next.close()
      this.#ports.files.remove(next.path)
      throw error
    }
    this.segments.push(next)
    // The old one again, though its batches may be on the disk: its indexes were written just now.
    this.#unsynced.add(active).add(next)
    this.#directoryDirty = true
    this.touched = true
    this.#drawJitter()
    this.#rolled()
  }

  /** Record time that a segment spans at most: compaction leaves the active one alone, so its lag counts here too. */
  #rollMs(): number {
    const { config } = this
    const compacts = config['cleanup.policy'].includes('compact')
    return compacts ? Math.min(config['segment.ms'], config['max.compaction.lag.ms']) : config['segment.ms']
  }

  #drawJitter(): void {
    const most = Math.min(this.config['segment.jitter.ms'], this.config['segment.ms'])
    this.#rollJitterMs = most > 0 ? Math.floor(this.#ports.random.next() * most) : 0
  }

  /** Copies batches to where they will be cached, to be stamped there and then written. */
  stage(batches: Buffer, baseOffset: number): Buffer {
    return this.#tail.stage(batches, baseOffset)
  }

  /** Writes staged batches at the end of the active segment. A failure is undone, at the latest before the next write. */
  write(staged: Buffer, extent: Extent): void {
    const { active } = this.segments
    this.#cutTornTail()
    this.#tornTail = true
    this.touched = true
    active.append(staged, this.config['index.interval.bytes'])
    this.#tornTail = false
    this.#unsynced.add(active)
    this.#endOffset = extent.lastOffset + 1
    this.#tail.commit(staged.length, extent.baseOffset, this.#endOffset)
  }

  /** Takes away what a failed write left behind the last batch. */
  #cutTornTail(): void {
    if (!this.#tornTail) return
    this.segments.active.cutTail()
    this.#tornTail = false
  }

  /** Forces out all that is not known to be on the disk: oldest segments first, so that a crash leaves no hole. */
  async sync(synced: (segment: Segment) => Promise<void>): Promise<void> {
    const { files } = this.#ports
    const directories = this.#new
      ? [dirname(this.#directory), this.#directory]
      : this.#directoryDirty
        ? [this.#directory]
        : []
    if (this.#new) await syncFile(files, `${this.#directory}/${partitionMetadataFile}`)
    this.#new = false
    this.#directoryDirty = false
    for (const directory of directories) await files.syncDirectoryLater(directory)
    for (const segment of [...this.#unsynced].sort((a, b) => a.baseOffset - b.baseOffset)) {
      // One that was deleted meanwhile has left the set.
      if (!this.#unsynced.delete(segment)) continue
      await segment.sync()
      await synced(segment)
    }
  }

  /** Takes out the `count` oldest segments; `also` names more files to go with each. Returns the bytes freed. */
  removeOldest(count: number, also: (segment: Segment) => string[]): number {
    const gone = this.segments.removeFirst(count)
    this.#discard(gone, also)
    return gone.reduce((sum, segment) => sum + segment.sizeInBytes, 0)
  }

  /**
   * Puts the cleaned segment whose `.cleaned` files are complete and on the disk in the place of those it was made from. In
   * two steps, so that a crash at any point leaves either the old ones or what the next start can finish.
   */
  replaceSegments(old: readonly Segment[], also: (segment: Segment) => string[]): void {
    const { files, log, clock } = this.#ports
    const { baseOffset } = old[0]!
    resuffix(files, this.#directory, baseOffset, cleanedSuffix, swapSuffix)
    const marked = old.flatMap((segment) => segment.markDeleted())
    resuffix(files, this.#directory, baseOffset, swapSuffix, '')
    const next = Segment.existing(files, log, this.#directory, baseOffset, clock.now())
    if (!next.openIndexes() || !next.transactions.openSealed(baseOffset))
      throw new Error(`the indexes of ${next.path} cannot be read`)
    next.trusted.own()
    this.segments.replace(old, next)
    for (const segment of old) {
      this.#unsynced.delete(segment)
      if (segment.baseOffset !== baseOffset) marked.push(...also(segment))
      segment.close()
    }
    this.#directoryDirty = true
    this.touched = true
    // The newest batches may be in memory as they were; readers must not see records whose transaction is forgotten.
    this.#tail.clear()
    this.reader.forget()
    this.#removeLater(marked)
  }

  /** Cuts the log at a whole batch so that it ends at or before `offset`, which must lie in a segment. */
  truncateTo(offset: number, also: (segment: Segment) => string[]): void {
    this.#discard(this.segments.removeAbove(offset), also)
    const { active } = this.segments
    active.index.load()
    active.truncateTo(offset)
    this.#ports.files.syncDirectory(this.#directory)
    this.#setEnd(active.nextOffset())
  }

  /** Drops everything and begins anew at an offset. */
  restartAt(offset: number, also: (segment: Segment) => string[]): void {
    this.#discard(this.segments.removeFirst(this.segments.all().length), also)
    this.segments.push(Segment.create(this.#ports.files, this.#directory, offset, this.#ports.clock.now()))
    this.#ports.files.syncDirectory(this.#directory)
    this.#setEnd(offset)
  }

  #setEnd(offset: number): void {
    this.#endOffset = offset
    this.#tornTail = false
    this.touched = true
    this.#tail.clear()
    this.reader.forget()
    this.#unsynced.add(this.segments.active)
  }

  #discard(segments: readonly Segment[], also: (segment: Segment) => string[]): void {
    const marked: string[] = []
    for (const segment of segments) {
      this.#unsynced.delete(segment)
      marked.push(...segment.markDeleted(), ...also(segment))
      segment.close()
    }
    this.reader.forget()
    this.#removeLater(marked)
  }

  #removeLater(paths: readonly string[]): void {
    if (paths.length === 0) return
    const { files, timers } = this.#ports
    timers.after(this.config['file.delete.delay.ms'], () => {
      for (const path of paths) if (files.exists(path)) files.remove(path)
    })
  }

  /** Writes the indexes of the active segment, so that the next start finds them. */
  async writeIndexes(): Promise<void> {
    const { active } = this.segments
    this.#cutTornTail()
    active.writeIndexes()
    await active.sync()
  }

  closeFiles(): void {
    this.#tail.clear()
    this.reader.forget()
    for (const segment of this.segments.all()) segment.close()
  }
}
