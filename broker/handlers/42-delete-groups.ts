import { deleteGroups } from '#core/wire/api/42-delete-groups.ts'
import { errorCodes } from '#core/wire/errors.ts'

import { groupContext } from './group-context.ts'
import { serve } from './handler.ts'

/**
 * Deletes groups without members, and their offsets.
 * Versions 0-2. Kept: NON_EMPTY_GROUP while members are there. Left out: nothing.
 */
export const deleteGroupsHandler = serve(deleteGroups, {
  versions: '0-2',
  handle: async (node, request, call) => {
    const may = (groupId: string): boolean => node.authorizer.allows(call.client, 'DELETE', 'GROUP', groupId)
    const groupsNames = request.groupsNames.filter(may)
    const answer = await node.groups.deleteGroups(groupContext(call), { ...request, groupsNames })
    const errorCode = errorCodes.GROUP_AUTHORIZATION_FAILED.code
    const refused = new Set(request.groupsNames.filter((groupId) => !may(groupId)))
    return { ...answer, results: [...answer.results, ...Array.from(refused, (groupId) => ({ groupId, errorCode }))] }
  },
})
