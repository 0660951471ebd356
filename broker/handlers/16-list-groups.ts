import { listGroups } from '#core/wire/api/16-list-groups.ts'

import { mayOnCluster } from './authorization.ts'
import { groupContext } from './group-context.ts'
import { serve } from './handler.ts'

/**
 * Lists the groups of this broker.
 * Versions 0-5. Kept: filters by state from 4 and type from 5; who may not describe the cluster sees the groups that it may
 * describe. Left out: nothing.
 */
export const listGroupsHandler = serve(listGroups, {
  versions: '0-5',
  handle: (node, request, call) => {
    const answer = node.groups.listGroups(groupContext(call), request)
    if (mayOnCluster(node, call.client, 'DESCRIBE')) return answer
    const isSeen = ({ groupId }: { readonly groupId: string }): boolean =>
      node.authorizer.allows(call.client, 'DESCRIBE', 'GROUP', groupId)
    return { ...answer, groups: answer.groups.filter(isSeen) }
  },
})
