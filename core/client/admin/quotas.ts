import type { Cluster } from '#core/client/cluster/cluster.ts'
import { isTransient, refusal } from '#core/client/errors.ts'
import type { EntityQuotas, QuotaPart, QuotaPartFilter } from '#core/client/identities.ts'
import { describeClientQuotas } from '#core/wire/api/48-describe-client-quotas.ts'
import { alterClientQuotas } from '#core/wire/api/49-alter-client-quotas.ts'

/** Kafka's numbers for how a name is compared. */
const matches = { exact: 0, default: 1, any: 2 } as const
const transiently = { retriable: isTransient }

const wireFilter = ({ type: entityType, name }: QuotaPartFilter) => {
  if (name === undefined) return { entityType, matchType: matches.any, match: null }
  return { entityType, matchType: name === null ? matches.default : matches.exact, match: name }
}

/** The quotas of whom the filters describe, further parts or not. */
export function describe(cluster: Cluster, filters: readonly QuotaPartFilter[]): Promise<EntityQuotas[]> {
  return cluster.retrying(async () => {
    const body = { components: filters.map(wireFilter), strict: false }
    const answer = await cluster.sendToAny(describeClientQuotas, body)
    if (answer.errorCode !== 0) throw refusal(answer.errorCode, 'listing quotas', answer.errorMessage)
    return (answer.entries ?? []).map(({ entity, values }) => ({
      entity: entity.map((part) => ({ type: part.entityType as QuotaPart['type'], name: part.entityName })),
      quotas: Object.fromEntries(values.map(({ key, value }) => [key, value])),
    }))
  }, transiently)
}

/** Sets or, with null, removes quotas of one entity; all of them or, when one is refused, none. */
export async function alter(
  cluster: Cluster,
  entity: readonly QuotaPart[],
  changes: Readonly<Record<string, number | null>>,
): Promise<void> {
  const entry = {
    entity: entity.map(({ type, name }) => ({ entityType: type, entityName: name })),
    ops: Object.entries(changes).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
  }
  await cluster.retrying(async () => {
    const answer = await cluster.sendToController(alterClientQuotas, { entries: [entry], validateOnly: false })
    for (const { errorCode, errorMessage } of answer.entries) {
      if (errorCode !== 0) throw refusal(errorCode, 'changing quotas', errorMessage)
    }
  }, transiently)
}
