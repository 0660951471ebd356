import { deleteGroups } from '#core/wire/api/42-delete-groups.ts'

import { groupContext } from './group-context.ts'
import { serve } from './handler.ts'

/**
 * Deletes groups without members, and their offsets.
 * Versions 0-2. Kept: NON_EMPTY_GROUP while members are there. Left out: nothing.
 */
export const deleteGroupsHandler = serve(deleteGroups, {
  versions: '0-2',
  handle: (node, request, call) => node.groups.deleteGroups(groupContext(call), request),
})
