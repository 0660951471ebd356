import type { TopicPartition, TopicPartitionOffset } from '#core/client/client.ts'

import type { TaskContext } from './connector.ts'
import type { SinkRecord } from './records.ts'

/** What a sink task may ask of its worker. */
export interface SinkTaskContext extends TaskContext {
  /** Moves the next read of a partition; only within `open` and `put`. For sinks that keep offsets in their target. */
  seek(partition: TopicPartition, offset: number): void
  /** Asks for a commit soon, not only at the next interval. */
  requestCommit(): void
}

/** One task of a sink. No two of its functions ever run at once. */
export interface SinkTask {
  /** From now on records of these partitions come; called before the first record and after each change, with the new ones. */
  open?(partitions: readonly TopicPartition[], context: SinkTaskContext): void | Promise<void>
  /** Takes records, in offset order within a partition. Having them in memory is enough: they count once committed. */
  put(records: readonly SinkRecord[], context: SinkTaskContext): void | Promise<void>
  /** Makes everything put so far durable. */
  flush?(): void | Promise<void>
  /**
   * Says which offsets may be committed, given those put so far (the next to read); called every commit interval, also
   * when nothing was put. Left out: `flush`, then all of them.
   */
  preCommit?(
    offsets: readonly TopicPartitionOffset[],
  ): readonly TopicPartitionOffset[] | Promise<readonly TopicPartitionOffset[]>
  /** These partitions are no longer ours; what was put and not committed of them will come again elsewhere. */
  close?(partitions: readonly TopicPartition[]): void | Promise<void>
  /** Lets go of everything; called once, last. */
  stop?(): void | Promise<void>
}
