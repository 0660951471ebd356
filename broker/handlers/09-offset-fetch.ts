import { type OffsetFetchRequest, type OffsetFetchResponseInput, offsetFetch } from '#core/wire/api/09-offset-fetch.ts'
import { errorCodes } from '#core/wire/errors.ts'

import type { Node } from '../node.ts'
import { type TopicReference, divideTopics } from './authorization.ts'
import { groupContext } from './group-context.ts'
import { type Call, serve } from './handler.ts'

type GroupAnswer = NonNullable<OffsetFetchResponseInput['groups']>[number]

/**
 * Tells what a group has committed.
 * Versions 1-10. Kept: all topics with null, one group until 7 and several from 8, ids from 10; topics that the client may
 * not describe are refused one by one where it names them, and left out where it asks for all.
 * Left out: nothing.
 */
export const offsetFetchHandler = serve(offsetFetch, {
  versions: '1-10',
  requires: ({ groupId }, call) => (call.apiVersion < 8 ? ['DESCRIBE', 'GROUP', groupId] : undefined),
  refuse: ({ topics, groups }, errorCode, call) => ({
    errorCode,
    topics: call.apiVersion < 2 ? (topics ?? []).map((topic) => refuseTopic(topic, errorCode)) : [],
    groups: groups.map(({ groupId }) => ({ groupId, topics: [], errorCode })),
  }),
  handle: (node, request, call) => {
    if (!node.authorizer.enabled) return node.groups.offsetFetch(groupContext(call), request)
    return call.apiVersion < 8 ? ofOneGroup(node, request, call) : ofGroups(node, request, call)
  },
})

function ofGroups(node: Node, request: OffsetFetchRequest, call: Call<never>): OffsetFetchResponseInput {
  const groups = request.groups.map((group): GroupAnswer => {
    const { groupId } = group
    if (!node.authorizer.allows(call.client, 'DESCRIBE', 'GROUP', groupId)) {
      return { groupId, topics: [], errorCode: errorCodes.GROUP_AUTHORIZATION_FAILED.code }
    }
    const { topics, ...rest } = withoutForbidden(node, call, group.topics, (allowed) => {
      const answer = node.groups.offsetFetch(groupContext(call), {
        ...request,
        groups: [{ ...group, topics: allowed }],
      })
      return answer.groups![0]! as Answer
    })
    return { ...rest, groupId, topics }
  })
  return { groups }
}

function ofOneGroup(node: Node, request: OffsetFetchRequest, call: Call<never>): OffsetFetchResponseInput {
  return withoutForbidden(node, call, request.topics, (topics) => {
    const answer = node.groups.offsetFetch(groupContext(call), { ...request, topics })
    return { ...answer, topics: answer.topics ?? [] }
  })
}

/** Every version's topic: the coordinator always tells the name. */
type TopicAnswer = GroupAnswer['topics'][number] & { readonly name: string }
type Asked = TopicReference & { readonly partitionIndexes: readonly number[] }
/** What a group's part of an answer has in every version. */
interface Answer {
  readonly topics: readonly TopicAnswer[]
  readonly errorCode?: number | undefined
}

/** Asks for what the client may see, and adds what it may not. An error of the group speaks for all its topics. */
function withoutForbidden<T extends Asked>(
  node: Node,
  { client }: Call<never>,
  topics: readonly T[] | null,
  ask: (topics: readonly T[] | null) => Answer,
): Answer {
  if (topics === null) {
    const answer = ask(null)
    return { ...answer, topics: divideTopics(node, client, 'DESCRIBE', answer.topics).allowed }
  }
  const { allowed, refused } = divideTopics(node, client, 'DESCRIBE', topics)
  const answer = ask(allowed)
  if ((answer.errorCode ?? 0) !== 0) return answer
  const { code } = errorCodes.TOPIC_AUTHORIZATION_FAILED
  return { ...answer, topics: [...answer.topics, ...refused.map((topic) => refuseTopic(topic, code))] }
}

const refuseTopic = ({ name, topicId, partitionIndexes }: Asked, errorCode: number) => ({
  name: name ?? '',
  ...(topicId !== undefined && { topicId }),
  partitions: partitionIndexes.map((partitionIndex) => ({
    partitionIndex,
    committedOffset: -1,
    metadata: '',
    errorCode,
  })),
})
