import { randomUuid } from '#core/bytes/uuid.ts'
import type { Random } from '#core/ports/random.ts'
import type { MetadataRecordInput } from '#core/wire/stored/metadata-frame.ts'

import {
  type AccessControlEntry,
  aclOperations,
  clusterResource,
  patternTypes,
  permissionTypes,
  resourceTypes,
} from './acl.ts'
import { type AclFilter, filterProblem, isKnown, matches } from './acl-filter.ts'
import type { AclIndex } from './acl-index.ts'

/** An entry that somebody wants; it gets its id here. */
export type WantedAcl = Omit<AccessControlEntry, 'id'>

/** Most entries that one request may add or remove, as in Apache Kafka. */
export const maxChanges = 10_000

/** Records that make a change, and for each thing asked for what is wrong with it, or undefined. */
export interface AclCreation {
  readonly records: readonly MetadataRecordInput[]
  readonly problems: readonly (string | undefined)[]
}

/** What entries come to: those that are there already, or are wanted twice, are made once and are no error. */
export function planCreation(acls: AclIndex, wanted: readonly WantedAcl[], random: Random): AclCreation {
  const seen = new Set(Array.from(acls.all(), keyOf))
  const records: MetadataRecordInput[] = []
  const problems = wanted.map((acl) => {
    const problem = entryProblem(acl)
    const key = keyOf(acl)
    if (problem !== undefined || seen.has(key)) return problem
    if (records.length === maxChanges) return `one request adds at most ${maxChanges} entries`
    seen.add(key)
    records.push({ kind: 'accessControlEntry', version: 0, value: { ...acl, id: unusedId(acls, random) } })
    return undefined
  })
  return { records, problems }
}

/** What a removal comes to: per filter what it finds, or what is wrong with it. An entry that two filters find goes once. */
export interface AclRemoval {
  readonly records: readonly MetadataRecordInput[]
  readonly found: readonly (readonly AccessControlEntry[] | string)[]
}

/** What DeleteAcls is to remove, as records yet to be written. A filter beyond the bound gets the reason instead. */
export function planRemovalOf(acls: AclIndex, filters: readonly AclFilter[]): AclRemoval {
  const removed = new Set<string>()
  const found = filters.map((filter) => {
    const problem = filterProblem(filter)
    if (problem !== undefined) return problem
    const entries = [...acls.all()].filter((entry) => matches(filter, entry))
    const more = entries.filter(({ id }) => !removed.has(id))
    if (removed.size + more.length > maxChanges) {
      return `one request removes at most ${maxChanges} entries; filters that find fewer are needed`
    }
    for (const { id } of more) removed.add(id)
    return entries
  })
  const records = Array.from(removed, (id): MetadataRecordInput => ({
    kind: 'removeAccessControlEntry',
    version: 0,
    value: { id },
  }))
  return { records, found }
}

function entryProblem(acl: WantedAcl): string | undefined {
  const { ANY } = resourceTypes
  if (!isKnown(resourceTypes, acl.resourceType) || acl.resourceType === ANY) {
    return `an entry cannot be for resource type ${acl.resourceType}`
  }
  if (acl.patternType !== patternTypes.LITERAL && acl.patternType !== patternTypes.PREFIXED) {
    return `an entry cannot have pattern type ${acl.patternType}, only literal (3) or prefixed (4)`
  }
  if (!isKnown(aclOperations, acl.operation) || acl.operation === aclOperations.ANY) {
    return `an entry cannot be for operation ${acl.operation}`
  }
  if (!isKnown(permissionTypes, acl.permissionType) || acl.permissionType === permissionTypes.ANY) {
    return `an entry cannot have permission type ${acl.permissionType}, only deny (2) or allow (3)`
  }
  if (acl.resourceType === resourceTypes.CLUSTER && acl.resourceName !== clusterResource) {
    return `the only resource of type CLUSTER is '${clusterResource}', not '${acl.resourceName}'`
  }
  if (acl.resourceName === '') return 'an entry needs the name of a resource'
  if (!acl.principal.includes(':')) return `principal '${acl.principal}' has no type; write it as 'User:name'`
  return undefined
}

const keyOf = (acl: WantedAcl): string =>
  JSON.stringify([
    acl.resourceType,
    acl.resourceName,
    acl.patternType,
    acl.principal,
    acl.host,
    acl.operation,
    acl.permissionType,
  ])

function unusedId(acls: AclIndex, random: Random): string {
  let id = randomUuid(random)
  while (acls.get(id) !== undefined) id = randomUuid(random)
  return id
}
