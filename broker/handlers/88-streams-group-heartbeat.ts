import {
  type StreamsGroupHeartbeatRequest,
  type StreamsGroupHeartbeatResponseInput,
  streamsGroupHeartbeat,
} from '#core/wire/api/88-streams-group-heartbeat.ts'
import { ProtocolError, errorCodes } from '#core/wire/errors.ts'

import { checkTopicName } from '../controller/topics.ts'
import { refusal } from '../coordinator/streams-group/answer.ts'
import type { ConfiguredTopic } from '../coordinator/streams-group/topology/configure.ts'
import { statusCodes } from '../coordinator/streams-group/topology/problem.ts'
import type { Node } from '../node.ts'
import { divideTopics, mayOnCluster, onItsGroup } from './authorization.ts'
import { messageOf } from './failure.ts'
import { groupContext } from './group-context.ts'
import { type Call, type Client, serve } from './handler.ts'
import { createTopic, internalTopics } from './topic-creation.ts'

type Response = StreamsGroupHeartbeatResponseInput

/**
 * Keeps a member of a streams group alive, tells it its tasks, and makes the topics that its topology needs.
 * Version 0. Kept: topics of the broker itself and impossible names are refused; internal topics are made under the rights
 * of the member, and why one cannot be made is told with MISSING_INTERNAL_TOPICS; UNSUPPORTED_VERSION while the feature
 * streams.version is 0. Left out, as in Apache Kafka 4.3: static members, source topics by regular expression, warm-up
 * tasks and task offsets, which are refused.
 */
export const streamsGroupHeartbeatHandler = serve(streamsGroupHeartbeat, {
  versions: '0',
  requires: onItsGroup('READ'),
  refuse: (_, errorCode) => refusal(errorCode, null),
  handle: async (node, request, call) => {
    if (node.controller.image.feature('streams.version') === 0)
      return refusal(errorCodes.UNSUPPORTED_VERSION.code, null)
    const problem = topologyProblem(node, request, call.client)
    if (problem !== undefined) return problem
    const { response, missingTopics } = await node.groups.streamsGroupHeartbeat(groupContext(call), request)
    return missingTopics.length === 0 ? response : withCreation(node, response, missingTopics, call)
  },
})

/** What is wrong with the topics that a topology names, whether or not they exist. */
function topologyProblem(node: Node, { topology }: StreamsGroupHeartbeatRequest, client: Client): Response | undefined {
  if (topology === null) return undefined
  const names = new Set(
    topology.subtopologies.flatMap((each) => [
      ...each.sourceTopics,
      ...each.repartitionSinkTopics,
      ...each.repartitionSourceTopics.map(({ name }) => name),
      ...each.stateChangelogTopics.map(({ name }) => name),
    ]),
  )
  const own = [...names].filter((name) => internalTopics.has(name))
  if (own.length > 0) {
    const message = `topologies must leave the broker's own topics alone: ${own.join(', ')}`
    return refusal(errorCodes.STREAMS_INVALID_TOPOLOGY.code, message)
  }
  const wrong = [...names].filter((name) => !isTopicName(name))
  if (wrong.length > 0) {
    const message = `no topic can have these names: ${wrong.join(', ')}`
    return refusal(errorCodes.STREAMS_INVALID_TOPOLOGY.code, message)
  }
  const topics = Array.from(names, (name) => ({ name }))
  const { refused } = divideTopics(node, client, 'DESCRIBE', topics)
  return refused.length > 0 ? refusal(errorCodes.TOPIC_AUTHORIZATION_FAILED.code, null) : undefined
}

function isTopicName(name: string): boolean {
  try {
    checkTopicName(name)
    return true
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}

/** Makes the topics that are missing; what cannot be made is told beside what is missing. */
async function withCreation(
  node: Node,
  response: Response,
  missing: readonly ConfiguredTopic[],
  call: Call<never>,
): Promise<Response> {
  const { refused } = mayOnCluster(node, call.client, 'CREATE')
    ? { refused: [] }
    : divideTopics(node, call.client, 'CREATE', missing)
  if (refused.length > 0) {
    const names = refused.map(({ name }) => name).join(', ')
    return withDetail(response, (detail) => join(detail, `the client may not make topics ${names}`))
  }
  const problems = (await Promise.all(missing.map((topic) => whyNotMade(node, topic)))).filter(
    (why) => why !== undefined,
  )
  if (problems.length === 0) return response
  const shown = problems.slice(0, 3).join(', ')
  const more = problems.length > 3 ? ` and ${problems.length - 3} more` : ''
  return withDetail(response, (detail) => join(detail, `cannot be made: ${shown}${more}`))
}

const join = (detail: string | undefined, more: string): string => (detail === undefined ? more : `${detail}; ${more}`)

/** Makes one topic, unless somebody else just did; says why when that is not possible. */
async function whyNotMade(node: Node, topic: ConfiguredTopic): Promise<string | undefined> {
  const { name, partitions: numPartitions, replicationFactor, configs } = topic
  try {
    await createTopic(node, {
      name,
      numPartitions,
      replicationFactor: replicationFactor === 0 ? -1 : replicationFactor,
      assignments: [],
      configs,
    })
    return undefined
  } catch (error) {
    if (error instanceof ProtocolError && error.code === 'TOPIC_ALREADY_EXISTS') return undefined
    node.log('warn', 'an internal topic of a streams group cannot be made', { topic: name, error: String(error) })
    return `${name} (${messageOf(error) ?? 'the broker failed'})`
  }
}

/** Changes what is told of missing internal topics. */
function withDetail(response: Response, change: (detail: string | undefined) => string): Response {
  const statusCode = statusCodes.MISSING_INTERNAL_TOPICS
  const status = response.status ?? []
  const told = status.find((each) => each.statusCode === statusCode)
  const changed = { statusCode, statusDetail: change(told?.statusDetail) }
  return {
    ...response,
    status: told === undefined ? [...status, changed] : status.map((each) => (each === told ? changed : each)),
  }
}
