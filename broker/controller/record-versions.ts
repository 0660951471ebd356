import type { MetadataRecordInput } from '#core/wire/stored/metadata-frame.ts'

/** From which metadata.version on a record has which version, the newest first; fields are those that it brought. */
interface Step {
  readonly from: number
  readonly version: number
  readonly fields: readonly string[]
}

const partitionSteps: readonly Step[] = [
  { from: 23, version: 2, fields: ['eligibleLeaderReplicas', 'lastKnownElr'] },
  { from: 17, version: 1, fields: ['directories'] },
  { from: 0, version: 0, fields: [] },
]

/** The records that grew with metadata.version, as Apache Kafka's controller chooses their versions. */
const steps: Partial<Record<MetadataRecordInput['kind'], readonly Step[]>> = {
  registerBroker: [
    { from: 30, version: 4, fields: ['cordonedLogDirs'] },
    { from: 17, version: 3, fields: ['logDirs'] },
    { from: 8, version: 2, fields: [] },
    { from: 0, version: 1, fields: [] },
  ],
  partition: partitionSteps,
  partitionChange: partitionSteps,
}

/** The metadata.version from which on controllers register themselves: 3.7-IV0. */
export const controllersRegister = 15

/**
 * The record as a cluster at this metadata.version may hold it. A record of a newer version would keep the Apache Kafka
 * that finalized the older one from reading its own log.
 */
export function recordAtLevel(record: MetadataRecordInput, metadataVersion: number): MetadataRecordInput {
  const known = steps[record.kind]
  if (known === undefined || known[0]!.from <= metadataVersion) return record
  const at = known.findIndex(({ from }) => from <= metadataVersion)
  const later = new Set(known.slice(0, at).flatMap(({ fields }) => fields))
  const value = Object.fromEntries(Object.entries(record.value).filter(([field]) => !later.has(field)))
  return { ...record, version: known[at]!.version, value } as MetadataRecordInput
}
