import { describeGroups } from '#core/wire/api/15-describe-groups.ts'
import { errorCodes } from '#core/wire/errors.ts'

import { operationsFor } from './authorization.ts'
import { groupContext } from './group-context.ts'
import { serve } from './handler.ts'

/**
 * Describes groups and their members.
 * Versions 0-6. Kept: a missing group is Dead until 5 and GROUP_ID_NOT_FOUND from 6; authorized operations from 3.
 * Left out: nothing.
 */
export const describeGroupsHandler = serve(describeGroups, {
  versions: '0-6',
  handle: (node, request, call) => {
    const isAllowed = (groupId: string): boolean => node.authorizer.allows(call.client, 'DESCRIBE', 'GROUP', groupId)
    const { groups, ...rest } = node.groups.describeGroups(groupContext(call), {
      ...request,
      groups: request.groups.filter(isAllowed),
    })
    const isAsked = request.includeAuthorizedOperations
    const described = groups.map((group) => ({
      ...group,
      authorizedOperations: operationsFor(node, call, isAsked && group.errorCode === 0, 'GROUP', group.groupId),
    }))
    const refused = request.groups.filter((groupId) => !isAllowed(groupId)).map(refuse)
    return { ...rest, groups: [...described, ...refused] }
  },
})

const refuse = (groupId: string) => ({
  errorCode: errorCodes.GROUP_AUTHORIZATION_FAILED.code,
  groupId,
  groupState: '',
  protocolType: '',
  protocolData: '',
  members: [],
})
