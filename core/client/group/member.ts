import { GroupCoordinator } from '#core/client/group/coordinator.ts'
import type { Links } from '#core/client/cluster/links.ts'
import type { Committer } from '#core/client/group/committed-offsets.ts'
import { isCoordinatorLost, isProtocolError, isRetriable } from '#core/client/errors.ts'
import type { Timer } from '#core/ports/timers.ts'
import { backoffMs, sleep } from '#core/errors/retry.ts'
import { heartbeat } from '#core/wire/api/12-heartbeat.ts'
import { joinGroup, type JoinGroupResponse } from '#core/wire/api/11-join-group.ts'
import { leaveGroup } from '#core/wire/api/13-leave-group.ts'
import { syncGroup } from '#core/wire/api/14-sync-group.ts'

/** A way of dividing work that a member knows, with what it tells the leader under that name. */
export interface GroupProtocol {
  readonly name: string
  readonly metadata: Buffer
}

/** A member as the leader sees it. */
export interface PeerMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly metadata: Buffer
}

/** What a kind of group does with the group protocol: `consumer` balances partitions, others what they like. */
export interface GroupRole {
  readonly protocolType: string
  /** Asked for before every join. */
  protocols(): readonly GroupProtocol[]
  /** The leader's work: bytes for each member id. */
  assign(protocol: string, members: readonly PeerMember[]): Promise<ReadonlyMap<string, Buffer>>
}

/** The times are what JoinGroup tells the broker; the instance id is of a static member. */
export interface GroupMemberOptions {
  readonly groupInstanceId: string | null
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly heartbeatIntervalMs: number
}

/** A place in the group that was won. */
export interface Joined {
  readonly generation: number
  readonly protocol: string
  readonly isLeader: boolean
  readonly assignment: Buffer
}

/** How long a broker may take beyond the rebalance timeout before its silence counts as a lost connection. */
const joinGraceMs = 5000

/**
 * A member of a classic group: joins, syncs, keeps its place with heartbeats and leaves. What is divided, and how, is
 * the role's business. Nothing happens by itself but heartbeats; they tell through `attention` that the group wants the
 * member to join again.
 */
export class GroupMember {
  readonly #coordinator: GroupCoordinator
  /** For joins alone: the broker holds their answers back until the whole group is there, and all that comes behind. */
  readonly #joins: GroupCoordinator
  readonly #joinLinks: Links
  readonly #role: GroupRole
  readonly #options: GroupMemberOptions
  readonly #attention: () => void
  readonly #stop = new AbortController()
  #memberId = ''
  #generation = -1
  #rejoin = true
  #lost = false
  #joining = false
  #failure: Error | undefined
  #heartbeats: Timer | undefined
  #beating = false

  constructor(coordinator: GroupCoordinator, role: GroupRole, options: GroupMemberOptions, attention: () => void) {
    const { cluster, groupId } = coordinator
    this.#coordinator = coordinator
    this.#joinLinks = cluster.links()
    this.#joins = new GroupCoordinator(cluster, groupId, this.#joinLinks)
    this.#role = role
    this.#options = options
    this.#attention = attention
  }

  get memberId(): string {
    return this.#memberId
  }

  get generation(): number {
    return this.#generation
  }

  /** Under which name this member commits. */
  get committer(): Committer {
    return { generation: this.#generation, memberId: this.#memberId, groupInstanceId: this.#options.groupInstanceId }
  }

  /** True when the group wants this member to join, or the member wants to. */
  get mustJoin(): boolean {
    return this.#rejoin
  }

  /** True from asking for a place until it is won: what is held now belongs to a generation that ends. */
  get joining(): boolean {
    return this.#joining
  }

  /** True when the place in the group is gone, and with it all that was assigned; `join` clears it. */
  get lost(): boolean {
    return this.#lost
  }

  /** What heartbeats met that cannot be mended; once. */
  takeFailure(): Error | undefined {
    const failure = this.#failure
    this.#failure = undefined
    return failure
  }

  /** Asks for a new round. */
  requestJoin(): void {
    if (this.#rejoin) return
    this.#rejoin = true
    this.#attention()
  }

  /** To be told by whoever hears (from a commit) that the place is gone. */
  loseGeneration(error: unknown): void {
    if (isProtocolError(error, 'UNKNOWN_MEMBER_ID')) this.#memberId = ''
    else if (!isProtocolError(error, 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID')) return
    this.#generation = -1
    this.#lost = true
    this.#rejoin = true
    this.#stopHeartbeats()
    this.#attention()
  }

  /**
   * Joins and syncs until there is a place, through rebalances and changes of coordinator. Resolves with undefined when
   * the former place turned out to be lost on the way: give up what it held, then join again.
   */
  async join(): Promise<Joined | undefined> {
    this.#joining = true
    try {
      return await this.#joinUntilPlaced()
    } finally {
      this.#joining = false
    }
  }

  async #joinUntilPlaced(): Promise<Joined | undefined> {
    this.#stopHeartbeats()
    this.#lost = false
    for (let failures = 0; !this.#stop.signal.aborted;) {
      this.#rejoin = false
      try {
        const joined = await this.#joinOnce()
        this.#startHeartbeats()
        return joined
      } catch (error) {
        this.#rejoin = true
        if (isProtocolError(error, 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION')) {
          const held = this.#generation >= 0
          this.loseGeneration(error)
          if (held) return undefined
          continue
        }
        if (isProtocolError(error, 'MEMBER_ID_REQUIRED')) continue
        if (!isProtocolError(error, 'REBALANCE_IN_PROGRESS') && !isRetriable(error)) throw error
        const { timers, random } = this.#coordinator.cluster.ports
        const pauseMs = backoffMs(this.#coordinator.cluster.options.retryBackoff, ++failures, random)
        await sleep(timers, pauseMs, this.#stop.signal)
      }
    }
    return undefined
  }

  /** Leaves, so that the others need not wait for the session to end; a static member stays for its next start. */
  async leave(): Promise<void> {
    this.#stop.abort()
    this.#stopHeartbeats()
    this.#joinLinks.close()
    const memberId = this.#memberId
    const { groupInstanceId } = this.#options
    if (memberId === '' || groupInstanceId !== null) return
    this.#memberId = ''
    this.#generation = -1
    const { groupId } = this.#coordinator
    await this.#coordinator.send(leaveGroup, (version) =>
      version >= 3
        ? { groupId, members: [{ memberId, groupInstanceId, reason: 'the member was closed' }] }
        : { groupId, memberId },
    )
  }

  async #joinOnce(): Promise<Joined> {
    const { sessionTimeoutMs, rebalanceTimeoutMs, groupInstanceId } = this.#options
    const { groupId } = this.#coordinator
    const answer = await this.#joins.send(
      joinGroup,
      (version) => ({
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: this.#memberId,
        ...(version >= 5 ? { groupInstanceId } : {}),
        protocolType: this.#role.protocolType,
        protocols: this.#role.protocols(),
      }),
      { timeoutMs: rebalanceTimeoutMs + joinGraceMs },
    )
    if (isMemberIdGiven(answer)) this.#memberId = answer.memberId
    this.#coordinator.check(answer.errorCode, `join of group "${groupId}"`)
    this.#memberId = answer.memberId
    const isLeader = answer.leader === answer.memberId
    const protocol = answer.protocolName ?? ''
    const assignments =
      isLeader && !answer.skipAssignment ? await this.#role.assign(protocol, answer.members) : new Map<string, Buffer>()
    const assignment = await this.#sync(answer.generationId, protocol, assignments)
    this.#generation = answer.generationId
    return { generation: answer.generationId, protocol, isLeader, assignment }
  }

  async #sync(generationId: number, protocolName: string, assignments: ReadonlyMap<string, Buffer>): Promise<Buffer> {
    const { groupId } = this.#coordinator
    const { groupInstanceId, rebalanceTimeoutMs } = this.#options
    const answer = await this.#joins.send(
      syncGroup,
      (version) => ({
        groupId,
        generationId,
        memberId: this.#memberId,
        ...(version >= 3 ? { groupInstanceId } : {}),
        protocolType: this.#role.protocolType,
        protocolName,
        assignments: [...assignments].map(([memberId, assignment]) => ({ memberId, assignment })),
      }),
      { timeoutMs: rebalanceTimeoutMs + joinGraceMs },
    )
    this.#coordinator.check(answer.errorCode, `sync of group "${groupId}"`)
    return answer.assignment
  }

  #startHeartbeats(): void {
    const { timers } = this.#coordinator.cluster.ports
    this.#heartbeats ??= timers.every(this.#options.heartbeatIntervalMs, () => void this.#beat())
  }

  #stopHeartbeats(): void {
    this.#heartbeats?.cancel()
    this.#heartbeats = undefined
  }

  async #beat(): Promise<void> {
    if (this.#beating) return
    this.#beating = true
    const { groupId } = this.#coordinator
    const { generation, memberId, groupInstanceId } = this.committer
    try {
      const answer = await this.#coordinator.send(
        heartbeat,
        (version) => ({ groupId, generationId: generation, memberId, ...(version >= 3 ? { groupInstanceId } : {}) }),
        { timeoutMs: this.#options.sessionTimeoutMs },
      )
      if (generation === this.#generation) this.#coordinator.check(answer.errorCode, `heartbeat to group "${groupId}"`)
    } catch (error) {
      this.#missed(error, generation)
    } finally {
      this.#beating = false
    }
  }

  #missed(error: unknown, generation: number): void {
    if (generation !== this.#generation || this.#heartbeats === undefined) return
    if (isProtocolError(error, 'REBALANCE_IN_PROGRESS')) return this.requestJoin()
    if (isProtocolError(error, 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID')) {
      if (isProtocolError(error, 'FENCED_INSTANCE_ID')) this.#failure = error
      return this.loseGeneration(error)
    }
    // The next beat finds the coordinator anew.
    if (isRetriable(error) || isCoordinatorLost(error)) return
    this.#failure = error as Error
    this.#attention()
  }
}

/** The broker hands out a member id with the demand to join again under it. */
const isMemberIdGiven = ({ memberId, errorCode }: JoinGroupResponse): boolean => memberId !== '' && errorCode === 79
