import {
  partitionKey,
  type Assignment,
  type Assignor,
  type Subscription,
  type TopicPartition,
} from '#core/client/client.ts'

/** What the assignor must know of a topology: which topics make one task per partition number. */
export interface TaskGroup {
  readonly subtopology: number
  readonly topics: readonly string[]
}

interface TaskInputs {
  readonly id: string
  readonly inputs: readonly TopicPartition[]
}

/** One task per (subtopology, partition number); it reads that partition of every source topic that has it. */
export function tasksOf(groups: readonly TaskGroup[], counts: ReadonlyMap<string, number>): TaskInputs[] {
  return groups.flatMap(({ subtopology, topics }) => {
    const most = Math.max(0, ...topics.map((topic) => counts.get(topic) ?? 0))
    return Array.from({ length: most }, (_, partition) => ({
      id: `${subtopology}_${partition}`,
      inputs: topics.filter((topic) => partition < (counts.get(topic) ?? 0)).map((topic) => ({ topic, partition })),
    }))
  })
}

/**
 * Spreads whole tasks over the members. A task stays where it runs as long as the load stays even, because moving it
 * means to restore its state. A task that another member still owns is left out of this round: that member gives it up
 * first and the group rebalances once more (the cooperative protocol).
 */
export function assignTasks(
  groups: readonly TaskGroup[],
  counts: ReadonlyMap<string, number>,
  members: ReadonlyMap<string, Subscription>,
): Map<string, Assignment> {
  const tasks = tasksOf(groups, counts)
  const ids = [...members.keys()].sort()
  const most = Math.ceil(tasks.length / ids.length)
  const owners = new Map<string, string>()
  for (const id of ids) for (const owned of members.get(id)!.ownedPartitions) owners.set(partitionKey(owned), id)
  const ownerOf = (task: TaskInputs): string | undefined =>
    task.inputs.map((input) => owners.get(partitionKey(input))).find((owner) => owner !== undefined)

  // `most - 1` fits the members that get one task less; only so many may have `most`.
  let fuller = tasks.length - (most - 1) * ids.length
  const given = new Map(ids.map((id) => [id, [] as TaskInputs[]]))
  const take = (id: string, task: TaskInputs): boolean => {
    const mine = given.get(id)!
    if (mine.length >= most || (mine.length === most - 1 && fuller <= 0)) return false
    mine.push(task)
    if (mine.length === most) fuller--
    return true
  }
  const homeless = tasks.filter((task) => {
    const owner = ownerOf(task)
    return owner === undefined || !take(owner, task)
  })
  for (const task of homeless) {
    const id = ids.reduce((least, each) => (given.get(each)!.length < given.get(least)!.length ? each : least))
    given.get(id)!.push(task)
  }
  return new Map(
    ids.map((id) => {
      const partitions = given.get(id)!.flatMap((task) => task.inputs)
      const free = partitions.filter((partition) => (owners.get(partitionKey(partition)) ?? id) === id)
      return [id, { partitions: free, userData: null }]
    }),
  )
}

/**
 * The assignor of a topology. Its name is not Kafka Streams' ("stream"): a member that speaks the other format is refused
 * by the group instead of being given what it cannot read.
 */
export function taskAssignor(groups: readonly TaskGroup[]): Assignor {
  return {
    name: 'millrace-tasks',
    protocol: 'cooperative',
    assign: (counts, members) => assignTasks(groups, counts, members),
  }
}
