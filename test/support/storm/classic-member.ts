import { joinGroup } from '#core/wire/api/11-join-group.ts'
import { heartbeat } from '#core/wire/api/12-heartbeat.ts'
import { leaveGroup } from '#core/wire/api/13-leave-group.ts'
import { syncGroup } from '#core/wire/api/14-sync-group.ts'
import { consumerProtocolSubscription } from '#core/wire/embedded/consumer-protocol.ts'
import { encodeStored } from '#core/wire/stored/stored.ts'
import { StormMember, group, topic } from './member.ts'

const memberIdRequired = 79

/** A member of a classic group; whoever leads gives out the partitions in turn. */
export class ClassicStormMember extends StormMember {
  protected async join(): Promise<boolean> {
    let joined = await this.#join()
    if (joined.errorCode === memberIdRequired) {
      this.memberId = joined.memberId
      joined = await this.#join()
    }
    if (joined.errorCode !== 0) {
      this.vanish()
      return false
    }
    this.memberId = joined.memberId
    this.epoch = joined.generationId
    const members = joined.members.map(({ memberId }) => memberId)
    const all = Array.from({ length: this.settings.partitions }, (_, partition) => partition)
    const { errorCode, assignment } = await this.client.call(syncGroup, 5, {
      groupId: group,
      generationId: this.epoch,
      memberId: this.memberId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: members.map((memberId, i) => ({
        memberId,
        assignment: Buffer.from(JSON.stringify(all.filter((partition) => partition % members.length === i))),
      })),
    })
    if (errorCode !== 0) return false
    const mine = JSON.parse(assignment.toString()) as number[]
    this.settings.ledger.assigned(this.epoch, this.memberId, mine)
    this.forget()
    await this.started(mine)
    return true
  }

  #join() {
    const metadata = encodeStored(consumerProtocolSubscription, 1, { topics: [topic], userData: null })
    return this.client.call(joinGroup, 9, {
      groupId: group,
      sessionTimeoutMs: 2000,
      rebalanceTimeoutMs: 2000,
      memberId: this.memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata }],
    })
  }

  protected async beat(): Promise<boolean> {
    const { memberId, epoch: generationId } = this
    const { errorCode } = await this.client.call(heartbeat, 4, { groupId: group, generationId, memberId })
    // A rebalance is joined as who it is, everything else as somebody new.
    if (errorCode !== 0 && errorCode !== 27) this.vanish()
    return errorCode === 0
  }

  protected async leave(): Promise<void> {
    await this.client.call(leaveGroup, 5, { groupId: group, members: [{ memberId: this.memberId }] })
    this.vanish()
  }

  protected vanish(): void {
    this.memberId = ''
    this.epoch = -1
    this.forget()
  }
}
