import { offsetCommit } from '#core/wire/api/08-offset-commit.ts'

import { groupContext } from './group-context.ts'
import { serve } from './handler.ts'

/**
 * Commits offsets of a group, or of a consumer that manages its own partitions.
 * Versions 2-10. Kept: fencing by member and generation, metadata size bound, names until 9 and ids from 10. Left out: commits inside transactions.
 */
export const offsetCommitHandler = serve(offsetCommit, {
  versions: '2-10',
  handle: (node, request, call) => node.groups.offsetCommit(groupContext(call), request),
})
