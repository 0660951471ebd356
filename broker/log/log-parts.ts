import type { Clock } from '#core/ports/clock.ts'
import type { Files } from '#core/ports/files.ts'
import type { Random } from '#core/ports/random.ts'
import type { Timers } from '#core/ports/timers.ts'
import type { Log } from '#core/telemetry/log.ts'

import type { TopicConfig } from './config.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { LoadedLog } from './log-recovery.ts'
import type { ProducerSnapshots } from './producer-snapshots.ts'
import type { ProducerStates } from './producer-state.ts'
import type { LogTail } from './tail-cache.ts'

/** What the log needs of the outside. */
export interface LogPorts {
  readonly files: Files
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
}

/** What the bytes of a log are put together from. */
export interface SegmentLogParts {
  readonly ports: LogPorts
  readonly directory: string
  readonly name: string
  readonly config: TopicConfig
  readonly loaded: LoadedLog
  readonly tail: LogTail
  /** Called when a segment was begun at the log's end, before anything is in it. */
  readonly rolled: () => void
}

/** The offsets of a log whose checkpoint cannot wait for the next one. */
export type MovedOffset = 'logStart' | 'recoveryPoint'

/** The parts that a directory puts together for one log. */
export interface PartitionLogParts extends Omit<SegmentLogParts, 'name' | 'rolled'> {
  readonly topic: string
  readonly partition: number
  readonly topicId: string | undefined
  readonly highWatermark: number
  /** Where the last compaction ended, if there was one. */
  readonly cleanedOffset: number | undefined
  readonly epochs: LeaderEpochs
  readonly producers: ProducerStates
  readonly snapshots: ProducerSnapshots
  /** Makes an offset survive a restart that has just moved: the start up, or the recovery point down. */
  readonly persist: (moved: MovedOffset) => void
}
