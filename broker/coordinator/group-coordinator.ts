import type { OffsetCommitRequest, OffsetCommitResponseInput } from '#core/wire/api/08-offset-commit.ts'
import type { OffsetFetchRequest, OffsetFetchResponseInput } from '#core/wire/api/09-offset-fetch.ts'
import type { JoinGroupRequest, JoinGroupResponseInput } from '#core/wire/api/11-join-group.ts'
import type { HeartbeatRequest, HeartbeatResponseInput } from '#core/wire/api/12-heartbeat.ts'
import type { LeaveGroupRequest, LeaveGroupResponseInput } from '#core/wire/api/13-leave-group.ts'
import type { SyncGroupRequest, SyncGroupResponseInput } from '#core/wire/api/14-sync-group.ts'
import type { DescribeGroupsRequest, DescribeGroupsResponseInput } from '#core/wire/api/15-describe-groups.ts'
import type { ListGroupsRequest, ListGroupsResponseInput } from '#core/wire/api/16-list-groups.ts'
import type { TxnOffsetCommitRequest, TxnOffsetCommitResponseInput } from '#core/wire/api/28-txn-offset-commit.ts'
import type { DeleteGroupsRequest, DeleteGroupsResponseInput } from '#core/wire/api/42-delete-groups.ts'
import type { OffsetDeleteRequest, OffsetDeleteResponseInput } from '#core/wire/api/47-offset-delete.ts'
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponseInput,
} from '#core/wire/api/68-consumer-group-heartbeat.ts'
import type { ConsumerGroupDescribeResponseInput } from '#core/wire/api/69-consumer-group-describe.ts'
import type { StreamsGroupHeartbeatRequest } from '#core/wire/api/88-streams-group-heartbeat.ts'
import type { Timer } from '#core/ports/timers.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import { answerHeartbeat, answerJoin, answerLeave, answerSync } from './classic-protocol.ts'
import { code } from './codes.ts'
import { answerConsumerDescribe, answerConsumerHeartbeat } from './consumer-group/answer.ts'
import { ClassicGroup } from './group/classic-group.ts'
import { describeGroup, describeNothing, listFilter, listGroup } from './group/describe.ts'
import { partitionForGroup } from './java-hash.ts'
import { answerCommit } from './offsets/answer-commit.ts'
import { answerFetch } from './offsets/answer-fetch.ts'
import { answerTxnCommit } from './offsets/answer-txn-commit.ts'
import { type DeletedTopic, deleteGroup, deleteOffsets, deleteTopics } from './offsets/delete.ts'
import type { CoordinatorPorts, RequestContext } from './ports.ts'
import { type AnsweredHeartbeat, answerStreamsDescribe, answerStreamsHeartbeat } from './streams-group/answer.ts'
import type { DescribedStreamsGroup } from './streams-group/describe.ts'
import { type OffsetsMarker, Shard } from './shard.ts'
import { Shards } from './shards.ts'
import { type GroupTally, tallyOf } from './tally.ts'

/** All operations on a group, as the bits that DescribeGroups shows where no authorizer says less. */
const allGroupOperations = 3400

/**
 * Coordinates classic groups and keeps committed offsets, each group in one partition of `__consumer_offsets`. A method
 * per API takes the decoded request and gives the response; what goes wrong is an error code in it.
 */
export class GroupCoordinator {
  readonly #ports: CoordinatorPorts
  readonly #shards: Shards<Shard>
  readonly #sweep: Timer

  constructor(ports: CoordinatorPorts) {
    this.#ports = ports
    this.#shards = new Shards((partition) => {
      const shard = new Shard(ports, partition, () => {
        if (this.#shards.get(partition) === shard) this.#reload(partition)
      })
      return shard
    })
    this.#sweep = ports.timers.every(ports.config['offsets.retention.check.interval.ms'], () => {
      for (const shard of this.#shards.values()) if (shard.isLoaded) shard.sweep()
    })
  }

  /** The partition of `__consumer_offsets` that keeps a group; the topic must exist. */
  partitionFor(groupId: string): number {
    return partitionForGroup(groupId, this.#ports.partitions.count)
  }

  /** Replays a partition and serves its groups from then on. Rejects, and does not serve, when the log cannot be read. */
  load(partition: number): Promise<void> {
    return this.#shards.load(partition)
  }

  /** Drops the groups of a partition; whoever waits is told to look for another coordinator. */
  unload(partition: number): void {
    this.#shards.unload(partition)
  }

  /** Lets groups look again at topics that were made, got partitions or were deleted. */
  onTopicsChanged(names: Iterable<string>, areNew: boolean): void {
    const changed = new Set(names)
    for (const shard of this.#shards.values()) if (shard.isLoaded) shard.topicsChanged(changed, areNew)
  }

  /** Forgets the offsets committed for topics that were deleted. */
  onTopicsDeleted(topics: readonly DeletedTopic[]): void {
    for (const shard of this.#shards.values()) {
      if (!shard.isLoaded) continue
      for (const [groupId, records] of deleteTopics(shard.stored, topics)) shard.run(groupId, { records })
    }
  }

  /** Goes back to what the log says, after records that were built upon did not reach it. */
  #reload(partition: number): void {
    this.unload(partition)
    this.load(partition).catch((error: unknown) => {
      this.#ports.log('error', 'the groups of a partition cannot be loaded', { partition, error })
    })
  }

  /** How many groups and offsets there are. */
  tally(): GroupTally {
    return tallyOf(this.#shards.values())
  }

  async close(): Promise<void> {
    this.#sweep.cancel()
    this.#shards.close()
  }

  joinGroup(context: RequestContext, request: JoinGroupRequest): Promise<JoinGroupResponseInput> {
    return answerJoin(this.#find(request.groupId), context, request)
  }

  syncGroup(context: RequestContext, request: SyncGroupRequest): Promise<SyncGroupResponseInput> {
    return answerSync(this.#find(request.groupId), context, request)
  }

  heartbeat(_context: RequestContext, request: HeartbeatRequest): HeartbeatResponseInput {
    return answerHeartbeat(this.#find(request.groupId), request)
  }

  leaveGroup(context: RequestContext, request: LeaveGroupRequest): Promise<LeaveGroupResponseInput> {
    return answerLeave(this.#find(request.groupId), context, request)
  }

  offsetCommit(context: RequestContext, request: OffsetCommitRequest): Promise<OffsetCommitResponseInput> {
    return answerCommit(this.#find(request.groupId, true), this.#ports, context, request)
  }

  /** Commits offsets inside of a transaction, of which the caller has made sure that it is open. */
  txnOffsetCommit(context: RequestContext, request: TxnOffsetCommitRequest): Promise<TxnOffsetCommitResponseInput> {
    return answerTxnCommit(this.#find(request.groupId, true), this.#ports, context, request)
  }

  /** Writes a transaction's marker into a partition of `__consumer_offsets`; `done` hears null when it is in the log. */
  endTransaction(partition: number, marker: OffsetsMarker, done: (problem: ErrorName | null) => void): void {
    const shard = this.#shards.get(partition)
    if (shard === undefined) return done('NOT_COORDINATOR')
    if (!shard.isLoaded) return done('COORDINATOR_LOAD_IN_PROGRESS')
    shard.endTransaction(marker, done)
  }

  offsetFetch(context: RequestContext, request: OffsetFetchRequest): OffsetFetchResponseInput {
    return answerFetch((groupId) => this.#find(groupId, true), this.#ports.topics, context, request)
  }

  offsetDelete(_context: RequestContext, request: OffsetDeleteRequest): Promise<OffsetDeleteResponseInput> {
    return new Promise((resolve) => {
      const refuse = (problem: ErrorName): void => resolve({ errorCode: code(problem), throttleTimeMs: 0, topics: [] })
      const found = this.#find(request.groupId)
      if (typeof found === 'string') return refuse(found)
      const group = found.find(request.groupId)
      if (group === undefined) return refuse('GROUP_ID_NOT_FOUND')
      const problem = group.offsetDeleteProblem()
      if (problem !== null) return refuse(problem)
      const { records, answered } = deleteOffsets(group, found.stored, this.#ports.topics, request)
      found.run(request.groupId, {
        records,
        stored: (failed) =>
          failed === null ? resolve({ errorCode: 0, throttleTimeMs: 0, topics: answered }) : refuse(failed),
      })
    })
  }

  describeGroups(context: RequestContext, request: DescribeGroupsRequest): DescribeGroupsResponseInput {
    const groups = request.groups.map((groupId) => {
      const found = this.#find(groupId, true)
      if (typeof found === 'string') return describeNothing(groupId, code(found), '')
      const group = found.find(groupId)
      if (group instanceof ClassicGroup) {
        const described = describeGroup(group)
        return request.includeAuthorizedOperations
          ? { ...described, authorizedOperations: allGroupOperations }
          : described
      }
      if (context.apiVersion < 6) return describeNothing(groupId, 0, 'Dead')
      const missing = describeNothing(groupId, code('GROUP_ID_NOT_FOUND'), 'Dead')
      const why = group === undefined ? 'not found' : 'is not a classic group'
      return { ...missing, errorMessage: `Group ${groupId} ${why}.` }
    })
    return { groups }
  }

  /** A heartbeat of a consumer group's member: it joins, stays or leaves. */
  consumerGroupHeartbeat(
    context: RequestContext,
    request: ConsumerGroupHeartbeatRequest,
  ): Promise<ConsumerGroupHeartbeatResponseInput> {
    return answerConsumerHeartbeat((groupId) => this.#find(groupId), this.#ports.config, context, request)
  }

  /** One consumer group, or why it cannot be described. */
  consumerGroupDescribe(groupId: string): ConsumerGroupDescribeResponseInput['groups'][number] {
    return answerConsumerDescribe(this.#find(groupId), groupId)
  }

  /** A heartbeat of a streams group's member; comes with the topics that the caller is to make for the group. */
  streamsGroupHeartbeat(context: RequestContext, request: StreamsGroupHeartbeatRequest): Promise<AnsweredHeartbeat> {
    return answerStreamsHeartbeat((groupId) => this.#find(groupId), context, request)
  }

  /** One streams group, or why it cannot be described. */
  streamsGroupDescribe(groupId: string): DescribedStreamsGroup {
    return answerStreamsDescribe(this.#find(groupId), groupId)
  }

  listGroups(_context: RequestContext, request: ListGroupsRequest): ListGroupsResponseInput {
    const shards = [...this.#shards.values()]
    if (this.#shards.isClosed) return { errorCode: code('COORDINATOR_NOT_AVAILABLE'), groups: [] }
    if (shards.some((shard) => !shard.isLoaded)) return { errorCode: code('COORDINATOR_LOAD_IN_PROGRESS'), groups: [] }
    const matches = listFilter(request)
    return {
      errorCode: 0,
      groups: shards.flatMap((shard) => shard.all().filter(matches).map(listGroup)),
    }
  }

  async deleteGroups(_context: RequestContext, request: DeleteGroupsRequest): Promise<DeleteGroupsResponseInput> {
    const results = [...new Set(request.groupsNames)].map(async (groupId) => {
      const problem = await this.#deleteGroup(groupId)
      return { groupId, errorCode: code(problem ?? 'NONE') }
    })
    return { throttleTimeMs: 0, results: await Promise.all(results) }
  }

  #deleteGroup(groupId: string): Promise<ErrorName | null> {
    return new Promise((resolve) => {
      const found = this.#find(groupId, true)
      if (typeof found === 'string') return resolve(found)
      const group = found.find(groupId)
      if (group === undefined) return resolve('GROUP_ID_NOT_FOUND')
      if (!group.isEmpty) return resolve('NON_EMPTY_GROUP')
      found.run(groupId, { records: deleteGroup(group, found.stored), stored: resolve })
    })
  }

  /** The shard of a group, or why there is none now. The nameless group may keep offsets but not have members. */
  #find(groupId: string, mayBeNameless = false): Shard | ErrorName {
    if (groupId === '' && !mayBeNameless) return 'INVALID_GROUP_ID'
    if (this.#shards.isClosed || this.#ports.partitions.count === 0) return 'COORDINATOR_NOT_AVAILABLE'
    const shard = this.#shards.get(this.partitionFor(groupId))
    if (shard === undefined) return 'NOT_COORDINATOR'
    return shard.isLoaded ? shard : 'COORDINATOR_LOAD_IN_PROGRESS'
  }
}
