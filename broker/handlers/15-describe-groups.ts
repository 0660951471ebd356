import { describeGroups } from '#core/wire/api/15-describe-groups.ts'

import { groupContext } from './group-context.ts'
import { serve } from './handler.ts'

/**
 * Describes groups and their members.
 * Versions 0-6. Kept: a missing group is Dead until 5 and GROUP_ID_NOT_FOUND from 6. Left out: authorized operations: nothing is authorized yet.
 */
export const describeGroupsHandler = serve(describeGroups, {
  versions: '0-6',
  handle: (node, request, call) => node.groups.describeGroups(groupContext(call), request),
})
