import type { ConsumerGroupHeartbeatRequestInput } from '#core/wire/api/68-consumer-group-heartbeat.ts'
import { type GroupWorld, topicIdOf } from './group-world.ts'

type Request = Partial<ConsumerGroupHeartbeatRequestInput>

/** A member of a consumer group as a client would be one: it keeps its epoch and gives up what it is told to. */
export class ConsumerMember {
  readonly world: GroupWorld
  readonly groupId: string
  readonly memberId: string
  readonly instanceId: string | null
  epoch = 0
  /** What it owns and tells the coordinator with every heartbeat, `topic-partition`. */
  owned: string[] = []

  constructor(world: GroupWorld, memberId: string, groupId = 'g', instanceId: string | null = null) {
    this.world = world
    this.memberId = memberId
    this.groupId = groupId
    this.instanceId = instanceId
  }

  /** Joins, or joins again from nothing. Gives the error code. */
  join(topics: readonly string[] = ['orders'], request: Request = {}): Promise<number> {
    this.owned = []
    return this.beat({ rebalanceTimeoutMs: 5000, subscribedTopicNames: topics, topicPartitions: [], ...request }, 0)
  }

  /** A heartbeat that says what it owns. Gives the error code. */
  async beat(request: Request = {}, memberEpoch = this.epoch): Promise<number> {
    const answer = await this.world.call('consumerGroupHeartbeat', 1, {
      groupId: this.groupId,
      memberId: this.memberId,
      instanceId: this.instanceId,
      memberEpoch,
      topicPartitions: this.#listed(),
      ...request,
    })
    if (answer.errorCode !== 0) return answer.errorCode
    this.epoch = answer.memberEpoch
    if (answer.assignment !== null) {
      const names = new Map(Object.keys(this.world.topics).map((name) => [topicIdOf(name), name]))
      this.owned = answer.assignment.topicPartitions
        .flatMap(({ topicId, partitions }) => partitions.map((partition) => `${names.get(topicId)!}-${partition}`))
        .toSorted()
    }
    return 0
  }

  /** A heartbeat without a word of what it owns. */
  silent(): Promise<number> {
    return this.beat({ topicPartitions: null })
  }

  leave(memberEpoch = -1): Promise<number> {
    return this.beat({ topicPartitions: null }, memberEpoch)
  }

  #listed() {
    const topics = new Map<string, number[]>()
    for (const each of this.owned) {
      const at = each.lastIndexOf('-')
      const topicId = topicIdOf(each.slice(0, at))
      topics.set(topicId, [...(topics.get(topicId) ?? []), Number(each.slice(at + 1))])
    }
    return Array.from(topics, ([topicId, partitions]) => ({ topicId, partitions }))
  }
}

/** Lets members heartbeat in turn until nobody is told anything new. */
export async function comeToRest(members: readonly ConsumerMember[]): Promise<void> {
  for (let i = 0; i < 20; i++) {
    const before = JSON.stringify(members.map(({ epoch, owned }) => ({ epoch, owned })))
    for (const member of members) await member.beat()
    if (JSON.stringify(members.map(({ epoch, owned }) => ({ epoch, owned }))) === before && i > 0) return
  }
  throw new Error('the group does not come to rest')
}
