import { type DescribeAclsResponseInput, describeAcls } from '#core/wire/api/29-describe-acls.ts'
import { ProtocolError, errorCodes } from '#core/wire/errors.ts'

import { filterProblem, matches } from '../authorizer/acl-filter.ts'
import { onCluster } from './authorization.ts'
import { serve } from './handler.ts'

type Resource = DescribeAclsResponseInput['resources'][number]
type Acl = Resource['acls'][number]

/**
 * Lists the access control entries that match a filter.
 * Versions 1-3. Kept: MATCH finds every pattern that applies to a name; entries gathered by pattern; SECURITY_DISABLED
 * without an authorizer. Left out: nothing.
 */
export const describeAclsHandler = serve(describeAcls, {
  versions: '1-3',
  requires: onCluster('DESCRIBE'),
  refuse: (_, errorCode, _call, errorMessage) => ({ throttleTimeMs: 0, errorCode, errorMessage, resources: [] }),
  handle: (node, filter) => {
    if (!node.authorizer.enabled) throw new ProtocolError('SECURITY_DISABLED', securityDisabled)
    const problem = filterProblem(filter)
    if (problem !== undefined) throw new ProtocolError('INVALID_REQUEST', problem)
    const resources = new Map<string, Resource & { acls: Acl[] }>()
    for (const entry of node.controller.image.acls.all()) {
      if (!matches(filter, entry)) continue
      const { resourceType, patternType, resourceName, principal, host, operation, permissionType } = entry
      const key = `${resourceType}:${patternType}:${resourceName}`
      let resource = resources.get(key)
      if (resource === undefined) resources.set(key, (resource = { resourceType, resourceName, patternType, acls: [] }))
      resource.acls.push({ principal, host, operation, permissionType })
    }
    return {
      throttleTimeMs: 0,
      errorCode: errorCodes.NONE.code,
      errorMessage: null,
      resources: [...resources.values()],
    }
  },
})

/** What a client is told of ACLs where nothing decides by them. */
export const securityDisabled = 'authorizer.class.name is not set on this broker: access is not controlled'
