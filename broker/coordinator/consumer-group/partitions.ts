/** Partitions by topic id. Topics without partitions are left out. */
export type Partitions = ReadonlyMap<string, ReadonlySet<number>>

/** Partitions that somebody owns, by topic id, each with the epoch at which it was assigned. */
export type Owned = ReadonlyMap<string, ReadonlyMap<number, number>>

/** No partitions at all, of either kind. */
export const none: ReadonlyMap<string, never> = new Map<string, never>()

/** Partitions as requests and records list them. */
export interface ListedPartitions {
  readonly topicId: string
  readonly partitions: readonly number[]
}

const ascending = (numbers: Iterable<number>): number[] => [...numbers].toSorted((a, b) => a - b)

/** Topic by topic, each with its partitions in ascending order. */
export function listed(
  partitions: ReadonlyMap<string, { keys(): Iterable<number> }>,
): { topicId: string; partitions: number[] }[] {
  return Array.from(partitions, ([topicId, each]) => ({ topicId, partitions: ascending(each.keys()) }))
}

/** From a request or record; topics that are listed without partitions are left out. */
export function partitionsOf(list: readonly ListedPartitions[]): Partitions {
  return new Map(
    list.filter((each) => each.partitions.length > 0).map((each) => [each.topicId, new Set(each.partitions)]),
  )
}

/** As records keep what is owned, with the epochs beside the partitions. */
export function listedWithEpochs(owned: Owned) {
  return listed(owned).map(({ topicId, partitions }) => ({
    topicId,
    partitions,
    assignmentEpochs: partitions.map((partition) => owned.get(topicId)!.get(partition)!),
  }))
}

/** What a record says is owned; before Kafka 4.3 it had no epochs, for which the member's own stands in. */
export function ownedOf(
  list: readonly (ListedPartitions & { readonly assignmentEpochs: readonly number[] | null })[],
  memberEpoch: number,
): Owned {
  return new Map(
    list
      .filter((each) => each.partitions.length > 0)
      .map(({ topicId, partitions, assignmentEpochs }) => [
        topicId,
        new Map(partitions.map((partition, i) => [partition, assignmentEpochs?.[i] ?? memberEpoch])),
      ]),
  )
}

/** The same partitions as if they had been owned from the first epoch on. */
export const sinceEver = (owned: Owned): Owned =>
  new Map(
    Array.from(owned, ([topicId, partitions]) => [
      topicId,
      new Map(Array.from(partitions.keys(), (each) => [each, 0])),
    ]),
  )

/** True when both name the same partitions; epochs are left aside. */
export function samePartitions(a: Partitions | Owned, b: Partitions | Owned): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [topicId, mine] of a) {
    const theirs = b.get(topicId)
    if (theirs === undefined || theirs.size !== mine.size) return false
    for (const partition of mine.keys()) if (!theirs.has(partition)) return false
  }
  return true
}

/** True when both own the same partitions since the same epochs. */
export function sameOwned(a: Owned, b: Owned): boolean {
  if (!samePartitions(a, b)) return false
  for (const [topicId, mine] of a) {
    for (const [partition, epoch] of mine) if (b.get(topicId)!.get(partition) !== epoch) return false
  }
  return true
}

/** True when every partition of the list is among the others. */
export function isWithin(list: readonly ListedPartitions[] | null, owned: Owned): boolean {
  if (list === null) return false
  return list.every(({ topicId, partitions }) => {
    const mine = owned.get(topicId)
    return mine !== undefined && partitions.every((partition) => mine.has(partition))
  })
}
