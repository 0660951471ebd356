import { offsetFetch } from '#core/wire/api/09-offset-fetch.ts'

import { groupContext } from './group-context.ts'
import { serve } from './handler.ts'

/**
 * Tells what a group has committed.
 * Versions 1-10. Kept: all topics with null, one group until 7 and several from 8, ids from 10. Left out: requireStable: nothing is ever unstable without transactions.
 */
export const offsetFetchHandler = serve(offsetFetch, {
  versions: '1-10',
  handle: (node, request, call) => node.groups.offsetFetch(groupContext(call), request),
})
