import type { CommittedOffset } from '../records.ts'

/** An offset with its place in the order in which records were replayed, which is their order in the log. */
export interface KeptOffset extends CommittedOffset {
  readonly order: number
}

type ByPartition = Map<number, KeptOffset>
type ByTopic = Map<string, ByPartition>

/** Committed offsets by group, topic and partition. Empty maps are not kept. */
export class CommittedOffsets {
  readonly #groups = new Map<string, ByTopic>()
  #size = 0

  /** Offsets that are kept, each for one partition. */
  get size(): number {
    return this.#size
  }

  get(groupId: string, topic: string, partition: number): KeptOffset | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition)
  }

  /** The topics of a group, each with its partitions. */
  topics(groupId: string): ReadonlyMap<string, ReadonlyMap<number, KeptOffset>> {
    return this.#groups.get(groupId) ?? new Map()
  }

  groupIds(): IterableIterator<string> {
    return this.#groups.keys()
  }

  has(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  set(groupId: string, topic: string, partition: number, offset: KeptOffset): void {
    let topics = this.#groups.get(groupId)
    if (topics === undefined) this.#groups.set(groupId, (topics = new Map()))
    let partitions = topics.get(topic)
    if (partitions === undefined) topics.set(topic, (partitions = new Map()))
    if (!partitions.has(partition)) this.#size++
    partitions.set(partition, offset)
  }

  delete(groupId: string, topic: string, partition: number): void {
    const topics = this.#groups.get(groupId)
    const partitions = topics?.get(topic)
    if (!topics || !partitions?.delete(partition)) return
    this.#size--
    if (partitions.size > 0) return
    topics.delete(topic)
    if (topics.size === 0) this.#groups.delete(groupId)
  }
}
