import { offsetDelete } from '#core/wire/api/47-offset-delete.ts'

import { groupContext } from './group-context.ts'
import { serve } from './handler.ts'

/**
 * Forgets committed offsets of topics that a group does not subscribe to.
 * Versions 0. Kept: GROUP_SUBSCRIBED_TO_TOPIC per partition. Left out: nothing.
 */
export const offsetDeleteHandler = serve(offsetDelete, {
  versions: '0',
  handle: (node, request, call) => node.groups.offsetDelete(groupContext(call), request),
})
