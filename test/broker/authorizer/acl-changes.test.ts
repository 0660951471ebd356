import { describe, expect, it } from 'vitest'

import { memoryFiles } from '#core/ports/memory-files.ts'
import { seededRandom } from '#core/ports/random.ts'
import { type DescribeAclsRequestInput, describeAcls } from '#core/wire/api/29-describe-acls.ts'
import { createAcls } from '#core/wire/api/30-create-acls.ts'
import { deleteAcls } from '#core/wire/api/31-delete-acls.ts'
import { errorName } from '#core/wire/errors.ts'
import { AclIndex } from '../../../broker/authorizer/acl-index.ts'
import { maxChanges, planCreation, planRemovalOf } from '../../../broker/authorizer/acl-changes.ts'
import { startBroker } from '../../../broker/start.ts'
import { memoryBroker, wireClient } from '../../support/memory-broker.ts'
import { randomAcl } from '../../support/random-acls.ts'
import { brokerWithUsers, clientOf, usersConfig } from '../../support/users.ts'
import { WireClient } from '../../support/wire-client.ts'

const entry = (resourceName: string, more: object = {}) => ({
  resourceType: 2,
  resourceName,
  resourcePatternType: 3,
  principal: 'User:ann',
  host: '*',
  operation: 3,
  permissionType: 3,
  ...more,
})
const any: DescribeAclsRequestInput = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}
const filter = (more: object = {}): DescribeAclsRequestInput => ({ ...any, ...more })

async function found(client: WireClient, asked: DescribeAclsRequestInput): Promise<string[]> {
  const { errorCode, resources } = await client.call(describeAcls, 3, asked)
  expect(errorName(errorCode)).toBe('NONE')
  return resources
    .flatMap(({ resourceName, patternType, acls }) => acls.map(() => `${resourceName}${patternType === 4 ? '…' : ''}`))
    .sort()
}

describe('access control entries', () => {
  it('are made, found by every kind of filter, and removed', async () => {
    const admin = await clientOf(await brokerWithUsers([]), 'admin')
    const creations = [
      entry('abc'),
      entry('ab', { resourcePatternType: 4 }),
      entry('*'),
      entry('abc', { principal: 'User:bob', operation: 4, permissionType: 2, host: '10.0.0.1' }),
      entry('abc', { resourceType: 3 }),
    ]
    const { results } = await admin.call(createAcls, 3, { creations: [...creations, creations[0]!] })
    expect(results.map(({ errorCode }) => errorCode)).toEqual([0, 0, 0, 0, 0, 0])
    expect(await found(admin, any)).toEqual(['*', 'abc', 'abc', 'abc', 'ab…'])
    const topic = { resourceTypeFilter: 2, resourceNameFilter: 'abc' }
    expect(await found(admin, filter({ ...topic, patternTypeFilter: 3 }))).toEqual(['abc', 'abc'])
    expect(await found(admin, filter({ ...topic, patternTypeFilter: 2 }))).toEqual(['*', 'abc', 'abc', 'ab…'])
    expect(await found(admin, filter({ resourceNameFilter: 'ab', patternTypeFilter: 1 }))).toEqual(['ab…'])
    expect(await found(admin, filter({ patternTypeFilter: 4 }))).toEqual(['ab…'])
    expect(await found(admin, filter({ principalFilter: 'User:bob' }))).toEqual(['abc'])
    expect(await found(admin, filter({ hostFilter: '10.0.0.1' }))).toEqual(['abc'])
    expect(await found(admin, filter({ operation: 4 }))).toEqual(['abc'])
    expect(await found(admin, filter({ permissionType: 2 }))).toEqual(['abc'])
    const filters = [
      filter({ principalFilter: 'User:bob' }),
      filter({ resourceTypeFilter: 2 }),
      filter({ operation: 0 }),
    ]
    const { filterResults } = await admin.call(deleteAcls, 3, { filters })
    expect(filterResults.map(({ matchingAcls }) => matchingAcls.length)).toEqual([1, 4, 0])
    expect(errorName(filterResults[2]!.errorCode)).toBe('INVALID_REQUEST')
    expect(await found(admin, any)).toEqual(['abc'])
  })

  it.each([
    ['no such type', { resourceType: 9 }],
    ['any type', { resourceType: 1 }],
    ['MATCH as pattern', { resourcePatternType: 2 }],
    ['any operation', { operation: 1 }],
    ['no such operation', { operation: 99 }],
    ['any permission', { permissionType: 1 }],
    ['an empty name', { resourceName: '' }],
    ['another cluster', { resourceType: 4, resourceName: 'mine' }],
    ['a principal without a type', { principal: 'ann' }],
  ])('are refused with %s, and the others are made', async (_, wrong) => {
    const admin = await clientOf(await brokerWithUsers([]), 'admin')
    const { results } = await admin.call(createAcls, 3, { creations: [entry('a', wrong), entry('good')] })
    expect(results.map(({ errorCode }) => errorName(errorCode))).toEqual(['INVALID_REQUEST', 'NONE'])
    expect(results[0]!.errorMessage).toMatch(/\w+/)
    expect(await found(admin, any)).toEqual(['good'])
  })

  it('hold after a restart, from the log and from a snapshot', async () => {
    const files = memoryFiles()
    const config = { ...usersConfig(), 'metadata.log.max.record.bytes.between.snapshots': '1' }
    for (const names of [['a'], ['a', 'b'], ['a', 'b', 'c']]) {
      await using broker = await startBroker({ memory: true, ports: { files }, config })
      const admin = await clientOf(broker, 'admin')
      await admin.call(createAcls, 3, { creations: [entry(names.at(-1)!)] })
      expect(await found(admin, any)).toEqual(names)
    }
  })

  it('of one request have a bound', () => {
    const random = seededRandom(7)
    const index = new AclIndex()
    const wanted = Array.from({ length: maxChanges + 1 }, (_, i) => ({ ...randomAcl(random), resourceName: `n${i}` }))
    const { records, problems } = planCreation(index, wanted, random)
    expect(records.length).toBe(maxChanges)
    expect(problems.filter((problem) => problem !== undefined).length).toBe(1)
    for (const each of wanted) index.add(each)
    expect(planRemovalOf(index, [any as never]).found).toEqual([expect.stringContaining('at most')])
  })

  it('name no other authorizer than the one there is', async () => {
    const start = (name: string) => startBroker({ memory: true, config: { 'authorizer.class.name': name } })
    await expect(start('kafka.security.authorizer.AclAuthorizer')).rejects.toThrow(/authorizer\.class\.name/)
    const broker = await memoryBroker({ 'authorizer.class.name': 'standard', 'super.users': 'User:ANONYMOUS' })
    expect(await found(await wireClient(broker), any)).toEqual([])
  })
})
