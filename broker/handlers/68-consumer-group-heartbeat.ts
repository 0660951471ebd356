import { consumerGroupHeartbeat } from '#core/wire/api/68-consumer-group-heartbeat.ts'
import { errorCodes } from '#core/wire/errors.ts'

import { refusedHeartbeat } from '../coordinator/consumer-group/answer.ts'
import { divideTopics, onItsGroup } from './authorization.ts'
import { groupContext } from './group-context.ts'
import { serve } from './handler.ts'

/**
 * Keeps a member of a consumer group (KIP-848) alive and tells it what it owns.
 * Versions 0-1. Kept: all topics that a member names must be visible to it, and patterns match only those that are;
 * UNSUPPORTED_VERSION while the feature group.version is 0. Left out: nothing.
 */
export const consumerGroupHeartbeatHandler = serve(consumerGroupHeartbeat, {
  versions: '0-1',
  requires: onItsGroup('READ'),
  refuse: (_, errorCode) => refusedHeartbeat(errorCode, null),
  handle: (node, request, call) => {
    if (node.controller.image.feature('group.version') === 0) {
      return refusedHeartbeat(errorCodes.UNSUPPORTED_VERSION.code, null)
    }
    const topics = (request.subscribedTopicNames ?? []).map((name) => ({ name }))
    if (divideTopics(node, call.client, 'DESCRIBE', topics).refused.length > 0) {
      return refusedHeartbeat(errorCodes.TOPIC_AUTHORIZATION_FAILED.code, null)
    }
    const mayDescribe = (topic: string): boolean => node.authorizer.allows(call.client, 'DESCRIBE', 'TOPIC', topic)
    return node.groups.consumerGroupHeartbeat({ ...groupContext(call), mayDescribe }, request)
  },
})
