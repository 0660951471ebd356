import type { QuotaEntity } from './client-quotas.ts'

/** One part of an entity as requests and records have it; a null name is the default. */
export interface EntityPart {
  readonly entityType: string
  readonly entityName: string | null
}

const fields: Readonly<Record<string, keyof QuotaEntity>> = { user: 'user', 'client-id': 'clientId', ip: 'ip' }

/** True for the types of parts there are. */
export const isEntityType = (type: string): boolean => Object.hasOwn(fields, type)

/** What a list of parts means. Throws a RangeError that says what is wrong with it. */
export function entityOf(parts: readonly EntityPart[]): QuotaEntity {
  const entity: { -readonly [K in keyof QuotaEntity]: QuotaEntity[K] } = {}
  if (parts.length === 0) throw new RangeError('a quota needs a user, a client-id or an ip')
  for (const { entityType, entityName } of parts) {
    const field = fields[entityType]
    if (field === undefined)
      throw new RangeError(`there are no quotas for '${entityType}', only for user, client-id, ip`)
    if (entity[field] !== undefined) throw new RangeError(`'${entityType}' is given twice`)
    if (entityName === '') throw new RangeError(`the name of '${entityType}' is empty`)
    entity[field] = entityName
  }
  return entity
}

/** An entity as requests and records have it. */
export const partsOf = (entity: QuotaEntity): EntityPart[] =>
  Object.entries(fields).flatMap(([entityType, field]) => {
    const entityName = entity[field]
    return entityName === undefined ? [] : [{ entityType, entityName }]
  })
