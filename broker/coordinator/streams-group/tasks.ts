/** Tasks: the partitions of each subtopology, by the subtopology's id. A subtopology without any is not in it. */
export type Tasks = ReadonlyMap<string, ReadonlySet<number>>

/** Tasks with the group epoch at which each was given to its member, which fences what it commits. */
export type TasksWithEpochs = ReadonlyMap<string, ReadonlyMap<number, number>>

/** What a member is to run: tasks that process, that keep a copy of state, and that get a copy before they move. */
export interface TargetTasks {
  readonly active: Tasks
  readonly standby: Tasks
  readonly warmup: Tasks
}

/** What a member was given. */
export interface GivenTasks {
  readonly active: TasksWithEpochs
  readonly standby: Tasks
  readonly warmup: Tasks
}

/** The tasks of one subtopology in messages and records. */
export interface TaskIds {
  readonly subtopologyId: string
  readonly partitions: readonly number[]
}

/** The target of a member whom the assignment leaves out, and of everybody before there is one. */
export const noTargetTasks: TargetTasks = { active: new Map(), standby: new Map(), warmup: new Map() }
/** Of a member that was given nothing yet, or has nothing to give up. */
export const noGivenTasks: GivenTasks = { active: new Map(), standby: new Map(), warmup: new Map() }

/** Both kinds of maps, where only the tasks count: sets and maps alike are asked for their keys. */
type AnyTasks = ReadonlyMap<string, ReadonlySet<number> | ReadonlyMap<number, number>>

/** Tasks by ascending subtopology and partition, as messages carry them. */
export function taskIds(tasks: AnyTasks): { subtopologyId: string; partitions: number[] }[] {
  return [...tasks.keys()].toSorted().map((subtopologyId) => ({
    subtopologyId,
    partitions: [...tasks.get(subtopologyId)!.keys()].toSorted((a, b) => a - b),
  }))
}

/** Tasks as a message or record names them. */
export function tasksOf(listed: readonly TaskIds[]): Tasks {
  const tasks = new Map<string, Set<number>>()
  for (const { subtopologyId, partitions } of listed) {
    const known = tasks.get(subtopologyId)
    if (known === undefined) tasks.set(subtopologyId, new Set(partitions))
    else for (const partition of partitions) known.add(partition)
  }
  return tasks
}

function sameTasks(a: Tasks, b: Tasks): boolean {
  if (a.size !== b.size) return false
  for (const [id, partitions] of a) {
    const others = b.get(id)
    if (others?.size !== partitions.size) return false
    for (const partition of partitions) if (!others.has(partition)) return false
  }
  return true
}

/** True for the same tasks in the same roles, in whatever order. */
export function sameTargetTasks(a: TargetTasks, b: TargetTasks): boolean {
  return sameTasks(a.active, b.active) && sameTasks(a.standby, b.standby) && sameTasks(a.warmup, b.warmup)
}

function sameTasksWithEpochs(a: TasksWithEpochs, b: TasksWithEpochs): boolean {
  if (a.size !== b.size) return false
  for (const [id, epochs] of a) {
    const others = b.get(id)
    if (others?.size !== epochs.size) return false
    for (const [partition, epoch] of epochs) if (others.get(partition) !== epoch) return false
  }
  return true
}

/** True for the same tasks in the same roles, the active ones given at the same epochs. */
export function sameGivenTasks(a: GivenTasks, b: GivenTasks): boolean {
  return sameTasksWithEpochs(a.active, b.active) && sameTasks(a.standby, b.standby) && sameTasks(a.warmup, b.warmup)
}

/** True when no role has any; a subtopology without partitions is never kept, so none is looked into. */
export const hasNoTasks = (tasks: GivenTasks | TargetTasks): boolean =>
  tasks.active.size === 0 && tasks.standby.size === 0 && tasks.warmup.size === 0

/** True when a member still has any of the tasks that it was to give up, in the same role. */
export function ownsAny(owned: TargetTasks, given: GivenTasks): boolean {
  return (
    overlap(owned.active, given.active) || overlap(owned.standby, given.standby) || overlap(owned.warmup, given.warmup)
  )
}

function overlap(a: Tasks, b: AnyTasks): boolean {
  for (const [id, partitions] of a) {
    const others = b.get(id)
    if (others === undefined) continue
    for (const partition of partitions) if (others.has(partition)) return true
  }
  return false
}

/** True when everything listed was given; a list that is missing says nothing and does not count as contained. */
export function isListWithin(listed: readonly TaskIds[] | null, tasks: AnyTasks): boolean {
  if (listed === null) return false
  return listed.every(({ subtopologyId, partitions }) => {
    const given = tasks.get(subtopologyId)
    return given !== undefined && partitions.every((partition) => given.has(partition))
  })
}
