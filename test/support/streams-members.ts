import { decodeRequest, decodeResponse, encodeRequest, encodeResponse, readRequestHeader } from '#core/wire/frame.ts'
import {
  type StreamsGroupHeartbeatRequestInput,
  type StreamsGroupHeartbeatResponse,
  streamsGroupHeartbeat,
} from '#core/wire/api/88-streams-group-heartbeat.ts'
import type { DescribedStreamsGroup } from '../../broker/coordinator/streams-group/describe.ts'
import type { ConfiguredTopic } from '../../broker/coordinator/streams-group/topology/configure.ts'
import type { GroupWorld } from './group-world.ts'

type Topology = NonNullable<StreamsGroupHeartbeatRequestInput['topology']>

/** A subtopology that reads topics and, with state, keeps a changelog. */
export const reading = (
  sourceTopics: readonly string[],
  changelog?: string,
  topicConfigs: readonly { readonly key: string; readonly value: string }[] = [],
): Topology => ({
  epoch: 0,
  subtopologies: [
    {
      subtopologyId: '0',
      sourceTopics: [...sourceTopics],
      sourceTopicRegex: [],
      stateChangelogTopics:
        changelog === undefined ? [] : [{ name: changelog, partitions: 0, replicationFactor: 0, topicConfigs }],
      repartitionSinkTopics: [],
      repartitionSourceTopics: [],
      copartitionGroups: [],
    },
  ],
})

/** Members of one streams group in a world of groups; their requests and answers go through the codec. */
export class StreamsMembers {
  /** Topics that the last answer asked to be made. */
  missingTopics: readonly ConfiguredTopic[] = []
  readonly #world: GroupWorld
  readonly groupId: string

  constructor(world: GroupWorld, groupId = 'app') {
    this.#world = world
    this.groupId = groupId
  }

  join(memberId: string, topology: Topology, more: Partial<StreamsGroupHeartbeatRequestInput> = {}) {
    return this.beat(memberId, 0, {
      topology,
      processId: memberId,
      clientTags: [],
      rebalanceTimeoutMs: 5000,
      activeTasks: [],
      standbyTasks: [],
      warmupTasks: [],
      ...more,
    })
  }

  /** A heartbeat of a member that runs these partitions of subtopology 0. */
  own(memberId: string, memberEpoch: number, active: readonly number[], standby: readonly number[] = []) {
    const of = (partitions: readonly number[]) =>
      partitions.length === 0 ? [] : [{ subtopologyId: '0', partitions: [...partitions] }]
    return this.beat(memberId, memberEpoch, { activeTasks: of(active), standbyTasks: of(standby), warmupTasks: [] })
  }

  /** Sends a heartbeat and waits, without moving time, for the answer. */
  async beat(
    memberId: string,
    memberEpoch: number,
    more: Partial<StreamsGroupHeartbeatRequestInput> = {},
  ): Promise<StreamsGroupHeartbeatResponse> {
    const answered = this.send(memberId, memberEpoch, more)
    await this.#world.settle()
    return answered
  }

  /** Sends a heartbeat; the answer may take its time. */
  async send(
    memberId: string,
    memberEpoch: number,
    more: Partial<StreamsGroupHeartbeatRequestInput> = {},
  ): Promise<StreamsGroupHeartbeatResponse> {
    const request = { groupId: this.groupId, memberId, memberEpoch, endpointInformationEpoch: 0, ...more }
    const frame = Buffer.concat(encodeRequest(streamsGroupHeartbeat, 0, 7, 'client', request)).subarray(4)
    const decoded = decodeRequest(streamsGroupHeartbeat, 0, frame, readRequestHeader(frame).bodyStart)
    const context = { apiVersion: 0, clientId: 'client', clientHost: '/127.0.0.1' }
    const answer = this.#world.coordinator.streamsGroupHeartbeat(context, decoded)
    // The frame's memory is used again for the next request: nothing may have kept a view on it.
    frame.fill(0xdd)
    const { response, missingTopics } = await answer
    this.missingTopics = missingTopics
    const bytes = Buffer.concat(encodeResponse(streamsGroupHeartbeat, 0, 7, response)).subarray(4)
    return decodeResponse(streamsGroupHeartbeat, 0, bytes).body
  }

  describe(): DescribedStreamsGroup {
    return this.#world.coordinator.streamsGroupDescribe(this.groupId)
  }
}

/** The partitions of subtopology 0 in an answer; null when it says nothing of tasks. */
export const partitionsIn = (tasks: StreamsGroupHeartbeatResponse['activeTasks']): number[] | null =>
  tasks === null ? null : tasks.flatMap(({ partitions }) => partitions)
