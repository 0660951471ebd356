import { createAcls } from '#core/wire/api/30-create-acls.ts'
import { ProtocolError, errorCodes } from '#core/wire/errors.ts'

import { planCreation } from '../authorizer/acl-changes.ts'
import { securityDisabled } from './29-describe-acls.ts'
import { onCluster } from './authorization.ts'
import { serve } from './handler.ts'

/**
 * Adds access control entries, each by itself.
 * Versions 1-3. Kept: an entry that is there already is no error; what makes no sense gets INVALID_REQUEST with the reason.
 * Left out: nothing.
 */
export const createAclsHandler = serve(createAcls, {
  versions: '1-3',
  requires: onCluster('ALTER'),
  refuse: ({ creations }, errorCode, _call, errorMessage) => ({
    throttleTimeMs: 0,
    results: creations.map(() => ({ errorCode, errorMessage })),
  }),
  handle: async (node, { creations }) => {
    if (!node.authorizer.enabled) throw new ProtocolError('SECURITY_DISABLED', securityDisabled)
    const wanted = creations.map(({ resourcePatternType: patternType, ...rest }) => ({ ...rest, patternType }))
    const { records, problems } = planCreation(node.controller.image.acls, wanted, node.random)
    await node.controller.commit(records)
    return {
      throttleTimeMs: 0,
      results: problems.map((problem) => ({
        errorCode: problem === undefined ? 0 : errorCodes.INVALID_REQUEST.code,
        errorMessage: problem ?? null,
      })),
    }
  },
})
