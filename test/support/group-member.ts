import { consumerProtocolSubscription } from '#core/wire/embedded/consumer-protocol.ts'
import { encodeStored } from '#core/wire/stored/stored.ts'
import type { GroupWorld } from './group-world.ts'

export interface MemberOptions {
  readonly groupId?: string
  readonly topics?: readonly string[]
  readonly groupInstanceId?: string | null
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
  readonly protocols?: readonly string[]
  readonly protocolType?: string
  readonly joinVersion?: number
}

/** A group's member as a client would be one; each call is one request, and what it learns it keeps. */
export class TestMember {
  readonly world: GroupWorld
  readonly options: Required<MemberOptions>
  memberId = ''
  generationId = -1
  leader = ''
  protocolName: string | null = null
  /** Who is in the group; known to the leader. */
  members: string[] = []
  assignment = ''

  constructor(world: GroupWorld, options: MemberOptions = {}) {
    this.world = world
    this.options = {
      groupId: 'g',
      topics: ['orders'],
      groupInstanceId: null,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 30_000,
      protocols: ['range'],
      protocolType: 'consumer',
      joinVersion: 9,
      ...options,
    }
  }

  get isLeader(): boolean {
    return this.leader === this.memberId
  }

  /** Joins, with a second request when the coordinator wants the member to come with its id. Gives the error code. */
  async join(topics: readonly string[] = this.options.topics) {
    const first = await this.#join(topics)
    const { errorCode, memberId } = first
    if (errorCode !== 79) return this.#joined(first)
    this.memberId = memberId
    return this.#joined(await this.#join(topics))
  }

  #join(topics: readonly string[]) {
    const { groupId, sessionTimeoutMs, rebalanceTimeoutMs, groupInstanceId, protocolType, joinVersion } = this.options
    const metadata = encodeStored(consumerProtocolSubscription, 1, { topics, userData: null })
    return this.world.send('joinGroup', joinVersion, {
      groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      memberId: this.memberId,
      groupInstanceId,
      protocolType,
      protocols: this.options.protocols.map((name) => ({ name, metadata })),
    })
  }

  #joined<
    R extends {
      errorCode: number
      generationId: number
      leader: string
      protocolName: string | null
      memberId: string
      members: readonly { memberId: string }[]
    },
  >(response: R): R {
    if (response.errorCode === 0) {
      this.memberId = response.memberId
      this.generationId = response.generationId
      this.leader = response.leader
      this.protocolName = response.protocolName
      this.members = response.members.map((member) => member.memberId)
    }
    return response
  }

  /** Syncs; a leader gives out the assignments. Gives the error code. */
  async sync(assignments: Readonly<Record<string, string>> = {}): Promise<number> {
    const { errorCode, assignment } = await this.world.send('syncGroup', 5, {
      groupId: this.options.groupId,
      generationId: this.generationId,
      memberId: this.memberId,
      groupInstanceId: this.options.groupInstanceId,
      protocolType: this.options.protocolType,
      protocolName: this.protocolName,
      assignments: Object.entries(assignments).map(([memberId, text]) => ({ memberId, assignment: Buffer.from(text) })),
    })
    if (errorCode === 0) this.assignment = assignment.toString()
    return errorCode
  }

  async heartbeat(): Promise<number> {
    const { groupId, groupInstanceId } = this.options
    const { generationId, memberId } = this
    return (await this.world.send('heartbeat', 4, { groupId, generationId, memberId, groupInstanceId })).errorCode
  }

  async leave(): Promise<number> {
    const { groupId, groupInstanceId } = this.options
    const { memberId } = this
    const response = await this.world.send('leaveGroup', 5, { groupId, members: [{ memberId, groupInstanceId }] })
    return response.errorCode || response.members[0]!.errorCode
  }

  async commit(topic: string, partition: number, offset: number, metadata = ''): Promise<number> {
    const { groupId, groupInstanceId } = this.options
    const response = await this.world.send('offsetCommit', 9, {
      groupId,
      generationIdOrMemberEpoch: this.generationId,
      memberId: this.memberId,
      groupInstanceId,
      topics: [
        {
          name: topic,
          partitions: [{ partitionIndex: partition, committedOffset: offset, committedMetadata: metadata }],
        },
      ],
    })
    return response.topics[0]!.partitions[0]!.errorCode
  }
}

/** Lets members join an empty group together, for as long as its first rebalance takes. */
export async function joinAll(world: GroupWorld, ...members: TestMember[]): Promise<void> {
  let joined = false
  const joins = Promise.all(members.map((member) => member.join())).then(() => (joined = true))
  for (let i = 0; i < 600 && !joined; i++) await world.advance(100)
  if (!joined) throw new Error('the group does not come together')
  await joins
}

/** Brings members into one stable generation; the first one leads. Assignments are the letters a, b, c ... */
export async function stabilize(world: GroupWorld, ...members: TestMember[]): Promise<void> {
  await joinAll(world, ...members)
  const leader = members.find((member) => member.isLeader)!
  const assignments = Object.fromEntries(members.map((member, i) => [member.memberId, String.fromCharCode(97 + i)]))
  const syncs = members.map((member) => member.sync(member === leader ? assignments : {}))
  await world.settle()
  const codes = await Promise.all(syncs)
  if (codes.some((code) => code !== 0)) throw new Error(`the group did not become stable: ${codes.join(' ')}`)
}

/** The group as DescribeGroups shows it. */
export async function describeOne(world: GroupWorld, groupId = 'g') {
  return (await world.call('describeGroups', 5, { groups: [groupId], includeAuthorizedOperations: false })).groups[0]!
}

/** A group's committed offset, -1 without one. */
export async function fetchOne(world: GroupWorld, topic: string, partition: number, groupId = 'g'): Promise<number> {
  const topics = [{ name: topic, partitionIndexes: [partition] }]
  const response = await world.call('offsetFetch', 8, { groups: [{ groupId, topics }] })
  return response.groups[0]!.topics[0]!.partitions[0]!.committedOffset
}
