import {
  type ConsumerGroupHeartbeatRequestInput,
  consumerGroupHeartbeat,
} from '#core/wire/api/68-consumer-group-heartbeat.ts'
import { StormMember, group, topic } from './member.ts'

let made = 0

/** A member of a consumer group (KIP-848): what it has comes with its heartbeats, and what it gives up it says there. */
export class ConsumerStormMember extends StormMember {
  #topicId = ''

  protected async join(): Promise<boolean> {
    this.vanish()
    this.memberId = `member-${++made}`
    this.epoch = 0
    return this.#say({ rebalanceTimeoutMs: 2000, subscribedTopicNames: [topic], topicPartitions: [] })
  }

  protected beat(): Promise<boolean> {
    const owned = this.mine.length === 0 ? [] : [{ topicId: this.#topicId, partitions: [...this.mine] }]
    return this.#say({ topicPartitions: owned })
  }

  async #say(request: Partial<ConsumerGroupHeartbeatRequestInput>): Promise<boolean> {
    const { ledger } = this.settings
    const { memberId, epoch: memberEpoch } = this
    const suspicions = ledger.suspicions(memberId)
    const answer = await this.client.call(consumerGroupHeartbeat, 1, {
      groupId: group,
      memberId,
      memberEpoch,
      ...request,
    })
    if (answer.errorCode !== 0) {
      this.vanish()
      return false
    }
    ledger.lives(memberId, suspicions)
    this.epoch = answer.memberEpoch
    if (answer.assignment !== null) {
      const [only] = answer.assignment.topicPartitions
      this.#topicId = only?.topicId ?? this.#topicId
      ledger.holds(memberId, only?.partitions ?? [])
      await this.started(only?.partitions ?? [])
    }
    return true
  }

  protected async leave(): Promise<void> {
    const { memberId } = this
    this.vanish()
    if (memberId !== '')
      await this.client.call(consumerGroupHeartbeat, 1, { groupId: group, memberId, memberEpoch: -1 })
  }

  protected vanish(): void {
    this.settings.ledger.gone(this.memberId)
    this.memberId = ''
    this.epoch = -1
    this.forget()
  }
}
