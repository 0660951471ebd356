import type { TaskContext } from './connector.ts'
import type { SourceBatch, SourceOffset, SourceOffsetEntry, SourcePartition } from './records.ts'

/** What a source task may ask of its worker. */
export interface SourceTaskContext extends TaskContext {
  /** Where to go on in a partition: after the last batch that was yielded in this run, else the stored offset. */
  offset(partition: SourcePartition): SourceOffset | undefined
  /** The same for every partition that this connector has an offset of. */
  offsets(): SourceOffsetEntry[]
}

/** One task of a source. */
export interface SourceTask {
  /**
   * Reads for as long as there is something to read: batches in order within a source partition. The runtime pulls, so
   * nothing is read ahead of demand. Returning means that the input has ended. After a signal, and after a restart,
   * `read` is called again and goes on from the context's offsets. It must return soon after `context.signal` aborts.
   */
  read(context: SourceTaskContext): AsyncIterable<SourceBatch>
  /** These offsets are stored: what lies before them need not be kept for us any longer. */
  acknowledged?(offsets: readonly SourceOffsetEntry[]): void | Promise<void>
  /** Lets go of everything; called once, last. */
  close?(): void | Promise<void>
}
