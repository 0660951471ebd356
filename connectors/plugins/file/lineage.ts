import type { SourceOffset, SourcePartition } from '../../api/records.ts'
import { offsetOf } from './file-offset.ts'
import type { FollowedFile } from './followed-file.ts'

/** Finished files that a path remembers. */
const keptFinished = 3

/** The files that had a path one after another, oldest first; the last has it now, or had it last. */
export class Lineage {
  readonly path: string
  readonly partition: SourcePartition
  readonly files: FollowedFile[] = []
  /** The partition of the topic that the lines go to, when the source gives partitions to files. */
  topicPartition: number | undefined

  constructor(path: string) {
    this.path = path
    // The key of Connect's own file source, so that either goes on where the other stopped.
    this.partition = { filename: path }
  }

  get current(): FollowedFile | undefined {
    return this.files.at(-1)
  }

  isCurrent(file: FollowedFile): boolean {
    return this.files.at(-1) === file
  }

  /** Puts files in the place of one, or takes it out. */
  replace(file: FollowedFile, by: readonly FollowedFile[]): void {
    this.files.splice(this.files.indexOf(file), 1, ...by)
  }

  /**
   * Forgets finished files that are on no path any more, but for the latest: one that has a rotated name by now must not be
   * taken for one that was never seen.
   */
  prune(): void {
    const over = this.files.filter((file) => file.finished && !file.listed && !this.isCurrent(file))
    for (const file of over.slice(0, -keptFinished)) this.replace(file, [])
  }

  /** Where the path stands; null when nothing is left of it. */
  get offset(): SourceOffset | null {
    const current = this.current
    if (current === undefined) return null
    const offset = offsetOf(
      current.mark,
      this.files.slice(0, -1).map((file) => file.mark),
    )
    return this.topicPartition === undefined ? offset : { ...offset, topicPartition: this.topicPartition }
  }
}
