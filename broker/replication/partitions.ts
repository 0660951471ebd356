import { Partition } from './partition.ts'

/** The partitions that this node leads, by topic name and by topic id. */
export class Partitions {
  readonly #byName = new Map<string, Partition[]>()
  readonly #byId = new Map<string, Partition[]>()

  get(topic: string, index: number): Partition | undefined {
    return this.#byName.get(topic)?.[index]
  }

  getById(topicId: string, index: number): Partition | undefined {
    return this.#byId.get(topicId)?.[index]
  }

  /** True when a topic with this id is here, whatever its partitions. */
  hasId(topicId: string): boolean {
    return this.#byId.has(topicId)
  }

  /** The partitions of a topic, by number. */
  of(topic: string): readonly Partition[] {
    return this.#byName.get(topic) ?? []
  }

  *all(): Iterable<Partition> {
    for (const partitions of this.#byName.values()) for (const each of partitions) if (each !== undefined) yield each
  }

  add(partition: Partition): void {
    let partitions = this.#byName.get(partition.topic)
    if (partitions === undefined) {
      partitions = []
      this.#byName.set(partition.topic, partitions)
      this.#byId.set(partition.topicId, partitions)
    }
    partitions[partition.index] = partition
  }

  /** Takes a topic out; its waiters are told. */
  remove(topic: string): readonly Partition[] {
    const partitions = this.#byName.get(topic)
    if (partitions === undefined) return []
    this.#byName.delete(topic)
    for (const [id, each] of this.#byId) if (each === partitions) this.#byId.delete(id)
    for (const each of partitions) each?.retire()
    return partitions.filter((each) => each !== undefined)
  }
}
