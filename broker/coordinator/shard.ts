import type { Clock } from '#core/ports/clock.ts'
import type { Random } from '#core/ports/random.ts'
import type { Timers } from '#core/ports/timers.ts'
import type { Log } from '#core/telemetry/log.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import { Alarms } from './alarms.ts'
import type { GroupSettings } from './config.ts'
import { ConsumerGroup } from './consumer-group/consumer-group.ts'
import { createGroup } from './group/arrival.ts'
import type { ClassicGroup } from './group/classic-group.ts'
import { prepareRebalance } from './group/rebalance.ts'
import { restoreGroup } from './group/restore.ts'
import type { GroupWorld, Step } from './group/step.ts'
import type { Group } from './group-kinds.ts'
import { replayPartition } from './loading.ts'
import { resume } from './modern-groups.ts'
import { expire } from './offsets/expiry.ts'
import type { CoordinatorPorts, Topics } from './ports.ts'
import { RecordWriter, type TransactionStamp } from './record-writer.ts'
import { type CoordinatorRecord, encodeRecord, isModern } from './records.ts'
import { StoredState } from './stored-state.ts'

/** How a producer's transaction ended, with the control batch that says so in the log. */
export interface OffsetsMarker {
  readonly producerId: number
  readonly committed: boolean
  readonly batch: Buffer
  readonly transactionVersion: number
}

/** The groups that one partition of `__consumer_offsets` keeps: what the log says of them, and them as they live. */
export class Shard implements GroupWorld {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  readonly config: GroupSettings
  readonly topics: Topics
  readonly alarms: Alarms
  readonly partition: number
  readonly stored = new StoredState()
  /** Classic groups as they live; modern ones are all in `stored`. */
  readonly classic = new Map<string, ClassicGroup>()
  /** Where the metadata log was when topics were made last; at first, when this coordinator began. */
  newestTopicVersion: number
  isLoaded = false
  readonly #ports: CoordinatorPorts
  readonly #writer: RecordWriter<CoordinatorRecord>
  /** Steps of a group that are not in the log yet. */
  readonly #underWay = new Map<string, number>()
  /** Called when records of modern groups did not reach the log: what is here is ahead of it. */
  readonly #onLost: () => void
  #isClosed = false

  constructor(ports: CoordinatorPorts, partition: number, onLost: () => void) {
    this.clock = ports.clock
    this.timers = ports.timers
    this.random = ports.random
    this.log = ports.log
    this.config = ports.config
    this.topics = ports.topics
    this.alarms = new Alarms(ports)
    this.#onLost = onLost
    this.partition = partition
    this.newestTopicVersion = ports.topics.version()
    this.#ports = ports
    this.#writer = new RecordWriter(ports, '__consumer_offsets', partition, encodeRecord)
  }

  /** Replays the log and brings its groups to life; sessions of their members begin anew. */
  async load(): Promise<void> {
    await replayPartition(this.#ports.partitions, this.partition, this.stored)
    if (this.#isClosed) return
    for (const [groupId, value] of this.stored.groups) this.classic.set(groupId, restoreGroup(this, groupId, value))
    for (const groupId of this.stored.offsetGroups()) if (this.find(groupId) === undefined) this.group(groupId)
    this.isLoaded = true
    for (const group of this.stored.modern.values()) resume(this, group)
    for (const group of this.classic.values()) {
      if (group.members.size <= this.config['group.max.size']) continue
      this.run(group.groupId, prepareRebalance(this, group))
    }
  }

  groupConfig(groupId: string): Readonly<Record<string, unknown>> {
    return this.#ports.groupConfig?.(groupId) ?? {}
  }

  /** The group of this id, of whatever kind. */
  find(groupId: string): Group | undefined {
    return this.stored.modern.get(groupId) ?? this.classic.get(groupId)
  }

  /** All groups, of all kinds. */
  all(): Group[] {
    const classic = [...this.classic.values()].filter(({ groupId }) => !this.stored.modern.has(groupId))
    return [...this.stored.modern.values(), ...classic]
  }

  /** The classic group, made if need be; no modern group may have its id. */
  group(groupId: string): ClassicGroup {
    let group = this.classic.get(groupId)
    if (group === undefined) this.classic.set(groupId, (group = createGroup(this, groupId)))
    return group
  }

  /**
   * Makes room for a group of another kind: the records that end an empty group of this id. GROUP_ID_NOT_FOUND when it has
   * members.
   */
  clearFor(type: Group['type'], groupId: string): readonly CoordinatorRecord[] | ErrorName {
    const group = this.find(groupId)
    if (group === undefined || group.type === type) return []
    if (!group.isEmpty) return 'GROUP_ID_NOT_FOUND'
    if (group.type !== 'classic') return group.tombstones()
    this.dropClassic(groupId)
    return this.stored.groups.has(groupId) ? group.tombstones() : []
  }

  /** Lets go of a classic group whose place another one takes; requests that wait in it are sent to join again. */
  dropClassic(groupId: string): void {
    this.classic.get(groupId)?.close('REBALANCE_IN_PROGRESS')
    this.classic.delete(groupId)
  }

  adoptClassic(group: ClassicGroup): void {
    this.classic.set(group.groupId, group)
  }

  consumerGroup(groupId: string): ConsumerGroup | undefined {
    const group = this.stored.modern.get(groupId)
    return group instanceof ConsumerGroup ? group : undefined
  }

  /** Lets the groups that subscribe to these topics look at them again; `areNew` when some of them were made just now. */
  topicsChanged(names: ReadonlySet<string>, areNew: boolean): void {
    if (areNew) this.newestTopicVersion = this.topics.version()
    for (const group of this.stored.modern.values()) group.topicsChanged?.(names)
  }

  /**
   * Carries out a step: its records are appended with others of this turn. Those of modern groups are replayed at once, so
   * that the next request builds on them, the others when they are in the log; what is `stored` waits for the log always.
   */
  run(groupId: string, step: Step): void {
    const { records, stored } = step
    if (records.length === 0 && !this.#underWay.has(groupId)) {
      stored?.(null)
      this.#forgetIfNothing(groupId)
      return
    }
    this.#underWay.set(groupId, (this.#underWay.get(groupId) ?? 0) + 1)
    const modern = records.filter(isModern)
    let isAhead = false
    const isAccepted = this.#writer.append(records, (problem) => {
      this.#landed(groupId)
      if (problem === null) for (const record of records) if (!isModern(record)) this.#replay(record)
      stored?.(problem)
      if (problem !== null && isAhead && !this.#isClosed) return this.#onLost()
      this.#forgetIfNothing(groupId)
    })
    if (!isAccepted || modern.length === 0) return
    isAhead = true
    for (const record of modern) this.stored.replay(record)
    if (!this.stored.modern.has(groupId)) this.alarms.clearGroup(groupId)
  }

  /** Writes offsets inside of a producer's transaction: nobody sees them before its marker. */
  runInTransaction(
    groupId: string,
    records: readonly CoordinatorRecord[],
    stamp: TransactionStamp,
    stored: (problem: ErrorName | null) => void,
  ): void {
    this.#underWay.set(groupId, (this.#underWay.get(groupId) ?? 0) + 1)
    this.#writer.append(
      records,
      (problem) => {
        this.#landed(groupId)
        if (problem === null) for (const record of records) this.#replay(record, stamp.producerId)
        stored(problem)
        this.#forgetIfNothing(groupId)
      },
      stamp,
    )
  }

  /** Writes a transaction's marker: what the producer committed inside of it counts now, or never did. */
  endTransaction(marker: OffsetsMarker, done: (problem: ErrorName | null) => void): void {
    const { producerId, committed } = marker
    this.#writer.appendBatch(marker, (problem) => {
      if (problem === null) for (const groupId of this.stored.endTransaction(producerId, committed)) this.#seen(groupId)
      done(problem)
    })
  }

  /** Writes tombstones for expired offsets and empty groups; a group with records under way waits for the next time. */
  sweep(): void {
    const nowMs = this.clock.now()
    for (const group of this.all()) {
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
    this.alarms.close()
    for (const group of this.classic.values()) group.close('NOT_COORDINATOR')
    this.classic.clear()
  }

  #landed(groupId: string): void {
    const left = this.#underWay.get(groupId)! - 1
    if (left === 0) this.#underWay.delete(groupId)
    else this.#underWay.set(groupId, left)
  }

  #replay(record: CoordinatorRecord, producerId = -1): void {
    this.stored.replay(record, producerId)
    if (record.kind === 'offset' && record.value !== null) this.#seen(record.groupId)
  }

  /** Offsets alone make a group too: one that is empty and has no type. Without any it may be over. */
  #seen(groupId: string): void {
    if (this.find(groupId) === undefined) this.group(groupId)
    this.#forgetIfNothing(groupId)
  }

  /** Drops a classic group of which nothing is kept and nothing is to be expected. */
  #forgetIfNothing(groupId: string): void {
    const group = this.classic.get(groupId)
    if (group === undefined || group.state !== 'Empty' || group.pendingJoin.size > 0) return
    if (this.stored.groups.has(groupId) || this.stored.hasOffsets(groupId) || this.#underWay.has(groupId)) return
    this.classic.delete(groupId)
  }
}
