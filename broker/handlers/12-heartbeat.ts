import { heartbeat } from '#core/wire/api/12-heartbeat.ts'

import { groupContext } from './group-context.ts'
import { onItsGroup } from './authorization.ts'
import { serve } from './handler.ts'

/**
 * Keeps a member in its group and tells it of a rebalance.
 * Versions 0-4. Kept: fencing of static members from 3. Left out: nothing.
 */
export const heartbeatHandler = serve(heartbeat, {
  versions: '0-4',
  requires: onItsGroup('READ'),
  refuse: (_, errorCode) => ({ errorCode }),
  handle: (node, request, call) => node.groups.heartbeat(groupContext(call), request),
})
