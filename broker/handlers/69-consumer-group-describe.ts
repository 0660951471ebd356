import {
  type ConsumerGroupDescribeResponseInput,
  consumerGroupDescribe,
} from '#core/wire/api/69-consumer-group-describe.ts'
import { errorCodes } from '#core/wire/errors.ts'

import { describeNoConsumerGroup } from '../coordinator/consumer-group/describe.ts'
import type { Node } from '../node.ts'
import { divideTopics, operationsFor } from './authorization.ts'
import { type Call, type Client, serve } from './handler.ts'

type DescribedGroup = ConsumerGroupDescribeResponseInput['groups'][number]

/**
 * Describes consumer groups (KIP-848) and their members.
 * Versions 0-1. Kept: GROUP_ID_NOT_FOUND for groups of other kinds, for which clients ask with DescribeGroups then;
 * authorized operations on request; a group whose topics the client may not see is described without anything;
 * UNSUPPORTED_VERSION while the feature group.version is 0. Left out: nothing.
 */
export const consumerGroupDescribeHandler = serve(consumerGroupDescribe, {
  versions: '0-1',
  handle: (node, request, call) => {
    const isOff = node.controller.image.feature('group.version') === 0
    const { includeAuthorizedOperations: isAsked } = request
    const groups = request.groupIds.map((groupId) => {
      if (isOff) return describeNoConsumerGroup(groupId, errorCodes.UNSUPPORTED_VERSION.code, null)
      return describe(node, groupId, isAsked, call)
    })
    return { throttleTimeMs: 0, groups }
  },
})

function describe(node: Node, groupId: string, isAsked: boolean, call: Call<never>): DescribedGroup {
  if (!node.authorizer.allows(call.client, 'DESCRIBE', 'GROUP', groupId)) {
    return describeNoConsumerGroup(groupId, errorCodes.GROUP_AUTHORIZATION_FAILED.code, null)
  }
  const group = node.groups.consumerGroupDescribe(groupId)
  if (!maySeeTopics(node, group, call.client)) {
    const message = 'the group has topics that this client may not see'
    return describeNoConsumerGroup(groupId, errorCodes.TOPIC_AUTHORIZATION_FAILED.code, message)
  }
  const authorizedOperations = operationsFor(node, call, isAsked && group.errorCode === 0, 'GROUP', groupId)
  return { ...group, authorizedOperations }
}

function maySeeTopics(node: Node, { members }: DescribedGroup, client: Client): boolean {
  if (!node.authorizer.enabled) return true
  const names = new Set<string>()
  for (const { subscribedTopicNames, assignment, targetAssignment } of members) {
    for (const name of subscribedTopicNames) names.add(name)
    for (const { topicName } of assignment.topicPartitions) names.add(topicName)
    for (const { topicName } of targetAssignment.topicPartitions) names.add(topicName)
  }
  const topics = Array.from(names, (name) => ({ name }))
  return divideTopics(node, client, 'DESCRIBE', topics).refused.length === 0
}
