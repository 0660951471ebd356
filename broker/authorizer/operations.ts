import { type AclOperationName, type ResourceTypeName, aclOperations } from './acl.ts'

/** The operations that make sense for a type of resource, and the same as bits. */
export interface Operations {
  readonly names: readonly AclOperationName[]
  readonly bits: number
}

const operations = (...names: AclOperationName[]): Operations => ({
  names,
  bits: names.reduce((bits, name) => bits | (1 << aclOperations[name]), 0),
})

/** Which operations each type of resource knows: what answers with authorized operations may tell. */
export const operationsOn: Readonly<Record<ResourceTypeName, Operations>> = {
  TOPIC: operations('READ', 'WRITE', 'CREATE', 'DESCRIBE', 'DELETE', 'ALTER', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'),
  GROUP: operations('READ', 'DESCRIBE', 'DELETE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'),
  CLUSTER: operations(
    'CREATE',
    'CLUSTER_ACTION',
    'DESCRIBE_CONFIGS',
    'ALTER_CONFIGS',
    'IDEMPOTENT_WRITE',
    'ALTER',
    'DESCRIBE',
  ),
  TRANSACTIONAL_ID: operations('DESCRIBE', 'WRITE', 'TWO_PHASE_COMMIT'),
  DELEGATION_TOKEN: operations('DESCRIBE'),
  USER: operations('CREATE_TOKENS', 'DESCRIBE_TOKENS'),
}
