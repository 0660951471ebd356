import { zeroUuid } from '#core/bytes/uuid.ts'
import {
  type CreateTopicsRequest,
  type CreateTopicsResponseInput,
  createTopics,
} from '#core/wire/api/19-create-topics.ts'
import { ProtocolError, errorCodes } from '#core/wire/errors.ts'

import type { Node } from '../node.ts'
import type { Mutations } from '../quota/mutation-limits.ts'
import { demand, mayOnCluster } from './authorization.ts'
import { codeOf, messageOf } from './failure.ts'
import { type Client, serve } from './handler.ts'
import { planNewTopic } from './topic-creation.ts'

type Wanted = CreateTopicsRequest['topics'][number]
type Answer = CreateTopicsResponseInput['topics'][number]

/**
 * Makes topics; each succeeds or fails by itself.
 * Versions 2-7. Kept: manual assignments, settings checked as DescribeConfigs shows them, validation without making, the
 * settings a new topic got from 5, its id from 7. Left out: nothing.
 */
export const createTopicsHandler = serve(createTopics, {
  versions: '2-7',
  handle: async (node, request, call) => {
    const answers: Answer[] = []
    const written: Promise<void>[] = []
    const { client } = call
    const mutations = node.quotas.mutations.of(client.principal.name, call.clientId ?? '', call.apiVersion >= 6)
    for (const wanted of request.topics) answers.push(create(node, request, wanted, { client, written, mutations }))
    call.pause(mutations.pauseMs)
    await Promise.all(written)
    return { throttleTimeMs: 0, topics: answers }
  },
})

/** What the topics of one request have in common. */
interface Surroundings {
  readonly client: Client
  readonly written: Promise<void>[]
  readonly mutations: Mutations
}

function create(
  node: Node,
  request: CreateTopicsRequest,
  wanted: Wanted,
  { client, written, mutations }: Surroundings,
): Answer {
  const { name } = wanted
  try {
    if (request.topics.filter((other) => other.name === name).length > 1) {
      throw new ProtocolError('INVALID_REQUEST', `topic '${name}' is named twice`)
    }
    if (!mayOnCluster(node, client, 'CREATE')) demand(node, client, 'CREATE', 'TOPIC', name)
    // A setting without a value is one that nobody made.
    const configs = Object.fromEntries(
      wanted.configs.flatMap((each) => (each.value === null ? [] : [[each.name, each.value]])),
    )
    const plan = planNewTopic(node, { ...wanted, configs })
    mutations.take(plan.numPartitions)
    if (!request.validateOnly) written.push(node.controller.commit(plan.records))
    const made = { name, topicId: request.validateOnly ? zeroUuid : plan.topicId, errorCode: 0, errorMessage: null }
    if (!node.authorizer.allows(client, 'DESCRIBE_CONFIGS', 'TOPIC', name)) {
      return { ...made, topicConfigErrorCode: errorCodes.TOPIC_AUTHORIZATION_FAILED.code, configs: [] }
    }
    return {
      ...made,
      numPartitions: plan.numPartitions,
      replicationFactor: plan.replicationFactor,
      configs: node.configs.describeTopic(name).map((row) => ({
        name: row.name,
        value: row.value,
        readOnly: row.readOnly,
        configSource: row.source,
        isSensitive: row.sensitive,
      })),
    }
  } catch (error) {
    return { name, errorCode: codeOf(node, 'CreateTopics', error), errorMessage: messageOf(error), configs: [] }
  }
}
