import type { Assignment, Assignor, Subscription, TopicPartition } from '#core/client/client.ts'
import type { Cluster } from '#core/client/cluster/cluster.ts'
import { byTopic } from '#core/client/cluster/by-leader.ts'
import { clientErrors } from '#core/client/errors.ts'
import type { GroupProtocol, GroupRole, PeerMember } from '#core/client/group/member.ts'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '#core/wire/embedded/consumer-protocol.ts'

/** What a member has to say when it joins. */
export interface Standing {
  readonly topics: readonly string[]
  readonly owned: readonly TopicPartition[]
  readonly generation: number
}

/** The `consumer` protocol of groups: subscriptions go to the leader, whose assignor divides partitions. */
export class ConsumerRole implements GroupRole {
  readonly protocolType = 'consumer'
  readonly #cluster: Cluster
  readonly #assignors: readonly Assignor[]
  readonly #standing: () => Standing
  /** Partition counts that the last division was made from, while this member leads. */
  #divided: ReadonlyMap<string, number> | undefined

  constructor(cluster: Cluster, assignors: readonly Assignor[], standing: () => Standing) {
    this.#cluster = cluster
    this.#assignors = assignors
    this.#standing = standing
  }

  /** Members keep reading while they rejoin if every assignor they offer can do with that. */
  get cooperative(): boolean {
    return this.#assignors.every(({ protocol }) => protocol === 'cooperative')
  }

  protocols(): GroupProtocol[] {
    this.#divided = undefined
    const { topics, owned, generation } = this.#standing()
    const ownedPartitions = byTopic(owned, ({ partition }) => partition).map(({ topic, entries }) => ({
      topic,
      partitions: entries,
    }))
    return this.#assignors.map((assignor) => ({
      name: assignor.name,
      metadata: encodeSubscription({
        topics: [...topics],
        userData: assignor.subscriptionUserData?.(topics) ?? null,
        ownedPartitions,
        generationId: generation,
      }),
    }))
  }

  async assign(protocol: string, members: readonly PeerMember[]): Promise<Map<string, Buffer>> {
    const subscriptions = new Map(members.map((member) => [member.memberId, subscriptionOf(member)]))
    const topics = new Set([...subscriptions.values()].flatMap((subscription) => subscription.topics))
    await this.#cluster.retrying(() => this.#cluster.refresh(topics, true))
    const counts = this.#counts(topics)
    const assignments = await this.assignor(protocol).assign(counts, subscriptions)
    this.#divided = counts
    return new Map([...assignments].map(([member, assignment]) => [member, encode(assignment)]))
  }

  /** The assignor that the group chose. Throws ASSIGNOR_UNKNOWN. */
  assignor(name: string): Assignor {
    const found = this.#assignors.find((assignor) => assignor.name === name)
    if (found === undefined) throw clientErrors.ASSIGNOR_UNKNOWN({ name })
    return found
  }

  /** True when this member leads and topics have grown, come or gone since it divided them. */
  get outdated(): boolean {
    const divided = this.#divided
    if (divided === undefined) return false
    return [...divided].some(
      ([topic, count]) => count !== (this.#cluster.metadata.topic(topic)?.partitions.length ?? 0),
    )
  }

  /** A topic that is not there counts as having no partitions, so that its coming is noticed. */
  #counts(topics: Iterable<string>): Map<string, number> {
    return new Map([...topics].map((topic) => [topic, this.#cluster.metadata.topic(topic)?.partitions.length ?? 0]))
  }
}

/** Reads an assignment as it comes from the leader. */
export function readAssignment(bytes: Buffer): Assignment {
  const { assignedPartitions, userData } = decodeAssignment(bytes)
  const partitions = assignedPartitions.flatMap(({ topic, partitions: numbers }) =>
    numbers.map((partition) => ({ topic, partition })),
  )
  return { partitions, userData }
}

function encode({ partitions, userData }: Assignment): Buffer {
  const assignedPartitions = byTopic(partitions, ({ partition }) => partition)
  return encodeAssignment({
    assignedPartitions: assignedPartitions.map(({ topic, entries }) => ({ topic, partitions: entries })),
    userData,
  })
}

function subscriptionOf({ metadata, groupInstanceId }: PeerMember): Subscription {
  const { topics, userData, ownedPartitions, generationId, rackId } = decodeSubscription(metadata)
  const owned = ownedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  )
  return { topics, userData, ownedPartitions: owned, generationId, rackId, groupInstanceId }
}
