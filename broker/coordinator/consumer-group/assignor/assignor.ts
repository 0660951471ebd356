import type { Partitions } from '../partitions.ts'

/** A member as an assignor sees it. */
export interface AssignableMember {
  readonly instanceId: string | null
  /** Ids of the topics that it subscribes to and that exist. */
  readonly topicIds: ReadonlySet<string>
  /** What it was to own so far. */
  readonly assigned: Partitions
}

/** What an assignor is given. */
export interface GroupSpec {
  /** By member id, in the order in which ties are broken. */
  readonly members: ReadonlyMap<string, AssignableMember>
  /** Every member subscribes to the same topics. */
  readonly isHomogeneous: boolean
  /** What is taken so far, by somebody who may be on his way out. */
  isAssigned(topicId: string, partition: number): boolean
  partitionCount(topicId: string): number
}

/** Shares partitions out. Members of whom the result says nothing get none. */
export interface Assignor {
  readonly name: string
  assign(group: GroupSpec): ReadonlyMap<string, Partitions>
}

/** The new assignment of one member while it is being made. */
export type Draft = Map<string, Set<number>>

/** A copy that may be changed. */
export const draftOf = (partitions: Partitions): Draft =>
  new Map(Array.from(partitions, ([topicId, each]) => [topicId, new Set(each)]))

/** Puts a partition in; one that is there already stays. */
export function give(draft: Draft, topicId: string, partition: number): void {
  const partitions = draft.get(topicId)
  if (partitions === undefined) draft.set(topicId, new Set([partition]))
  else partitions.add(partition)
}

/** Takes a partition out, and with the last one its topic, since `Partitions` holds no empty ones. */
export function take(draft: Draft, topicId: string, partition: number): void {
  const partitions = draft.get(topicId)
  partitions?.delete(partition)
  if (partitions?.size === 0) draft.delete(topicId)
}
