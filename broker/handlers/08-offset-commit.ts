import { offsetCommit } from '#core/wire/api/08-offset-commit.ts'
import { errorCodes } from '#core/wire/errors.ts'

import { divideTopics, onItsGroup } from './authorization.ts'
import { groupContext } from './group-context.ts'
import { serve } from './handler.ts'

/**
 * Commits offsets of a group, or of a consumer that manages its own partitions.
 * Versions 2-10. Kept: fencing by member and generation, metadata size bound, names until 9 and ids from 10; topics that the
 * client may not read are refused one by one. Left out: commits inside transactions.
 */
export const offsetCommitHandler = serve(offsetCommit, {
  versions: '2-10',
  requires: onItsGroup('READ'),
  refuse: ({ topics }, errorCode) => ({ topics: topics.map((topic) => withError(topic, errorCode)) }),
  handle: (node, request, call) => {
    const { allowed, refused } = divideTopics(node, call.client, 'READ', request.topics)
    const answer = node.groups.offsetCommit(groupContext(call), { ...request, topics: allowed })
    if (refused.length === 0) return answer
    const { code } = errorCodes.TOPIC_AUTHORIZATION_FAILED
    return answer.then(({ topics, ...rest }) => ({
      ...rest,
      topics: [...topics, ...refused.map((topic) => withError(topic, code))],
    }))
  },
})

interface Topic {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly { readonly partitionIndex: number }[]
}

const withError = ({ name, topicId, partitions }: Topic, errorCode: number) => ({
  name,
  topicId,
  partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
})
