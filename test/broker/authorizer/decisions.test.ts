import { describe, expect, it } from 'vitest'

import { type Random, seededRandom } from '#core/ports/random.ts'
import {
  type AccessControlEntry,
  type AclOperationName,
  type ResourceTypeName,
  aclOperations,
  patternTypes,
  permissionTypes,
  resourceTypes,
} from '../../../broker/authorizer/acl.ts'
import { AclIndex } from '../../../broker/authorizer/acl-index.ts'
import { operationsOn } from '../../../broker/authorizer/operations.ts'
import { StandardAuthorizer } from '../../../broker/authorizer/standard-authorizer.ts'
import { randomAcl, randomQuestion } from '../../support/random-acls.ts'

const client = (name: string, host = '10.0.0.1') => ({ principal: { type: 'User', name }, clientHost: `/${host}` })

let ids = 0
const acl = (more: Partial<AccessControlEntry>): AccessControlEntry => ({
  id: `id-${ids++}`,
  resourceType: resourceTypes.TOPIC,
  resourceName: 'a',
  patternType: patternTypes.LITERAL,
  principal: 'User:ann',
  host: '*',
  operation: aclOperations.READ,
  permissionType: permissionTypes.ALLOW,
  ...more,
})

function authorizer(entries: readonly AccessControlEntry[], superUsers: string[] = [], everyone = false) {
  const index = new AclIndex()
  for (const entry of entries) index.add(entry)
  return new StandardAuthorizer(index, { superUsers: new Set(superUsers), allowEveryoneIfNoAclFound: everyone })
}

describe('decisions by access control entries', () => {
  it('denies what nobody allowed', () => {
    const rules = authorizer([acl({})])
    expect(rules.allows(client('ann'), 'READ', 'TOPIC', 'a')).toBe(true)
    expect(rules.allows(client('bob'), 'READ', 'TOPIC', 'a')).toBe(false)
    expect(rules.allows(client('ann'), 'WRITE', 'TOPIC', 'a')).toBe(false)
    expect(rules.allows(client('ann'), 'READ', 'TOPIC', 'ab')).toBe(false)
    expect(rules.allows(client('ann'), 'READ', 'GROUP', 'a')).toBe(false)
  })

  it('knows prefixes, the wildcard resource, the wildcard principal and hosts', () => {
    const rules = authorizer([
      acl({ patternType: patternTypes.PREFIXED, resourceName: 'pre' }),
      acl({ resourceName: '*', principal: 'User:bob' }),
      acl({ resourceName: 'open', principal: 'User:*', host: '10.0.0.9' }),
    ])
    expect(rules.allows(client('ann'), 'READ', 'TOPIC', 'prefix')).toBe(true)
    expect(rules.allows(client('ann'), 'READ', 'TOPIC', 'pr')).toBe(false)
    expect(rules.allows(client('bob'), 'READ', 'TOPIC', 'anything')).toBe(true)
    expect(rules.allows(client('eve', '10.0.0.9'), 'READ', 'TOPIC', 'open')).toBe(true)
    expect(rules.allows(client('eve', '10.0.0.8'), 'READ', 'TOPIC', 'open')).toBe(false)
  })

  it('lets a DENY beat every ALLOW, and a super user every DENY', () => {
    const entries = [
      acl({ operation: aclOperations.ALL }),
      acl({ permissionType: permissionTypes.DENY, principal: 'User:*', operation: aclOperations.WRITE }),
    ]
    const rules = authorizer(entries, ['User:root'])
    expect(rules.allows(client('ann'), 'READ', 'TOPIC', 'a')).toBe(true)
    expect(rules.allows(client('ann'), 'WRITE', 'TOPIC', 'a')).toBe(false)
    expect(rules.allows(client('root'), 'WRITE', 'TOPIC', 'a')).toBe(true)
  })

  it.each(['READ', 'WRITE', 'DELETE', 'ALTER'] as const)('lets %s imply DESCRIBE, but not as a DENY', (operation) => {
    const may = authorizer([acl({ operation: aclOperations[operation] })])
    expect(may.allows(client('ann'), 'DESCRIBE', 'TOPIC', 'a')).toBe(true)
    expect(may.allows(client('ann'), 'DESCRIBE_CONFIGS', 'TOPIC', 'a')).toBe(false)
    const mayNot = authorizer([
      acl({ operation: aclOperations.DESCRIBE }),
      acl({ operation: aclOperations[operation], permissionType: permissionTypes.DENY }),
    ])
    expect(mayNot.allows(client('ann'), 'DESCRIBE', 'TOPIC', 'a')).toBe(true)
  })

  it('lets ALTER_CONFIGS imply DESCRIBE_CONFIGS', () => {
    const rules = authorizer([acl({ operation: aclOperations.ALTER_CONFIGS })])
    expect(rules.allows(client('ann'), 'DESCRIBE_CONFIGS', 'TOPIC', 'a')).toBe(true)
    expect(rules.allows(client('ann'), 'DESCRIBE', 'TOPIC', 'a')).toBe(false)
  })

  it('opens only resources that no entry is about when told to', () => {
    const rules = authorizer([acl({})], [], true)
    expect(rules.allows(client('bob'), 'READ', 'TOPIC', 'other')).toBe(true)
    expect(rules.allows(client('bob'), 'READ', 'TOPIC', 'a')).toBe(false)
  })

  it('finds out whether there is any resource for an operation', () => {
    const write = { operation: aclOperations.WRITE }
    const deny = { ...write, permissionType: permissionTypes.DENY }
    const prefixed = { patternType: patternTypes.PREFIXED }
    const some = (...entries: AccessControlEntry[]) =>
      authorizer(entries, ['User:root']).allowsSome(client('ann'), 'WRITE', 'TOPIC')
    expect(some()).toBe(false)
    expect(some(acl(write))).toBe(true)
    expect(some(acl({}))).toBe(false)
    expect(some(acl(write), acl(deny))).toBe(false)
    expect(some(acl(write), acl({ ...deny, resourceName: '*' }))).toBe(false)
    expect(some(acl({ ...write, ...prefixed, resourceName: 'ab' }), acl({ ...deny, ...prefixed }))).toBe(false)
    expect(some(acl({ ...write, ...prefixed }), acl({ ...deny, ...prefixed, resourceName: 'ab' }))).toBe(true)
    expect(authorizer([], ['User:root']).allowsSome(client('root'), 'WRITE', 'TOPIC')).toBe(true)
  })

  it('tells the allowed operations as bits', () => {
    const rules = authorizer([acl({}), acl({ operation: aclOperations.CREATE })], ['User:root'])
    expect(rules.allowedOperations(client('ann'), 'TOPIC', 'a')).toBe((1 << 3) | (1 << 5) | (1 << 8))
    expect(rules.allowedOperations(client('root'), 'GROUP', 'g')).toBe(operationsOn.GROUP.bits)
  })
})

/** The rules word by word, looking at every entry. */
function reference(
  entries: readonly AccessControlEntry[],
  question: {
    user: string
    host: string
    operation: AclOperationName
    resourceType: ResourceTypeName
    name: string
    everyone: boolean
  },
): boolean {
  const about = entries.filter(
    (entry) =>
      entry.resourceType === resourceTypes[question.resourceType] &&
      (entry.patternType === patternTypes.PREFIXED
        ? question.name.startsWith(entry.resourceName)
        : entry.resourceName === question.name || entry.resourceName === '*'),
  )
  if (about.length === 0) return question.everyone
  const mine = about.filter(
    ({ principal, host }) =>
      [`User:${question.user}`, 'User:*'].includes(principal) && ['*', question.host].includes(host),
  )
  const operations: Partial<Record<AclOperationName, AclOperationName[]>> = {
    DESCRIBE: ['DESCRIBE', 'READ', 'WRITE', 'DELETE', 'ALTER'],
    DESCRIBE_CONFIGS: ['DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
  }
  const grants = (operations[question.operation] ?? [question.operation]).map((name) => aclOperations[name] as number)
  const isDenied = mine.some(
    ({ permissionType, operation }) =>
      permissionType === permissionTypes.DENY &&
      (operation === aclOperations.ALL || operation === aclOperations[question.operation]),
  )
  const isAllowed = mine.some(
    ({ permissionType, operation }) =>
      permissionType === permissionTypes.ALLOW && (operation === aclOperations.ALL || grants.includes(operation)),
  )
  return isAllowed && !isDenied
}

describe('decisions by many entries', () => {
  const check = (random: Random): number => {
    const entries = Array.from({ length: 1 + Math.floor(random.next() * 40) }, () => randomAcl(random))
    const everyone = random.next() < 0.3
    const index = new AclIndex()
    for (const entry of entries) index.add(entry)
    // Some go again, so that the index is not only ever added to.
    const kept = entries.filter((entry) => random.next() < 0.8 || !index.remove(entry.id))
    const decider = new StandardAuthorizer(index, { superUsers: new Set(), allowEveryoneIfNoAclFound: everyone })
    let allowed = 0
    for (let i = 0; i < 60; i++) {
      const question = randomQuestion(random)
      const { user, host, operation, resourceType, name } = question
      const decision = decider.allows(client(user, host), operation, resourceType, name)
      expect(decision, JSON.stringify({ question, kept })).toBe(reference(kept, { ...question, everyone }))
      if (decision) allowed++
    }
    expect(index.size).toBe(kept.length)
    return allowed
  }

  it('agree with a scan of all of them', () => {
    const random = seededRandom(20_261)
    let allowed = 0
    for (let round = 0; round < 150; round++) allowed += check(random)
    expect(allowed).toBeGreaterThan(500)
  })
})
