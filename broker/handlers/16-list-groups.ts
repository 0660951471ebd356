import { listGroups } from '#core/wire/api/16-list-groups.ts'

import { groupContext } from './group-context.ts'
import { serve } from './handler.ts'

/**
 * Lists the groups of this broker.
 * Versions 0-5. Kept: filters by state from 4 and type from 5. Left out: nothing.
 */
export const listGroupsHandler = serve(listGroups, {
  versions: '0-5',
  handle: (node, request, call) => node.groups.listGroups(groupContext(call), request),
})
