import type { Clock } from '#core/ports/clock.ts'
import type { Random } from '#core/ports/random.ts'
import type { Timers } from '#core/ports/timers.ts'
import type { Log } from '#core/telemetry/log.ts'
import type { GroupSettings } from './config.ts'
import { createGroup } from './group/arrival.ts'
import type { ClassicGroup } from './group/classic-group.ts'
import { prepareRebalance } from './group/rebalance.ts'
import { restoreGroup } from './group/restore.ts'
import type { GroupWorld, Step } from './group/step.ts'
import { replayPartition } from './loading.ts'
import { expire } from './offsets/expiry.ts'
import type { CoordinatorPorts } from './ports.ts'
import { RecordWriter } from './record-writer.ts'
import { type CoordinatorRecord, encodeRecord } from './records.ts'
import { StoredState } from './stored-state.ts'

/** The groups that one partition of `__consumer_offsets` keeps: what the log says of them, and them as they live. */
export class Shard implements GroupWorld {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  readonly config: GroupSettings
  readonly partition: number
  readonly stored = new StoredState()
  readonly groups = new Map<string, ClassicGroup>()
  isLoaded = false
  readonly #ports: CoordinatorPorts
  readonly #writer: RecordWriter<CoordinatorRecord>
  /** Steps of a group that are not in the log yet. */
  readonly #underWay = new Map<string, number>()
  #isClosed = false

  constructor(ports: CoordinatorPorts, partition: number) {
    this.clock = ports.clock
    this.timers = ports.timers
    this.random = ports.random
    this.log = ports.log
    this.config = ports.config
    this.partition = partition
    this.#ports = ports
    this.#writer = new RecordWriter(ports, '__consumer_offsets', partition, encodeRecord)
  }

  /** Replays the log and brings its groups to life; sessions of their members begin anew. */
  async load(): Promise<void> {
    await replayPartition(this.#ports.partitions, this.partition, this.stored)
    if (this.#isClosed) return
    for (const [groupId, value] of this.stored.groups) this.groups.set(groupId, restoreGroup(this, groupId, value))
    for (const groupId of this.stored.offsets.groupIds()) this.group(groupId)
    this.isLoaded = true
    for (const group of this.groups.values()) {
      if (group.members.size <= this.config['group.max.size']) continue
      this.run(group.groupId, prepareRebalance(this, group))
    }
  }

  /** The group, made if need be. */
  group(groupId: string): ClassicGroup {
    let group = this.groups.get(groupId)
    if (group === undefined) this.groups.set(groupId, (group = createGroup(this, groupId)))
    return group
  }

  /** Carries out a step: its records are appended with others of this turn and replayed once they are in the log. */
  run(groupId: string, step: Step): void {
    const { records, stored } = step
    if (records.length === 0) {
      stored?.(null)
      this.#forgetIfNothing(groupId)
      return
    }
    this.#underWay.set(groupId, (this.#underWay.get(groupId) ?? 0) + 1)
    this.#writer.append(records, (problem) => {
      const left = this.#underWay.get(groupId)! - 1
      if (left === 0) this.#underWay.delete(groupId)
      else this.#underWay.set(groupId, left)
      if (problem === null) for (const record of records) this.#replay(record)
      stored?.(problem)
      this.#forgetIfNothing(groupId)
    })
  }

  /** Writes tombstones for expired offsets and empty groups; a group with records under way waits for the next time. */
  sweep(): void {
    const nowMs = this.clock.now()
    for (const group of this.groups.values()) {
      if (this.#underWay.has(group.groupId)) continue
      const records = expire(group, this.stored, this.config, nowMs)
      if (records.length > 0) this.run(group.groupId, { records })
    }
  }

  /** Stops timers and answers everybody who waits. */
  close(): void {
    this.#isClosed = true
    this.isLoaded = false
    this.#writer.close()
    for (const group of this.groups.values()) group.close('NOT_COORDINATOR')
    this.groups.clear()
  }

  #replay(record: CoordinatorRecord): void {
    this.stored.replay(record)
    // Offsets alone make a group too: one that is empty and has no type.
    if (record.kind === 'offset' && record.value !== null) this.group(record.groupId)
  }

  /** Drops a group of which nothing is kept and nothing is to be expected. */
  #forgetIfNothing(groupId: string): void {
    const group = this.groups.get(groupId)
    if (group === undefined || group.state !== 'Empty' || group.pendingJoin.size > 0) return
    if (this.stored.groups.has(groupId) || this.stored.offsets.has(groupId) || this.#underWay.has(groupId)) return
    this.groups.delete(groupId)
  }
}
