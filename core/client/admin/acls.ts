import { type AclEntry, type AclFilter, aclNames } from '#core/client/client.ts'
import type { Cluster } from '#core/client/cluster/cluster.ts'
import { isTransient, refusal } from '#core/client/errors.ts'
import { describeAcls } from '#core/wire/api/29-describe-acls.ts'
import { createAcls } from '#core/wire/api/30-create-acls.ts'
import { deleteAcls } from '#core/wire/api/31-delete-acls.ts'

const { resourceTypes, patternTypes, operations, permissions } = aclNames

const transiently = { retriable: isTransient }

/** The names' places are Kafka's numbers. A number without a name is shown as UNKNOWN. */
const nameAt = <Name extends string>(names: readonly Name[], number: number): Name => names[number] ?? names[0]!

const wireFilter = (filter: AclFilter) => ({
  resourceTypeFilter: resourceTypes.indexOf(filter.resourceType ?? 'ANY'),
  resourceNameFilter: filter.resourceName ?? null,
  patternTypeFilter: patternTypes.indexOf(filter.patternType ?? 'ANY'),
  principalFilter: filter.principal ?? null,
  hostFilter: filter.host ?? null,
  operation: operations.indexOf(filter.operation ?? 'ANY'),
  permissionType: permissions.indexOf(filter.permission ?? 'ANY'),
})

interface Row {
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

const entry = (
  resource: { readonly resourceType: number; readonly resourceName: string; readonly patternType: number },
  row: Row,
): AclEntry => ({
  resourceType: nameAt(resourceTypes, resource.resourceType),
  resourceName: resource.resourceName,
  patternType: nameAt(patternTypes, resource.patternType),
  principal: row.principal,
  host: row.host,
  operation: nameAt(operations, row.operation),
  permission: nameAt(permissions, row.permissionType),
})

/** The entries that match. */
export function describe(cluster: Cluster, filter: AclFilter): Promise<AclEntry[]> {
  return cluster.retrying(async () => {
    const answer = await cluster.sendToAny(describeAcls, wireFilter(filter))
    if (answer.errorCode !== 0) throw refusal(answer.errorCode, 'listing ACLs', answer.errorMessage)
    return answer.resources.flatMap((resource) => resource.acls.map((acl) => entry(resource, acl)))
  }, transiently)
}

/** Adds entries; those that are there already stay. */
export async function create(cluster: Cluster, entries: readonly AclEntry[]): Promise<void> {
  await cluster.retrying(async () => {
    const answer = await cluster.sendToController(createAcls, {
      creations: entries.map((each) => ({
        resourceType: resourceTypes.indexOf(each.resourceType),
        resourceName: each.resourceName,
        resourcePatternType: patternTypes.indexOf(each.patternType),
        principal: each.principal,
        host: each.host,
        operation: operations.indexOf(each.operation),
        permissionType: permissions.indexOf(each.permission),
      })),
    })
    for (const { errorCode, errorMessage } of answer.results) {
      if (errorCode !== 0) throw refusal(errorCode, 'adding ACLs', errorMessage)
    }
  }, transiently)
}

/** Removes the entries that match any of the filters and returns them. */
export function remove(cluster: Cluster, filters: readonly AclFilter[]): Promise<AclEntry[]> {
  return cluster.retrying(async () => {
    const answer = await cluster.sendToController(deleteAcls, { filters: filters.map(wireFilter) })
    return answer.filterResults.flatMap((result) => {
      if (result.errorCode !== 0) throw refusal(result.errorCode, 'removing ACLs', result.errorMessage)
      return result.matchingAcls.map((acl) => {
        if (acl.errorCode !== 0) throw refusal(acl.errorCode, 'removing an ACL', acl.errorMessage)
        return entry(acl, acl)
      })
    })
  }, transiently)
}
