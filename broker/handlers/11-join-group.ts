import { joinGroup } from '#core/wire/api/11-join-group.ts'

import { groupContext } from './group-context.ts'
import { onItsGroup } from './authorization.ts'
import { serve } from './handler.ts'

/**
 * Lets a member into a group; waits until the rebalance is complete.
 * Versions 0-9. Kept: static members, required member ids from 4, skipped assignments from 9. Left out: the consumer group protocol of KIP-848.
 */
export const joinGroupHandler = serve(joinGroup, {
  versions: '0-9',
  requires: onItsGroup('READ'),
  refuse: ({ memberId }, errorCode) => ({
    errorCode,
    generationId: -1,
    protocolName: '',
    leader: '',
    memberId,
    members: [],
  }),
  handle: (node, request, call) => node.groups.joinGroup(groupContext(call), request),
})
