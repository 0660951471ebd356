import { randomUuid } from '#core/bytes/uuid.ts'
import type { Random } from '#core/ports/random.ts'
import {
  type AccessControlEntry,
  type AclOperationName,
  type ResourceTypeName,
  aclOperations,
  patternTypes,
  permissionTypes,
  resourceTypes,
} from '../../broker/authorizer/acl.ts'

/** Who asks to do what, from where. */
export interface Question {
  readonly user: string
  readonly host: string
  readonly operation: AclOperationName
  readonly resourceType: ResourceTypeName
  readonly name: string
}

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random.next() * from.length)]!

// Few of each, so that entries and questions often meet; names that are beginnings of others.
const users = ['ann', 'bob', 'eve']
const hosts = ['10.0.0.1', '10.0.0.2']
const names = ['a', 'ab', 'abc', 'abd', 'b', 'ba', 'c']
const types = ['TOPIC', 'GROUP'] as const
const operations = [
  'READ',
  'WRITE',
  'DELETE',
  'ALTER',
  'DESCRIBE',
  'ALTER_CONFIGS',
  'DESCRIBE_CONFIGS',
  'CREATE',
] as const

export const randomAcl = (random: Random): AccessControlEntry => {
  const patternType = pick(random, [patternTypes.LITERAL, patternTypes.PREFIXED])
  return {
    id: randomUuid(random),
    resourceType: resourceTypes[pick(random, types)],
    resourceName: patternType === patternTypes.LITERAL ? pick(random, [...names, '*']) : pick(random, names),
    patternType,
    principal: `User:${pick(random, [...users, '*'])}`,
    host: pick(random, [...hosts, '*', '*']),
    operation: aclOperations[pick(random, [...operations, 'ALL'] as const)],
    permissionType: random.next() < 0.25 ? permissionTypes.DENY : permissionTypes.ALLOW,
  }
}

export const randomQuestion = (random: Random): Question => ({
  user: pick(random, users),
  host: pick(random, hosts),
  operation: pick(random, operations),
  resourceType: pick(random, types),
  name: pick(random, names),
})
