import { leaveGroup } from '#core/wire/api/13-leave-group.ts'

import { groupContext } from './group-context.ts'
import { onItsGroup } from './authorization.ts'
import { serve } from './handler.ts'

/**
 * Takes members out of a group.
 * Versions 0-5. Kept: several members at a time from 3. Left out: nothing.
 */
export const leaveGroupHandler = serve(leaveGroup, {
  versions: '0-5',
  requires: onItsGroup('READ'),
  refuse: (_, errorCode) => ({ errorCode }),
  handle: (node, request, call) => node.groups.leaveGroup(groupContext(call), request),
})
