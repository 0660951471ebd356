import type { Clock } from '#core/ports/clock.ts'
import type { Random } from '#core/ports/random.ts'
import type { Timers } from '#core/ports/timers.ts'
import type { Log } from '#core/telemetry/log.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import type { Alarms } from '../alarms.ts'
import type { GroupSettings } from '../config.ts'
import type { ConsumerGroup } from '../consumer-group/consumer-group.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { Topics } from '../ports.ts'
import type { CoordinatorRecord } from '../records.ts'

/**
 * What a request or a timer comes to: records for the log, and what to do when they are in it (`null`) or could not be
 * written (the error for the client). Only the replay of records changes what is kept.
 */
export interface Step {
  readonly records: readonly CoordinatorRecord[]
  readonly stored?: (problem: ErrorName | null) => void
}

/** The step that writes nothing. */
export const nothing: Step = { records: [] }

/** What the state machines of groups need of the world. */
export interface GroupWorld {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  readonly config: GroupSettings
  readonly topics: Topics
  /** The settings of a group itself, as far as it has any. */
  groupConfig(groupId: string): Readonly<Record<string, unknown>>
  /** Timers of modern groups; those of a classic group are its own. */
  readonly alarms: Alarms
  /** The consumer group of this id, if it is one. */
  consumerGroup(groupId: string): ConsumerGroup | undefined
  /** Takes in a classic group that comes in the place of another kind. */
  adoptClassic(group: ClassicGroup): void
  /** The metadata log's position when topics came into being last, as far as it was noticed. */
  readonly newestTopicVersion: number
  /** Carries out a step of a group: appends its records, replays them once they are in the log, and says so. */
  run(groupId: string, step: Step): void
}
