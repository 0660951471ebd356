import type { MetadataRecordInput } from '#core/wire/stored/metadata-frame.ts'

/** What is known here of one of Kafka's features. */
export interface Feature {
  /** The levels that this broker serves. */
  readonly low: number
  readonly high: number
  /** The level at which a new cluster begins; 0 leaves it off. */
  readonly fresh: number
  /** A level that a directory may come with although it is not served: it is kept, and hidden from clients. */
  readonly carried?: number
  /** The least metadata.version with which it may be on. */
  readonly needs?: number
}

/** The metadata version that is finalized in a new directory: 4.3-IV0. */
export const metadataVersion = 30

/**
 * Every feature of Apache Kafka 4.3, in the order of its own records. A feature is switched on for new clusters by its
 * `fresh` level, as soon as all of it works.
 */
export const features: Readonly<Record<string, Feature>> = {
  'metadata.version': { low: 7, high: metadataVersion, fresh: metadataVersion },
  // Lies in control records of the log and not in feature records.
  'kraft.version': { low: 0, high: 1, fresh: 1 },
  // One node has nobody else to elect, so this says nothing there; directories that Apache Kafka formatted have it on.
  'eligible.leader.replicas.version': { low: 0, high: 1, fresh: 0, needs: 23 },
  'group.version': { low: 0, high: 1, fresh: 1 },
  'share.version': { low: 0, high: 0, fresh: 0, carried: 1 },
  'streams.version': { low: 0, high: 1, fresh: 1 },
  'transaction.version': { low: 0, high: 2, fresh: 2 },
}

/** The features that clients and registrations are told of: those of which more is served than nothing. */
export const supportedFeatures: Readonly<Record<string, Feature>> = Object.fromEntries(
  Object.entries(features).filter(([, { high }]) => high > 0),
)

/** The records that give a new cluster its features. */
export const bootstrapFeatures: readonly MetadataRecordInput[] = Object.entries(features)
  .filter(([name, { fresh }]) => fresh > 0 && name !== 'kraft.version')
  .map(([name, { fresh: featureLevel }]) => ({ kind: 'featureLevel', version: 0, value: { name, featureLevel } }))

/** Says why a directory with this level cannot be started, in the words "supports …"; undefined when it can. */
export function whyNotServed(name: string, level: number): string | undefined {
  const known = features[name]
  if (known === undefined) return 'none of it'
  const { low, high, carried = high } = known
  return level >= low && level <= Math.max(high, carried) ? undefined : `levels ${low} to ${high}`
}

/** What a registration says of this node: each feature with the levels it could run. */
export const registeredFeatures = Object.entries(supportedFeatures).map(([name, { low, high }]) => ({
  name,
  minSupportedVersion: low,
  maxSupportedVersion: high,
}))

/**
 * Versions of metadata.version whose records the one before cannot read, or would lose: a downgrade stops above them.
 * Facts of Apache Kafka 4.3.1.
 */
export const changingVersions: ReadonlySet<number> = new Set([7, 8, 11, 13, 14, 15, 17, 23, 30])
