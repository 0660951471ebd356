import type { AclOperationName, ResourceTypeName } from './acl.ts'

/** Who wants something: the principal that authentication found, and the address it came from (`/127.0.0.1`). */
export interface Requester {
  readonly principal: { readonly type: string; readonly name: string }
  readonly clientHost: string
}

/** Decides what clients may do. Without an authorizer configured everything is allowed. */
export interface Authorizer {
  /** False when everything is allowed to everybody, so that nobody needs to ask. */
  readonly enabled: boolean
  /** True when the client may do this to the named resource (`kafka-cluster` for type CLUSTER). */
  allows(client: Requester, operation: AclOperationName, resourceType: ResourceTypeName, name: string): boolean
  /** True when there is any resource of this type to which the client may do this. */
  allowsSome(client: Requester, operation: AclOperationName, resourceType: ResourceTypeName): boolean
  /** All that the client may do to a resource, as the bits in which Kafka tells it: bit n is operation number n. */
  allowedOperations(client: Requester, resourceType: ResourceTypeName, name: string): number
}
