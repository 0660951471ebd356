/** Kafka's numbers for what can be done to a resource. */
export const aclOperations = {
  UNKNOWN: 0,
  ANY: 1,
  ALL: 2,
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
  CREATE_TOKENS: 13,
  DESCRIBE_TOKENS: 14,
  TWO_PHASE_COMMIT: 15,
} as const

/** Kafka's numbers for the kinds of resources that access is granted to. */
export const resourceTypes = {
  UNKNOWN: 0,
  ANY: 1,
  TOPIC: 2,
  GROUP: 3,
  CLUSTER: 4,
  TRANSACTIONAL_ID: 5,
  DELEGATION_TOKEN: 6,
  USER: 7,
} as const

/** Kafka's numbers for how the name in an entry is matched; ANY and MATCH are for filters only. */
export const patternTypes = { UNKNOWN: 0, ANY: 1, MATCH: 2, LITERAL: 3, PREFIXED: 4 } as const

/** Kafka's numbers for what an entry does; ANY is for filters only. */
export const permissionTypes = { UNKNOWN: 0, ANY: 1, DENY: 2, ALLOW: 3 } as const

/** What a client may want to do, in Kafka's spelling. */
export type AclOperationName = Exclude<keyof typeof aclOperations, 'UNKNOWN' | 'ANY' | 'ALL'>
/** What it may want to do it to, in Kafka's spelling. */
export type ResourceTypeName = Exclude<keyof typeof resourceTypes, 'UNKNOWN' | 'ANY'>

/** The one resource of type CLUSTER. */
export const clusterResource = 'kafka-cluster'
/** As the name of a resource or principal in an entry, and as a host: all of them. */
export const wildcard = '*'

/** One entry as it is stored: numbers as above, `principal` as `User:name`, `host` an address or `*`. */
export interface AccessControlEntry {
  readonly id: string
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}
