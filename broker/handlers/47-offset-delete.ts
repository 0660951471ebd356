import { offsetDelete } from '#core/wire/api/47-offset-delete.ts'
import { errorCodes } from '#core/wire/errors.ts'

import { divideTopics } from './authorization.ts'
import { groupContext } from './group-context.ts'
import { serve } from './handler.ts'

/**
 * Forgets committed offsets of topics that a group does not subscribe to.
 * Versions 0. Kept: GROUP_SUBSCRIBED_TO_TOPIC per partition. Left out: nothing.
 */
export const offsetDeleteHandler = serve(offsetDelete, {
  versions: '0',
  requires: ({ groupId }) => ['DELETE', 'GROUP', groupId],
  refuse: (_, errorCode) => ({ errorCode, throttleTimeMs: 0, topics: [] }),
  handle: async (node, request, call) => {
    const { allowed, refused } = divideTopics(node, call.client, 'READ', request.topics)
    const answer = await node.groups.offsetDelete(groupContext(call), { ...request, topics: allowed })
    if (answer.errorCode !== 0 || refused.length === 0) return answer
    const errorCode = errorCodes.TOPIC_AUTHORIZATION_FAILED.code
    const refusedTopics = refused.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    }))
    return { ...answer, topics: [...answer.topics, ...refusedTopics] }
  },
})
