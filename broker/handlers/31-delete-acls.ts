import { deleteAcls } from '#core/wire/api/31-delete-acls.ts'
import { ProtocolError, errorCodes } from '#core/wire/errors.ts'

import { planRemovalOf } from '../authorizer/acl-changes.ts'
import { securityDisabled } from './29-describe-acls.ts'
import { onCluster } from './authorization.ts'
import { serve } from './handler.ts'

/**
 * Removes the access control entries that filters find, all in one change.
 * Versions 1-3. Kept: what was found is told per filter. Left out: nothing.
 */
export const deleteAclsHandler = serve(deleteAcls, {
  versions: '1-3',
  requires: onCluster('ALTER'),
  refuse: ({ filters }, errorCode, _call, errorMessage) => ({
    throttleTimeMs: 0,
    filterResults: filters.map(() => ({ errorCode, errorMessage, matchingAcls: [] })),
  }),
  handle: async (node, { filters }) => {
    if (!node.authorizer.enabled) throw new ProtocolError('SECURITY_DISABLED', securityDisabled)
    const { records, found } = planRemovalOf(node.controller.image.acls, filters)
    await node.controller.commit(records)
    return {
      throttleTimeMs: 0,
      filterResults: found.map((each) => {
        if (typeof each === 'string') {
          return { errorCode: errorCodes.INVALID_REQUEST.code, errorMessage: each, matchingAcls: [] }
        }
        const matchingAcls = each.map((acl) => ({ errorCode: 0, errorMessage: null, ...acl }))
        return { errorCode: 0, errorMessage: null, matchingAcls }
      }),
    }
  },
})
