import { type ErrorName, ProtocolError } from '#core/wire/errors.ts'

import type { ClientQuotas, EntityQuotas } from './client-quotas.ts'
import { type EntityPart, isEntityType, partsOf } from './quota-entity.ts'

/** What a part of an entity must be: the named one, the default, or anything, the default too. */
export interface FilterPart {
  readonly entityType: string
  readonly matchType: number
  readonly match: string | null
}

const matchTypes = { exact: 0, default: 1, specified: 2 } as const

/** The entities that have every part asked for; with `strict` no others. Throws the ProtocolError that the client gets. */
export function findQuotas(quotas: ClientQuotas, parts: readonly FilterPart[], strict: boolean): EntityQuotas[] {
  check(parts)
  return [...quotas.all()].filter(({ entity }) => {
    const has = partsOf(entity)
    return (!strict || has.length === parts.length) && parts.every((part) => has.some((one) => meets(one, part)))
  })
}

const meets = ({ entityType, entityName }: EntityPart, { entityType: wanted, matchType, match }: FilterPart): boolean =>
  entityType === wanted &&
  (matchType === matchTypes.specified || entityName === (matchType === matchTypes.exact ? match : null))

function check(parts: readonly FilterPart[]): void {
  const refuse = (message: string, code: ErrorName = 'INVALID_REQUEST'): never => {
    throw new ProtocolError(code, message)
  }
  const types = parts.map(({ entityType }) => entityType)
  for (const { entityType, matchType, match } of parts) {
    if (entityType === '') refuse('the type of a part is empty')
    if (!isEntityType(entityType)) refuse(`there are no quotas for '${entityType}'`, 'UNSUPPORTED_VERSION')
    if (types.filter((type) => type === entityType).length > 1) refuse(`'${entityType}' is given twice`)
    if (!Object.values<number>(matchTypes).includes(matchType)) refuse(`there is no match type ${matchType}`)
    if (matchType === matchTypes.exact && match === null) refuse(`'${entityType}' is to match a name that is not given`)
    if (matchType !== matchTypes.exact && match !== null) refuse(`'${entityType}' gives a name that it is not to match`)
  }
  if (types.length > 1 && types.includes('ip')) refuse('a quota for an ip is not for a user or client-id as well')
}
