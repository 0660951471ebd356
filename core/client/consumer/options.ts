import { rangeAssignor } from '#core/client/assignors/range.ts'
import { cooperativeStickyAssignor } from '#core/client/assignors/cooperative-sticky.ts'
import type { Assignor, AutoOffsetReset, ConsumerOptions } from '#core/client/client.ts'

/** Consumer options with every default filled in: Kafka's, but that nothing is committed unasked. */
export interface ConsumerSettings {
  readonly groupId: string | undefined
  readonly groupInstanceId: string | null
  readonly autoOffsetReset: AutoOffsetReset
  readonly autoCommitIntervalMs: number | undefined
  readonly readCommitted: boolean
  readonly minBytes: number
  readonly maxBytes: number
  readonly maxPartitionBytes: number
  readonly maxWaitMs: number
  readonly maxPollRecords: number
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly assignors: readonly Assignor[]
}

/** Fills in the defaults. */
export function consumerSettings(options: ConsumerOptions): ConsumerSettings {
  const sessionTimeoutMs = options.sessionTimeoutMs ?? 45_000
  return {
    groupId: options.groupId,
    groupInstanceId: options.groupInstanceId ?? null,
    autoOffsetReset: options.autoOffsetReset ?? 'latest',
    autoCommitIntervalMs: options.autoCommitIntervalMs,
    readCommitted: options.isolationLevel === 'read_committed',
    minBytes: options.minBytes ?? 1,
    maxBytes: options.maxBytes ?? 52_428_800,
    maxPartitionBytes: options.maxPartitionBytes ?? 1_048_576,
    maxWaitMs: options.maxWaitMs ?? 500,
    maxPollRecords: options.maxPollRecords ?? 500,
    sessionTimeoutMs,
    rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 300_000,
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? Math.min(3000, sessionTimeoutMs / 3),
    assignors: options.assignors ?? [rangeAssignor(), cooperativeStickyAssignor()],
  }
}
