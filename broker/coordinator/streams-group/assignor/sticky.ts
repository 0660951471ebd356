import type { TargetTasks, Tasks } from '../tasks.ts'
import { Heap } from './heap.ts'
import { ProcessLoad, type Task } from './process-load.ts'
import { Quota } from './quota.ts'

/** A member as the assignor sees it: where it runs and what it was to run so far. */
export interface MemberSpec {
  readonly processId: string
  readonly target: TargetTasks
}

/** A subtopology as the assignor sees it. */
export interface SubtopologySpec {
  readonly tasks: number
  /** Only stateful ones have standby tasks. */
  readonly isStateful: boolean
}

interface Owner {
  readonly process: ProcessLoad
  readonly memberId: string
}

/**
 * Gives every task to a member, and copies of stateful ones to members of other processes. Tasks stay where they were,
 * or go where a copy of their state is, as long as no member gets more than its share; the rest goes where the load is
 * least. Members are looked at in the order of their ids, so the outcome depends on nothing but the input.
 */
export function assignSticky(
  members: ReadonlyMap<string, MemberSpec>,
  subtopologies: ReadonlyMap<string, SubtopologySpec>,
  standbyReplicas: number,
): Map<string, TargetTasks> {
  return new StickyAssignment(members, subtopologies, standbyReplicas).assign()
}

class StickyAssignment {
  readonly #members: readonly string[]
  readonly #subtopologies: ReadonlyMap<string, SubtopologySpec>
  readonly #standbyReplicas: number
  readonly #processes: readonly ProcessLoad[]
  readonly #activeBefore = new Map<string, Owner>()
  readonly #standbyBefore = new Map<string, Owner[]>()
  readonly #activeQuota: Quota
  readonly #totalQuota: Quota

  constructor(
    members: ReadonlyMap<string, MemberSpec>,
    subtopologies: ReadonlyMap<string, SubtopologySpec>,
    standbyReplicas: number,
  ) {
    this.#members = [...members.keys()].toSorted()
    this.#subtopologies = subtopologies
    this.#standbyReplicas = standbyReplicas
    this.#processes = this.#remember(members)
    let active = 0
    let standby = 0
    for (const { tasks, isStateful } of subtopologies.values()) {
      active += tasks
      if (isStateful) standby += tasks * standbyReplicas
    }
    this.#activeQuota = new Quota(active, members.size)
    this.#totalQuota = new Quota(active + standby, members.size)
  }

  assign(): Map<string, TargetTasks> {
    this.#assignActive()
    if (this.#standbyReplicas > 0) this.#assignStandby()
    const targets = new Map<string, TargetTasks>()
    for (const memberId of this.#members)
      targets.set(memberId, { active: new Map(), standby: new Map(), warmup: new Map() })
    for (const process of this.#processes) {
      for (const [memberId, tasks] of process.active)
        targets.set(memberId, { ...targets.get(memberId)!, active: grouped(tasks) })
      for (const [memberId, tasks] of process.standby)
        targets.set(memberId, { ...targets.get(memberId)!, standby: grouped(tasks) })
    }
    return targets
  }

  #remember(members: ReadonlyMap<string, MemberSpec>): readonly ProcessLoad[] {
    const processes = new Map<string, ProcessLoad>()
    for (const memberId of this.#members) {
      const { processId, target } = members.get(memberId)!
      let process = processes.get(processId)
      if (process === undefined) processes.set(processId, (process = new ProcessLoad(processId)))
      process.addMember(memberId)
      const owner = { process, memberId }
      for (const key of keysOf(target.active)) this.#activeBefore.set(key, owner)
      for (const key of keysOf(target.standby)) {
        const owners = this.#standbyBefore.get(key)
        if (owners === undefined) this.#standbyBefore.set(key, [owner])
        else owners.push(owner)
      }
    }
    return [...processes.keys()].toSorted().map((processId) => processes.get(processId)!)
  }

  #tasks(isWanted: (subtopology: SubtopologySpec) => boolean): Task[] {
    const tasks: Task[] = []
    for (const [subtopologyId, subtopology] of this.#subtopologies) {
      if (!isWanted(subtopology)) continue
      for (let partition = 0; partition < subtopology.tasks; partition++) {
        tasks.push({ subtopologyId, partition, key: keyOf(subtopologyId, partition) })
      }
    }
    return tasks
  }

  #assignActive(): void {
    const byPartition = this.#tasks(() => true).toSorted((a, b) => a.partition - b.partition || bySubtopology(a, b))
    const moved = byPartition.filter((task) => !this.#keep(task, this.#activeBefore.get(task.key)))
    const homeless = moved.filter((task) => !this.#keep(task, leastLoaded(this.#standbyBefore.get(task.key))))
    const queue = new Heap((process: ProcessLoad) => process.load, this.#processes)
    for (const task of homeless.toSorted((a, b) => bySubtopology(a, b) || a.partition - b.partition)) {
      const process = queue.pop()
      if (process === undefined) return
      this.#count(process.addToLeastLoaded(task, true), true)
      queue.push(process)
    }
  }

  /** Gives an active task to a member that had it before, if that member has not got its share yet. */
  #keep(task: Task, owner: Owner | undefined): boolean {
    if (owner === undefined || owner.process.countOf.get(owner.memberId)! >= this.#activeQuota.perMember) return false
    this.#count(owner.process.add(owner.memberId, task, true), true)
    return true
  }

  #assignStandby(): void {
    const tasks = this.#tasks(({ isStateful }) => isStateful)
    const last = tasks.toSorted((a, b) => b.partition - a.partition || bySubtopology(b, a))
    const left = last.map((task) => ({ task, copies: this.#standbyReplicas - this.#keepStandbys(task) }))
    const queue = new Heap((process: ProcessLoad) => process.load, this.#processes)
    for (const { task, copies } of left.toSorted(
      (a, b) => bySubtopology(b.task, a.task) || b.task.partition - a.task.partition,
    )) {
      for (let copy = 0; copy < copies; copy++) if (!this.#placeStandby(queue, task)) break
    }
  }

  /** Gives copies of a task to members that had it before, active or standby; how many found a place. */
  #keepStandbys(task: Task): number {
    for (let kept = 0; kept < this.#standbyReplicas; kept++) {
      const owner = [this.#activeBefore.get(task.key), leastLoaded(this.#standbyBefore.get(task.key), task)].find(
        (each) => each !== undefined && this.#mayCopy(task, each),
      )
      if (owner === undefined) return kept
      this.#count(owner.process.add(owner.memberId, task, false), false)
    }
    return this.#standbyReplicas
  }

  #mayCopy(task: Task, { process, memberId }: Owner): boolean {
    return !process.has(task) && process.countOf.get(memberId)! < this.#totalQuota.perMember
  }

  /** Gives a copy to the least loaded process that has none; false when every process has one. */
  #placeStandby(queue: Heap<ProcessLoad>, task: Task): boolean {
    const passed: ProcessLoad[] = []
    let process = queue.pop()
    while (process?.has(task) === true && queue.size > 0) {
      passed.push(process)
      process = queue.pop()
    }
    const found = process !== undefined && !process.has(task)
    if (found) this.#count(process!.addToLeastLoaded(task, false), false)
    if (process !== undefined) queue.push(process)
    for (const each of passed.toReversed()) queue.push(each)
    return found
  }

  #count(tasksOfMember: number, isActive: boolean): void {
    if (isActive) this.#activeQuota.reached(tasksOfMember)
    this.#totalQuota.reached(tasksOfMember)
  }
}

/**
 * Of the members that had a copy the one with the least to do, its process first. With a task: one in whose process that
 * task is not yet; undefined as soon as the first of them has it, as Apache Kafka decides.
 */
function leastLoaded(owners: readonly Owner[] | undefined, task?: Task): Owner | undefined {
  const first = owners?.[0]
  if (owners === undefined || first === undefined) return undefined
  let best = first
  let bestLoad = first.process.load
  let bestCount = first.process.countOf.get(first.memberId)!
  for (const owner of owners.slice(1)) {
    const { load } = owner.process
    if (load >= bestLoad || (task !== undefined && owner.process.has(task))) continue
    const count = owner.process.countOf.get(owner.memberId)!
    if (count >= bestCount) continue
    best = owner
    bestLoad = load
    bestCount = count
  }
  return task !== undefined && first.process.has(task) ? undefined : best
}

const keyOf = (subtopologyId: string, partition: number): string => `${partition}_${subtopologyId}`

function* keysOf(tasks: Tasks): Iterable<string> {
  for (const [subtopologyId, partitions] of tasks)
    for (const partition of partitions) yield keyOf(subtopologyId, partition)
}

const bySubtopology = (a: Task, b: Task): number =>
  a.subtopologyId < b.subtopologyId ? -1 : a.subtopologyId > b.subtopologyId ? 1 : 0

function grouped(tasks: readonly Task[]): Tasks {
  const sets = new Map<string, Set<number>>()
  for (const { subtopologyId, partition } of tasks) {
    const partitions = sets.get(subtopologyId)
    if (partitions === undefined) sets.set(subtopologyId, new Set([partition]))
    else partitions.add(partition)
  }
  return sets
}
