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
const notAsked = -2_147_483_648

/** The operations that the client may do to a resource, where it asked for them. */
export const operationsFor = (
  node: Node,
  call: Pick<Call<never>, 'client'>,
  isAsked: boolean,
  resourceType: ResourceTypeName,
  name: string,
): number => (isAsked ? node.authorizer.allowedOperations(call.client, resourceType, name) : notAsked)

/** A topic as requests point to it: by its name, or in newer versions by its id. */
export interface TopicReference {
  readonly name?: string | null | undefined
  readonly topicId?: string | undefined
}

/** The name of the topic that is meant; undefined when no topic has the id. */
export const topicMeant = (node: Node, { name, topicId }: TopicReference): string | undefined =>
  name || node.controller.image.topicsById.get(topicId ?? '')?.name

/**
 * Divides topics into those to which the client may do something and those to which it may not. An id that no topic has
 * counts as allowed: there is nothing to keep from anybody, and it gets its own error later.
 */
export function divideTopics<T extends TopicReference>(
  node: Node,
  client: Client,
  operation: AclOperationName,
  topics: readonly T[],
): { readonly allowed: readonly T[]; readonly refused: readonly T[] } {
  if (!node.authorizer.enabled) return { allowed: topics, refused: [] }
  const allowed: T[] = []
  const refused: T[] = []
  for (const topic of topics) {
    const name = topicMeant(node, topic)
    const may = name === undefined || node.authorizer.allows(client, operation, 'TOPIC', name)
    ;(may ? allowed : refused).push(topic)
  }
  return { allowed, refused }
}

/** The right to the settings of a resource; undefined for types that have none. */
export function configsRight(
  operation: 'DESCRIBE_CONFIGS' | 'ALTER_CONFIGS',
  resourceType: number,
  resourceName: string,
): Right | undefined {
  const type = settingsOwners[resourceType]
  return type && [operation, type, type === 'CLUSTER' ? clusterResource : resourceName]
}

/** What the settings of a type of resource belong to: brokers, their loggers and client metrics to the cluster. */
const settingsOwners: Readonly<Record<number, ResourceTypeName>> = {
  2: 'TOPIC',
  4: 'CLUSTER',
  8: 'CLUSTER',
  16: 'CLUSTER',
  32: 'GROUP',
}
