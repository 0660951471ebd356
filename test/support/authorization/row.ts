import type { Right } from '../users.ts'

/** A request, the rights it needs, and the code that a client gets who lacks one of them. */
export interface AuthorizationCase {
  readonly api: string
  readonly version: number
  readonly body: object
  readonly rights: readonly (readonly [Right, code: string])[]
}

export const topic = 't'
export const group = 'g'
export const cluster = 'kafka-cluster'

/** Rights to the topic, a group, the cluster and a transactional id, each with its code. */
export const onTopic = (operation: Right[0]) => [[operation, 'TOPIC', topic], 'TOPIC_AUTHORIZATION_FAILED'] as const
export const onGroup = (operation: Right[0], name = group) =>
  [[operation, 'GROUP', name], 'GROUP_AUTHORIZATION_FAILED'] as const
export const onCluster = (operation: Right[0]) =>
  [[operation, 'CLUSTER', cluster], 'CLUSTER_AUTHORIZATION_FAILED'] as const
export const onTransaction = (operation: Right[0]) =>
  [[operation, 'TRANSACTIONAL_ID', 'x'], 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'] as const

/** A case; without rights nobody is refused. */
export const row = (
  api: string,
  version: number,
  body: object,
  ...rights: readonly (readonly [Right, string])[]
): AuthorizationCase => ({ api, version, body, rights })
