import type { Clock } from '#core/ports/clock.ts'
import type { Random } from '#core/ports/random.ts'
import type { Timers } from '#core/ports/timers.ts'
import type { Log } from '#core/telemetry/log.ts'
import type { GroupSettings } from './config.ts'

/** Who sent a request. `clientHost` is shown by DescribeGroups: a slash and the address, as Kafka writes it. */
export interface RequestContext {
  readonly apiVersion: number
  readonly clientId: string | null
  readonly clientHost: string
  /** Whether the client may see a topic; without it every one. */
  readonly mayDescribe?: (topic: string) => boolean
}

/** The log of `__consumer_offsets` as the coordinator needs it. */
export interface OffsetsPartitions {
  /** How many partitions the topic has; 0 while it does not exist. */
  readonly count: number
  /** The largest batch that the topic takes, in bytes. */
  readonly maxBatchBytes: number
  /**
   * Appends whole batches, whose offsets are assigned here. Done when they may be acknowledged; throws or rejects only
   * when they are not in the log. With a transaction marker comes the transaction.version of its transaction.
   */
  append(partition: number, batches: Buffer, transactionVersion?: number): void | Promise<void>
  /** Everything from the log's start to its end, in order; each piece holds whole batches. */
  read(partition: number): Iterable<Buffer> | AsyncIterable<Buffer>
}

/** The topics that exist. */
export interface Topics {
  /** Undefined when there is no such topic. */
  partitionCount(name: string): number | undefined
  topicId(name: string): string | undefined
  topicName(id: string): string | undefined
  /** The names of all topics. */
  names(): Iterable<string>
  /** The racks of the brokers that hold each partition, as far as they have one. */
  racks(name: string): readonly (readonly string[])[] | undefined
  /** Where the metadata log stands: grows with every change. */
  version(): number
}

/** Everything that the coordinator needs of the world. */
export interface CoordinatorPorts {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  readonly config: GroupSettings
  readonly partitions: OffsetsPartitions
  readonly topics: Topics
  /** The settings of a group itself (`streams.session.timeout.ms`, ...), within the broker's bounds; none when absent. */
  readonly groupConfig?: (groupId: string) => Readonly<Record<string, unknown>>
  /** Runs a call when this turn of the loop is over, for group commit; `setImmediate` when absent. */
  readonly defer?: (call: () => void) => void
}
