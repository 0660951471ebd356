import { type ResourceTypeName } from './acl.ts'
import type { Authorizer } from './authorizer.ts'
import { operationsOn } from './operations.ts'

/** What holds while no authorizer is configured. */
export const allowEverything: Authorizer = {
  enabled: false,
  allows: () => true,
  allowsSome: () => true,
  allowedOperations: (_client, resourceType: ResourceTypeName) => operationsOn[resourceType].bits,
}
