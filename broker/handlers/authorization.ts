import { type ErrorName, ProtocolError } from '#core/wire/errors.ts'

import { type AclOperationName, type ResourceTypeName, clusterResource } from '../authorizer/acl.ts'
import type { Node } from '../node.ts'
import type { Call, Client } from './handler.ts'

/** A right: what is to be done, to which type of resource, and to which of them. */
export type Right = readonly [operation: AclOperationName, resourceType: ResourceTypeName, name: string]

/** The code by which a client learns that it lacks a right to a resource of a type. */
export const lacks: Readonly<Record<ResourceTypeName, ErrorName>> = {
  TOPIC: 'TOPIC_AUTHORIZATION_FAILED',
  GROUP: 'GROUP_AUTHORIZATION_FAILED',
  CLUSTER: 'CLUSTER_AUTHORIZATION_FAILED',
  TRANSACTIONAL_ID: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  DELEGATION_TOKEN: 'DELEGATION_TOKEN_AUTHORIZATION_FAILED',
  USER: 'CLUSTER_AUTHORIZATION_FAILED',
}

/** Throws the ProtocolError of the type of resource when the client lacks the right. */
export function demand(node: Node, client: Client, ...[operation, resourceType, name]: Right): void {
  if (node.authorizer.allows(client, operation, resourceType, name)) return
  throw new ProtocolError(lacks[resourceType], `${operation} of ${resourceType} '${name}' is not allowed`)
}

/** True when the client may do this to the cluster as a whole. */
export const mayOnCluster = (node: Node, client: Client, operation: AclOperationName): boolean =>
  node.authorizer.allows(client, operation, 'CLUSTER', clusterResource)

/** For `requires`: the whole request needs one right to the cluster. */
export const onCluster =
  (operation: AclOperationName): (() => Right) =>
  () => [operation, 'CLUSTER', clusterResource]

/** For `requires`: the whole request needs one right to the group that it names. */
export const onItsGroup =
  (operation: AclOperationName): ((request: { readonly groupId: string }) => Right) =>
  ({ groupId }) => [operation, 'GROUP', groupId]

/** What stands in an answer where authorized operations were not asked for. */
export const notAsked = -2_147_483_648

/** The operations that the client may do to a resource, where it asked for them. */
export const operationsFor = (
  node: Node,
  call: Pick<Call<never>, 'client'>,
  isAsked: boolean,
  resourceType: ResourceTypeName,
  name: string,
): number => (isAsked ? node.authorizer.allowedOperations(call.client, resourceType, name) : notAsked)
