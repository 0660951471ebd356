import type { Address } from '#core/client/connection/dial.ts'
import { zeroUuid } from '#core/bytes/uuid.ts'
import type { MetadataResponse } from '#core/wire/api/03-metadata.ts'

/** A broker as the cluster advertises it. */
export interface BrokerNode extends Address {
  readonly id: number
}

/** Who leads a partition; leader -1 while nobody does, epoch -1 when the broker does not say. */
export interface PartitionLeader {
  readonly leader: number
  readonly epoch: number
}

/** A partition as Metadata answers it; replicas and those in sync are broker ids. */
export interface PartitionMetadata extends PartitionLeader {
  readonly partition: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

/** A topic as Metadata answers it. */
export interface TopicMetadata {
  readonly name: string
  /** The zero uuid when the broker is too old to have ids. */
  readonly id: string
  readonly internal: boolean
  /** By partition number. */
  readonly partitions: readonly PartitionMetadata[]
}

/** What is known of the cluster: brokers, topics, leaders. Only ever fed by answers. */
export class Metadata {
  readonly brokers = new Map<number, BrokerNode>()
  clusterId: string | null = null
  controllerId = -1
  readonly #topics = new Map<string, TopicMetadata>()
  readonly #names = new Map<string, string>()
  readonly #errors = new Map<string, number>()

  topic(name: string): TopicMetadata | undefined {
    return this.#topics.get(name)
  }

  get topics(): IterableIterator<TopicMetadata> {
    return this.#topics.values()
  }

  /** The name behind a topic id. */
  nameOf(topicId: string): string | undefined {
    return this.#names.get(topicId)
  }

  /** Error code of the last answer about a topic that is not known; 0 when it was not asked for. */
  errorOf(name: string): number {
    return this.#errors.get(name) ?? 0
  }

  leader(topic: string, partition: number): PartitionLeader | undefined {
    const known = this.#topics.get(topic)?.partitions[partition]
    return known === undefined || known.leader < 0 ? undefined : known
  }

  /** Takes an answer in. With `complete` it named all topics there are, so others are gone. */
  apply(answer: MetadataResponse, complete: boolean): void {
    this.clusterId = answer.clusterId
    this.controllerId = answer.controllerId
    this.brokers.clear()
    for (const { nodeId, host, port } of answer.brokers) this.brokers.set(nodeId, { id: nodeId, host, port })
    const seen = new Set<string>()
    for (const topic of answer.topics) {
      if (topic.name === null) continue
      seen.add(topic.name)
      if (topic.errorCode === 0) this.#take(topic.name, topic)
      else this.#drop(topic.name, topic.errorCode)
    }
    if (complete) for (const name of [...this.#topics.keys()]) if (!seen.has(name)) this.#drop(name, 0)
  }

  /** A leader that a broker named while it refused a request; older news than what is known is ignored. */
  moveLeader(topic: string, partition: number, { leader, epoch }: PartitionLeader): boolean {
    const known = this.#topics.get(topic)
    const before = known?.partitions[partition]
    if (known === undefined || before === undefined || leader < 0 || epoch <= before.epoch) return false
    const partitions = known.partitions.map((each) => (each === before ? { ...before, leader, epoch } : each))
    this.#topics.set(topic, { ...known, partitions })
    return true
  }

  #take(name: string, topic: MetadataResponse['topics'][number]): void {
    const before = this.#topics.get(name)
    const sameTopic = before !== undefined && (before.id === topic.topicId || topic.topicId === zeroUuid)
    const partitions: PartitionMetadata[] = []
    for (const each of topic.partitions) {
      const told = {
        partition: each.partitionIndex,
        leader: each.leaderId,
        epoch: each.leaderEpoch,
        replicas: each.replicaNodes,
        isr: each.isrNodes,
      }
      // A broker that lags behind may still name the leader before: an older epoch never replaces a newer one.
      const known = sameTopic ? before.partitions[told.partition] : undefined
      partitions[told.partition] = known !== undefined && told.epoch >= 0 && told.epoch < known.epoch ? known : told
    }
    if (before !== undefined && !sameTopic) this.#names.delete(before.id)
    this.#topics.set(name, { name, id: topic.topicId, internal: topic.isInternal, partitions })
    this.#errors.delete(name)
    if (topic.topicId !== zeroUuid) this.#names.set(topic.topicId, name)
  }

  #drop(name: string, errorCode: number): void {
    const before = this.#topics.get(name)
    if (before !== undefined) this.#names.delete(before.id)
    this.#topics.delete(name)
    if (errorCode === 0) this.#errors.delete(name)
    else this.#errors.set(name, errorCode)
  }
}
