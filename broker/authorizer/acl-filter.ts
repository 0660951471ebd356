import {
  type AccessControlEntry,
  aclOperations,
  patternTypes,
  permissionTypes,
  resourceTypes,
  wildcard,
} from './acl.ts'

/** What entries are looked for, in the form of the requests that look for them; null and ANY stand for all. */
export interface AclFilter {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}

/** What is wrong with a filter, as a sentence; undefined when nothing is. */
export function filterProblem(filter: AclFilter): string | undefined {
  if (!isKnown(resourceTypes, filter.resourceTypeFilter))
    return `there is no resource type ${filter.resourceTypeFilter}`
  if (!isKnown(patternTypes, filter.patternTypeFilter)) return `there is no pattern type ${filter.patternTypeFilter}`
  if (!isKnown(aclOperations, filter.operation)) return `there is no operation ${filter.operation}`
  if (!isKnown(permissionTypes, filter.permissionType)) return `there is no permission type ${filter.permissionType}`
  return undefined
}

/** True when the number is in the table and stands for something. */
export const isKnown = (table: Readonly<Record<string, number>>, number: number): boolean =>
  number !== 0 && Object.values(table).includes(number)

/** True when a filter finds an entry. */
export const matches = (filter: AclFilter, entry: AccessControlEntry): boolean =>
  isOr(filter.resourceTypeFilter, resourceTypes.ANY, entry.resourceType) &&
  matchesName(filter, entry) &&
  isOr(filter.principalFilter, null, entry.principal) &&
  isOr(filter.hostFilter, null, entry.host) &&
  isOr(filter.operation, aclOperations.ANY, entry.operation) &&
  isOr(filter.permissionType, permissionTypes.ANY, entry.permissionType)

const isOr = <T>(wanted: T, any: T, is: T): boolean => wanted === any || wanted === is

/** With MATCH the name is a resource's, and every pattern that applies to it is found. */
function matchesName({ resourceNameFilter: name, patternTypeFilter }: AclFilter, entry: AccessControlEntry): boolean {
  const { ANY, MATCH, PREFIXED } = patternTypes
  if (patternTypeFilter !== ANY && patternTypeFilter !== MATCH && patternTypeFilter !== entry.patternType) return false
  if (name === null || name === entry.resourceName) return true
  if (patternTypeFilter !== MATCH) return false
  return entry.patternType === PREFIXED ? name.startsWith(entry.resourceName) : entry.resourceName === wildcard
}
