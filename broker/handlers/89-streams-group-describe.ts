import { streamsGroupDescribe } from '#core/wire/api/89-streams-group-describe.ts'
import { errorCodes } from '#core/wire/errors.ts'

import { type DescribedStreamsGroup, describeNoStreamsGroup } from '../coordinator/streams-group/describe.ts'
import type { Node } from '../node.ts'
import { divideTopics, operationsFor } from './authorization.ts'
import { type Call, type Client, serve } from './handler.ts'

/**
 * Describes streams groups: their topology, their members and what each runs.
 * Version 0. Kept: authorized operations on request; a group whose topics the client may not see is described without
 * anything; UNSUPPORTED_VERSION while the feature streams.version is 0. Left out: nothing.
 */
export const streamsGroupDescribeHandler = serve(streamsGroupDescribe, {
  versions: '0',
  handle: (node, request, call) => {
    const isOff = node.controller.image.feature('streams.version') === 0
    const { includeAuthorizedOperations: isAsked } = request
    const groups = request.groupIds.map((groupId) => {
      if (isOff) return describeNoStreamsGroup(groupId, errorCodes.UNSUPPORTED_VERSION.code, null)
      return describe(node, groupId, isAsked, call)
    })
    return { throttleTimeMs: 0, groups }
  },
})

function describe(node: Node, groupId: string, isAsked: boolean, call: Call<never>): DescribedStreamsGroup {
  if (!node.authorizer.allows(call.client, 'DESCRIBE', 'GROUP', groupId)) {
    return describeNoStreamsGroup(groupId, errorCodes.GROUP_AUTHORIZATION_FAILED.code, null)
  }
  const group = node.groups.streamsGroupDescribe(groupId)
  if (!maySeeTopics(node, group, call.client)) {
    const message = 'the client may not see all topics of the group'
    return describeNoStreamsGroup(groupId, errorCodes.TOPIC_AUTHORIZATION_FAILED.code, message)
  }
  const authorizedOperations = operationsFor(node, call, isAsked && group.errorCode === 0, 'GROUP', groupId)
  return { ...group, authorizedOperations }
}

function maySeeTopics(node: Node, group: DescribedStreamsGroup, client: Client): boolean {
  const topics = (group.topology?.subtopologies ?? []).flatMap((each) => [
    ...each.sourceTopics.map((name) => ({ name })),
    ...each.repartitionSinkTopics.map((name) => ({ name })),
    ...each.repartitionSourceTopics,
    ...each.stateChangelogTopics,
  ])
  return divideTopics(node, client, 'DESCRIBE', topics).refused.length === 0
}
