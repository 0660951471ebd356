import { syncGroup } from '#core/wire/api/14-sync-group.ts'

import { groupContext } from './group-context.ts'
import { onItsGroup } from './authorization.ts'
import { serve } from './handler.ts'

/**
 * Hands the leader's assignment to every member; waits until it is there.
 * Versions 0-5. Kept: checks of protocol type and name from 5. Left out: nothing.
 */
export const syncGroupHandler = serve(syncGroup, {
  versions: '0-5',
  requires: onItsGroup('READ'),
  refuse: (_, errorCode) => ({ errorCode, assignment: Buffer.alloc(0) }),
  handle: (node, request, call) => node.groups.syncGroup(groupContext(call), request),
})
