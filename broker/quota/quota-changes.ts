import { isIP } from 'node:net'

import type { AlterClientQuotasRequest } from '#core/wire/api/49-alter-client-quotas.ts'
import type { MetadataRecordInput } from '#core/wire/stored/metadata-frame.ts'

import type { ClientQuotas, QuotaEntity } from './client-quotas.ts'
import { entityOf, partsOf } from './quota-entity.ts'

type Change = AlterClientQuotasRequest['entries'][number]

/** Whole numbers up to these; the others are any number. */
const largestWhole: Readonly<Record<string, number>> = {
  producer_byte_rate: 2 ** 63,
  consumer_byte_rate: 2 ** 63,
  connection_creation_rate: 2_147_483_647,
}
const keysOfClients: ReadonlySet<string> = new Set([
  'producer_byte_rate',
  'consumer_byte_rate',
  'request_percentage',
  'controller_mutation_rate',
])
const keysOfAddresses: ReadonlySet<string> = new Set(['connection_creation_rate'])

/** The records that change the quotas of one entity. Throws a RangeError that says what is wrong; then nothing changes. */
export function planQuotaChange(quotas: ClientQuotas, { entity: parts, ops }: Change): MetadataRecordInput[] {
  const entity = entityOf(parts)
  checkAddress(entity)
  const before = quotas.valuesOf(entity)
  const after = new Map<string, number | null>()
  for (const { key, value, remove } of ops) {
    if (after.has(key)) throw new RangeError(`quota '${key}' is named twice`)
    // Removing what cannot be there is no error, as in Apache Kafka.
    if (!remove) {
      checkKey(entity, key)
      checkValue(key, value)
    }
    after.set(key, remove ? null : value)
  }
  const changed = [...after].filter(([key, value]) => (before.get(key) ?? null) !== value)
  return changed.map(([key, value]) => ({
    kind: 'clientQuota',
    version: 0,
    value: { entity: partsOf(entity), key, value: value ?? 0, remove: value === null },
  }))
}

function checkAddress({ ip, ...others }: QuotaEntity): void {
  if (ip === undefined) return
  if (Object.keys(others).length > 0)
    throw new RangeError('a quota for an ip cannot be for a user or client-id as well')
  if (ip !== null && isIP(ip) === 0) throw new RangeError(`'${ip}' is not an IP address`)
}

function checkKey(entity: QuotaEntity, key: string): void {
  const known = entity.ip === undefined ? keysOfClients : keysOfAddresses
  if (!known.has(key)) throw new RangeError(`'${key}' is no quota here; there are ${[...known].join(', ')}`)
}

function checkValue(key: string, value: number): void {
  if (!(value > 0)) throw new RangeError(`quota '${key}' must be greater than 0, got ${value}`)
  const largest = largestWhole[key]
  if (largest === undefined) return
  if (value > largest) throw new RangeError(`quota '${key}' is too large: ${value}`)
  if (Math.abs(value - Math.round(value)) > 1e-6) throw new RangeError(`quota '${key}' must be whole, got ${value}`)
}
