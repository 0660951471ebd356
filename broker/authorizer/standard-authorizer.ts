import {
  type AccessControlEntry,
  type AclOperationName,
  type ResourceTypeName,
  aclOperations,
  patternTypes,
  permissionTypes,
  resourceTypes,
  wildcard,
} from './acl.ts'
import type { AclIndex } from './acl-index.ts'
import type { Authorizer, Requester } from './authorizer.ts'
import { operationsOn } from './operations.ts'

/** Who may do everything, and what holds for a resource that no entry is about. */
export interface AuthorizerSettings {
  /** Principals as `User:name`. */
  readonly superUsers: ReadonlySet<string>
  readonly allowEveryoneIfNoAclFound: boolean
}

const everybody = 'User:*'

/** Operations that an ALLOW for another one brings along; a DENY is for its own operation only. */
const impliedBy: Readonly<Record<number, ReadonlySet<number>>> = {
  [aclOperations.DESCRIBE]: new Set([
    aclOperations.READ,
    aclOperations.WRITE,
    aclOperations.DELETE,
    aclOperations.ALTER,
  ]),
  [aclOperations.DESCRIBE_CONFIGS]: new Set([aclOperations.ALTER_CONFIGS]),
}

/**
 * Decides by the entries of the cluster, as Apache Kafka's StandardAuthorizer documents it: super users may do all; a DENY
 * that applies beats every ALLOW; what is not allowed is denied.
 */
export class StandardAuthorizer implements Authorizer {
  readonly enabled = true
  readonly #acls: AclIndex
  readonly #settings: AuthorizerSettings

  constructor(acls: AclIndex, settings: AuthorizerSettings) {
    this.#acls = acls
    this.#settings = settings
  }

  allows(client: Requester, operation: AclOperationName, resourceType: ResourceTypeName, name: string): boolean {
    const principal = principalOf(client)
    if (this.#settings.superUsers.has(principal)) return true
    const number = aclOperations[operation]
    const host = client.clientHost.slice(1)
    const matching = this.#acls.matching(resourceTypes[resourceType], name)
    if (matching.length === 0) return this.#settings.allowEveryoneIfNoAclFound
    let allowed = false
    for (const byPrincipal of matching) {
      const own = verdict(byPrincipal.get(principal), number, host)
      const common = verdict(byPrincipal.get(everybody), number, host)
      if (own === permissionTypes.DENY || common === permissionTypes.DENY) return false
      allowed ||= own === permissionTypes.ALLOW || common === permissionTypes.ALLOW
    }
    return allowed
  }

  /**
   * Looks for an ALLOW that no DENY covers whole; implied operations do not count here. A name that nobody is likely to have
   * is tried first, for those who may do everything to everything.
   */
  allowsSome(client: Requester, operation: AclOperationName, resourceType: ResourceTypeName): boolean {
    if (this.allows(client, operation, resourceType, 'hardcode')) return true
    const number = aclOperations[operation]
    const host = client.clientHost.slice(1)
    const entries = [...this.#acls.about(resourceTypes[resourceType], [principalOf(client), everybody])].filter(
      (entry) => isFrom(entry, host) && (entry.operation === number || entry.operation === aclOperations.ALL),
    )
    const denied = entries.filter(({ permissionType }) => permissionType === permissionTypes.DENY)
    return entries.some(
      (entry) => entry.permissionType === permissionTypes.ALLOW && !denied.some((deny) => covers(deny, entry)),
    )
  }

  allowedOperations(client: Requester, resourceType: ResourceTypeName, name: string): number {
    let bits = 0
    for (const operation of operationsOn[resourceType].names) {
      if (this.allows(client, operation, resourceType, name)) bits |= 1 << aclOperations[operation]
    }
    return bits
  }
}

const principalOf = ({ principal }: Requester): string => `${principal.type}:${principal.name}`

const isFrom = (entry: AccessControlEntry, host: string): boolean => entry.host === wildcard || entry.host === host

/** What entries about one principal say: DENY, ALLOW, or nothing. */
function verdict(
  entries: readonly AccessControlEntry[] | undefined,
  operation: number,
  host: string,
): number | undefined {
  let found: number | undefined
  for (const entry of entries ?? []) {
    if (!isFrom(entry, host)) continue
    const isMeant = entry.operation === operation || entry.operation === aclOperations.ALL
    if (entry.permissionType === permissionTypes.DENY) {
      if (isMeant) return permissionTypes.DENY
    } else if (isMeant || impliedBy[operation]?.has(entry.operation) === true) found = permissionTypes.ALLOW
  }
  return found
}

/** True when a DENY applies to every resource that an ALLOW is for. */
function covers(deny: AccessControlEntry, allow: AccessControlEntry): boolean {
  if (deny.patternType === patternTypes.PREFIXED) {
    const isForAll = allow.patternType === patternTypes.LITERAL && allow.resourceName === wildcard
    return !isForAll && allow.resourceName.startsWith(deny.resourceName)
  }
  if (deny.resourceName === wildcard) return true
  return allow.patternType === patternTypes.LITERAL && allow.resourceName === deny.resourceName
}
