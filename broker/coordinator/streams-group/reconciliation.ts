import { ProtocolError } from '#core/wire/errors.ts'
import type { Progress } from './member.ts'
import {
  type GivenTasks,
  type TargetTasks,
  type Tasks,
  type TasksWithEpochs,
  hasNoTasks,
  noGivenTasks,
  ownsAny,
} from './tasks.ts'

/** Which processes have a task now, as the members' current assignments say. */
export interface TaskOwners {
  /** The process that has an active task; undefined when none has. */
  active(subtopologyId: string, partition: number): string | undefined
  hasStandby(subtopologyId: string, partition: number, processId: string): boolean
  hasWarmup(subtopologyId: string, partition: number, processId: string): boolean
}

/** A member on its way to the target of `epoch`. */
export interface Way {
  readonly processId: string
  readonly epoch: number
  readonly target: TargetTasks
  /** What the member says it runs; undefined when it says nothing. */
  readonly owned: TargetTasks | undefined
  readonly owners: TaskOwners
}

/**
 * The next step of a member towards its target. It first gives up what is not its any more, and stays in its epoch until
 * it has; then it gets what is free, at once in the epoch of the target; what other processes, or other roles in its own
 * process, still hold it gets with a later heartbeat. The same object when there is nothing to be done. Throws
 * FENCED_MEMBER_EPOCH for a member in a state of a later version that still runs tasks.
 */
export function reconcile(member: Progress, way: Way): Progress {
  switch (member.state) {
    case 'STABLE':
      return member.memberEpoch === way.epoch ? member : next(member, member.memberEpoch, way)
    case 'UNREVOKED_TASKS':
      if (way.owned === undefined || ownsAny(way.owned, member.pendingRevocation)) return member
      return next(member, member.memberEpoch + 1, way)
    case 'UNRELEASED_TASKS':
      return next(member, member.memberEpoch, way)
    case 'UNKNOWN':
      if (way.owned !== undefined && hasNoTasks(way.owned)) return next(member, way.epoch, way)
      throw new ProtocolError(
        'FENCED_MEMBER_EPOCH',
        'the member is in a state that is not known here: it must give up all its tasks and join again',
      )
  }
}

function next(member: Progress, memberEpoch: number, way: Way): Progress {
  const { owners, processId, target, epoch } = way
  const { assigned } = member
  const isInProcess = (id: string, partition: number): boolean =>
    owners.hasStandby(id, partition, processId) || owners.hasWarmup(id, partition, processId)
  const isTaken = (id: string, partition: number): boolean =>
    owners.active(id, partition) === processId || isInProcess(id, partition)
  const active = differenceWithEpochs(assigned.active, target.active, epoch, (id, partition) => {
    return owners.active(id, partition) !== undefined || isInProcess(id, partition)
  })
  const standby = difference(assigned.standby, target.standby, isTaken)
  const warmup = difference(assigned.warmup, target.warmup, isTaken)

  const kept: GivenTasks = { active: active.kept, standby: standby.kept, warmup: warmup.kept }
  const revoked: GivenTasks = { active: active.revoked, standby: standby.revoked, warmup: warmup.revoked }
  const previousMemberEpoch = member.memberEpoch
  if (!hasNoTasks(revoked) && (way.owned === undefined || ownsAny(way.owned, revoked))) {
    return { state: 'UNREVOKED_TASKS', memberEpoch, previousMemberEpoch, assigned: kept, pendingRevocation: revoked }
  }
  const mustWait = active.mustWait || standby.mustWait || warmup.mustWait
  return {
    state: mustWait ? 'UNRELEASED_TASKS' : 'STABLE',
    memberEpoch: epoch,
    previousMemberEpoch,
    assigned: {
      active: merged(kept.active, active.added, (a, b) => new Map([...a, ...b])),
      standby: merged(kept.standby, standby.added, (a, b) => new Set([...a, ...b])),
      warmup: merged(kept.warmup, warmup.added, (a, b) => new Set([...a, ...b])),
    },
    pendingRevocation: noGivenTasks,
  }
}

interface Difference<T> {
  readonly kept: T
  readonly revoked: T
  readonly added: T
  /** True when something of the target is not free yet. */
  readonly mustWait: boolean
}

type IsTaken = (subtopologyId: string, partition: number) => boolean

function differenceWithEpochs(
  current: TasksWithEpochs,
  target: Tasks,
  epoch: number,
  isTaken: IsTaken,
): Difference<TasksWithEpochs> {
  const keys = new Map(Array.from(current, ([id, partitions]) => [id, new Set(partitions.keys())]))
  const { kept, revoked, added, mustWait } = difference(keys, target, isTaken)
  const givenAt = (tasks: Tasks): TasksWithEpochs =>
    new Map(
      Array.from(tasks, ([id, partitions]) => [
        id,
        new Map(Array.from(partitions, (partition) => [partition, current.get(id)?.get(partition) ?? epoch])),
      ]),
    )
  return { kept: givenAt(kept), revoked: givenAt(revoked), added: givenAt(added), mustWait }
}

function difference(current: Tasks, target: Tasks, isTaken: IsTaken): Difference<Tasks> {
  const kept = new Map<string, Set<number>>()
  const revoked = new Map<string, Set<number>>()
  const added = new Map<string, Set<number>>()
  let mustWait = false
  for (const [id, partitions] of current) {
    for (const partition of partitions) put(target.get(id)?.has(partition) === true ? kept : revoked, id, partition)
  }
  for (const [id, partitions] of target) {
    for (const partition of partitions) {
      if (current.get(id)?.has(partition) === true) continue
      if (isTaken(id, partition)) mustWait = true
      else put(added, id, partition)
    }
  }
  return { kept, revoked, added, mustWait }
}

function put(tasks: Map<string, Set<number>>, id: string, partition: number): void {
  const partitions = tasks.get(id)
  if (partitions === undefined) tasks.set(id, new Set([partition]))
  else partitions.add(partition)
}

function merged<T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>, merge: (a: T, b: T) => T): Map<string, T> {
  const all = new Map(a)
  for (const [id, partitions] of b) all.set(id, all.has(id) ? merge(all.get(id)!, partitions) : partitions)
  return all
}
