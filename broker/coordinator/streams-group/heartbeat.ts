import type {
  StreamsGroupHeartbeatRequest,
  StreamsGroupHeartbeatResponseInput,
} from '#core/wire/api/88-streams-group-heartbeat.ts'
import { ProtocolError } from '#core/wire/errors.ts'
import type { GroupWorld } from '../group/step.ts'
import { metadataHash } from '../metadata-hash.ts'
import type { RequestContext } from '../ports.ts'
import { checkEpoch, checkTasks, joining } from './admission.ts'
import {
  configOf,
  expectHeartbeat,
  expectRevocation,
  groupRecord,
  isWaitingForMembers,
  waitForMembers,
} from './fencing.ts'
import {
  type Member,
  isReconciledTo,
  newMember,
  progressRecord,
  sameMetadata,
  sameProgress,
  updatedMetadata,
} from './member.ts'
import { reconcile } from './reconciliation.ts'
import type { StreamsGroupRecord } from './records.ts'
import type { StreamsGroup } from './streams-group.ts'
import { computeTarget, mayComputeTarget, standbySetting } from './target.ts'
import { type TargetTasks, noTargetTasks, sameGivenTasks, taskIds, tasksOf } from './tasks.ts'
import { type ConfiguredTopic, type ConfiguredTopology, configureTopology } from './topology/configure.ts'
import { statusCodes } from './topology/problem.ts'
import { type Topology, sameTopology, storedTopology, topologyOf } from './topology/topology.ts'

type Status = NonNullable<StreamsGroupHeartbeatResponseInput['status']>[number]

/** What a heartbeat comes to. */
export interface Beat {
  readonly records: readonly StreamsGroupRecord[]
  readonly response: StreamsGroupHeartbeatResponseInput
  /** Topics that the topology needs and that are not there: to be made before the group can run. */
  readonly missingTopics: readonly ConfiguredTopic[]
  /** Keeps what is not in records, with the group that the records were replayed into, and sets its alarms. */
  settle(group: StreamsGroup): void
}

/**
 * One heartbeat of a member that stays or joins. `group` is a new one, not yet among the groups, when `isNew`. Throws the
 * ProtocolError that the member gets.
 */
export function heartbeat(
  world: GroupWorld,
  group: StreamsGroup,
  isNew: boolean,
  context: RequestContext,
  request: StreamsGroupHeartbeatRequest,
): Beat {
  return new Heartbeat(world, group, isNew, request).run(context)
}

/** The member of the request. Throws when the group has no room or does not know it, or knows it in another epoch. */
function admitted(world: GroupWorld, group: StreamsGroup, request: StreamsGroupHeartbeatRequest): Member {
  const { memberId, memberEpoch } = request
  const most = world.config['group.streams.max.size']
  if (memberEpoch === joining && group.members.size >= most) {
    const problem = `the group has ${most} members, the most that group.streams.max.size allows`
    throw new ProtocolError('GROUP_MAX_SIZE_REACHED', problem)
  }
  const known = group.members.get(memberId)
  if (known === undefined && memberEpoch !== joining) {
    throw new ProtocolError('UNKNOWN_MEMBER_ID', `group ${group.groupId} has no member ${memberId}`)
  }
  const member = known ?? newMember(memberId)
  checkEpoch(member, request)
  return member
}

class Heartbeat {
  readonly #world: GroupWorld
  readonly #group: StreamsGroup
  readonly #isNew: boolean
  readonly #request: StreamsGroupHeartbeatRequest
  readonly #nowMs: number
  readonly #version: number
  readonly #records: StreamsGroupRecord[] = []
  readonly #status: Status[] = []

  constructor(world: GroupWorld, group: StreamsGroup, isNew: boolean, request: StreamsGroupHeartbeatRequest) {
    this.#world = world
    this.#group = group
    this.#isNew = isNew
    this.#request = request
    this.#nowMs = world.clock.now()
    this.#version = world.topics.version()
  }

  run(context: RequestContext): Beat {
    const [world, group, request] = [this.#world, this.#group, this.#request]
    const before = admitted(world, group, request)
    const joined: Member = { ...before, metadata: updatedMetadata(before.metadata, request, context) }
    const topology = this.#topology()
    if (joined.metadata.topologyEpoch < topology.epoch && group.topology !== undefined) {
      const { topologyEpoch } = joined.metadata
      const detail = `the group runs topology ${topology.epoch}, the member has ${topologyEpoch}`
      this.#status.push({ statusCode: statusCodes.STALE_TOPOLOGY, statusDetail: detail })
    }
    const hash = this.#hash(topology)
    const configured = this.#configured(topology, hash)
    if (configured.problem === undefined) checkTasks(configured, request)
    const groupEpoch = this.#head(before, joined, configured, hash)
    if (group.isEmpty) waitForMembers(world, group.groupId, () => this.#settledIn)
    const { epoch, target } = this.#target(joined, groupEpoch, configured)
    const member = this.#reconciled(joined, epoch, target)
    return this.#beat(before, member, configured)
  }

  /** The group that was settled in, for the alarm that was set before there was one. */
  #settledIn: StreamsGroup | undefined

  /** The topology that the group has or, from this heartbeat on, gets. */
  #topology(): Topology {
    const { topology: sent, memberId } = this.#request
    const { groupId, topology: known } = this.#group
    if (sent === null) {
      if (known !== undefined) return known
      throw new ProtocolError(
        'UNKNOWN_SERVER_ERROR',
        `group ${groupId} has no topology: member ${memberId} must join again`,
      )
    }
    if (known !== undefined && known.epoch > sent.epoch) return known
    const value = storedTopology(sent)
    const topology = topologyOf(value)
    if (known === undefined) {
      this.#records.push({ kind: 'streams', groupId, part: 'topology', value })
      return topology
    }
    if (sameTopology(known, topology)) return known
    throw new ProtocolError(
      'INVALID_REQUEST',
      `group ${groupId} runs another topology, and a topology cannot be changed: use another application id`,
    )
  }

  /** Of the topics now; nothing is computed while no topic of the cluster changed. */
  #hash(topology: Topology): bigint {
    const { topics } = this.#world
    const { configured, checkedAt, metadataHash: known } = this.#group
    if (configured !== undefined && checkedAt === this.#version) return known
    return metadataHash(topics, topology.requiredTopics)
  }

  #configured(topology: Topology, hash: bigint): ConfiguredTopology {
    const { configured, metadataHash: known } = this.#group
    if (configured !== undefined && this.#group.topology !== undefined && hash === known) return configured
    return configureTopology(topology, (topic) => this.#world.topics.partitionCount(topic))
  }

  /** The group's epoch, one more when anything changed that an assignment depends on. */
  #head(before: Member, joined: Member, configured: ConfiguredTopology, hash: bigint): number {
    const [world, group] = [this.#world, this.#group]
    const { groupId } = group
    const isChanged = !group.members.has(joined.memberId) || !sameMetadata(before.metadata, joined.metadata)
    if (isChanged) {
      const { memberId, metadata: value } = joined
      // The topology's record, if there is one, follows that of the member, as in Apache Kafka's log.
      this.#records.unshift({ kind: 'streams', groupId, part: 'member', memberId, value })
    }
    const validatedTopologyEpoch = configured.problem === undefined ? configured.epoch : -1
    const isSame =
      !isChanged &&
      hash === group.metadataHash &&
      validatedTopologyEpoch === group.validatedTopologyEpoch &&
      group.assignmentConfigs[standbySetting] === this.#configs[standbySetting]
    if (isSame) return group.groupEpoch
    const groupEpoch = group.groupEpoch + 1
    const head = { groupEpoch, metadataHash: hash, validatedTopologyEpoch, configs: this.#configs }
    this.#records.push(groupRecord(group, head))
    world.log('debug', 'a streams group changed', { group: groupId, epoch: groupEpoch, validatedTopologyEpoch })
    return groupEpoch
  }

  get #configs(): Readonly<Record<string, string>> {
    return { [standbySetting]: String(configOf(this.#world, this.#group.groupId).standbyReplicas) }
  }

  /** What the member is to run in the end, computed anew for all members when the group changed and time allows. */
  #target(
    joined: Member,
    groupEpoch: number,
    topology: ConfiguredTopology,
  ): { readonly epoch: number; readonly target: TargetTasks } {
    const [world, group, nowMs] = [this.#world, this.#group, this.#nowMs]
    if (isWaitingForMembers(world, group.groupId)) {
      this.#delayed('tasks are given out after group.streams.initial.rebalance.delay.ms')
      return { epoch: group.assignmentEpoch, target: noTargetTasks }
    }
    const { memberId } = joined
    const last = { epoch: group.assignmentEpoch, target: group.targetOf(memberId) }
    if (group.assignmentEpoch >= groupEpoch) return last
    if (!mayComputeTarget(group, configOf(world, group.groupId).assignmentIntervalMs, nowMs)) {
      this.#delayed('tasks are given out anew after group.streams.assignment.interval.ms')
      return last
    }
    const members = new Map(group.members).set(memberId, joined)
    const { records, targets } = computeTarget(group, members, { groupEpoch, topology, configs: this.#configs, nowMs })
    this.#records.push(...records)
    return { epoch: groupEpoch, target: targets.get(memberId) ?? noTargetTasks }
  }

  #delayed(statusDetail: string): void {
    this.#status.push({ statusCode: statusCodes.ASSIGNMENT_DELAYED, statusDetail })
  }

  #reconciled(member: Member, epoch: number, target: TargetTasks): Member {
    if (isReconciledTo(member, epoch)) return member
    const { activeTasks, standbyTasks, warmupTasks } = this.#request
    const owned =
      activeTasks === null || standbyTasks === null || warmupTasks === null
        ? undefined
        : { active: tasksOf(activeTasks), standby: tasksOf(standbyTasks), warmup: tasksOf(warmupTasks) }
    const { processId } = member.metadata
    const progress = reconcile(member, { processId, epoch, target, owned, owners: this.#group.owners })
    if (sameProgress(progress, member)) return member
    const { groupId } = this.#group
    const value = progressRecord(progress)
    this.#records.push({ kind: 'streams', groupId, part: 'current', memberId: member.memberId, value })
    return { ...member, ...progress }
  }

  #beat(before: Member, member: Member, configured: ConfiguredTopology): Beat {
    const [world, group, request] = [this.#world, this.#group, this.#request]
    const { memberId, memberEpoch } = member
    const { heartbeatIntervalMs } = configOf(world, group.groupId)
    const isTold = request.memberEpoch === joining || !sameGivenTasks(before.assigned, member.assigned)
    const endpointEpoch = group.endpoints.epoch + (isTold && member.metadata.userEndpoint !== null ? 1 : 0)
    const shutdownBy = group.shutdownRequestedBy ?? (request.shutdownApplication ? memberId : undefined)
    const tasks = (given: Parameters<typeof taskIds>[0]) => (isTold ? taskIds(given) : null)
    const response: StreamsGroupHeartbeatResponseInput = {
      throttleTimeMs: 0,
      errorCode: 0,
      memberId,
      memberEpoch,
      heartbeatIntervalMs,
      acceptableRecoveryLag: 0,
      taskOffsetIntervalMs: 0,
      status: [...this.#status, ...statusOf(configured, shutdownBy)],
      activeTasks: tasks(member.assigned.active),
      standbyTasks: tasks(member.assigned.standby),
      warmupTasks: tasks(member.assigned.warmup),
      // A group knows of its endpoints from its second heartbeat on.
      endpointInformationEpoch: this.#isNew ? 0 : endpointEpoch,
      partitionsByUserEndpoint:
        endpointEpoch === request.endpointInformationEpoch ? null : this.#endpoints(member, configured, isTold),
    }
    const settle = (settled: StreamsGroup): void => {
      this.#settledIn = settled
      settled.configured = configured
      settled.checkedAt = this.#version
      if (!this.#isNew) settled.endpoints.epoch = endpointEpoch
      settled.shutdownRequestedBy = shutdownBy
      expectHeartbeat(world, settled, memberId)
      if (member.state !== before.state || memberEpoch !== before.memberEpoch) expectRevocation(world, settled, member)
    }
    return { records: this.#records, response, missingTopics: configured.toCreate, settle }
  }

  #endpoints(member: Member, configured: ConfiguredTopology, isTold: boolean) {
    const { members, endpoints } = this.#group
    if (isTold) endpoints.forget(member.memberId)
    if (configured !== this.#group.configured) endpoints.forgetAll()
    const others = [...members.values()].filter(({ memberId }) => memberId !== member.memberId)
    return endpoints.list([...others, member], configured, (topic) => this.#world.topics.partitionCount(topic))
  }
}

function statusOf({ problem }: ConfiguredTopology, shutdownBy: string | undefined): Status[] {
  const status: Status[] = []
  if (problem !== undefined) status.push({ statusCode: statusCodes[problem.status], statusDetail: problem.message })
  if (shutdownBy !== undefined) {
    const statusDetail = `member ${shutdownBy} asks all instances of the application to shut down`
    status.push({ statusCode: statusCodes.SHUTDOWN_APPLICATION, statusDetail })
  }
  return status
}
