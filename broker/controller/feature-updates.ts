import { ProtocolError } from '#core/wire/errors.ts'
import type { MetadataRecordInput } from '#core/wire/stored/metadata-frame.ts'

import { changingVersions, features } from './features.ts'
import type { MetadataImage } from './image.ts'

/** How far a change of a feature may go, by Kafka's numbers. */
export const upgradeTypes = { upgrade: 1, safeDowngrade: 2, unsafeDowngrade: 3 } as const

/** The level that somebody wants for a feature. */
export interface FeatureUpdate {
  readonly feature: string
  readonly level: number
  readonly upgradeType: number
}

/**
 * Decides new levels of features: all of them, or none. Throws the ProtocolError that the client gets, INVALID_UPDATE_VERSION
 * for all but what cannot be asked at all.
 */
export function planFeatures(
  image: MetadataImage,
  updates: readonly FeatureUpdate[],
  nodeId: number,
): MetadataRecordInput[] {
  const planned = new Map(updates.map(({ feature, level }) => [feature, level]))
  for (const update of updates) {
    const problem = problemOf(image, update, planned, nodeId)
    if (problem === undefined) continue
    const text = `no feature was changed, because of ${update.feature} at level ${update.level}: ${problem}`
    throw new ProtocolError('INVALID_UPDATE_VERSION', text)
  }
  return updates
    .filter(({ feature, level }) => feature !== 'kraft.version' && level !== image.feature(feature))
    .map(({ feature, level }) => ({
      kind: 'featureLevel',
      version: 0,
      value: { name: feature, featureLevel: level },
    }))
}

function problemOf(
  image: MetadataImage,
  { feature, level, upgradeType }: FeatureUpdate,
  planned: ReadonlyMap<string, number>,
  nodeId: number,
): string | undefined {
  const before = image.feature(feature)
  const known = features[feature]
  if (!Object.values(upgradeTypes).some((type) => type === upgradeType))
    return `there is no upgrade type ${upgradeType}`
  if (level < 0) return 'a level is at least 0'
  if (known === undefined) return `node ${nodeId} does not support this feature`
  // What the directory came with may stay, and may go; whoever asks for a whole release, as kafka-features does by
  // naming its metadata.version too, gets it for those who take the directory over.
  const isCarried = level === before || (level === known.carried && planned.has('metadata.version'))
  const high = known.high === 0 && isCarried ? level : known.high
  if (level < known.low || level > high) return `node ${nodeId} supports levels ${known.low} to ${known.high} only`
  if (level < before && upgradeType === upgradeTypes.upgrade) return 'going down needs a downgrade type, safe or unsafe'
  if (level > before && upgradeType !== upgradeTypes.upgrade) return `a downgrade cannot go up from ${before}`
  if (feature === 'kraft.version' && level < before) return 'this feature cannot go down'
  if (feature === 'metadata.version') return versionProblem(before, level, upgradeType)
  const version = planned.get('metadata.version') ?? image.feature('metadata.version')
  if (level > 0 && known.needs !== undefined && version < known.needs) {
    return `it depends on metadata.version level ${known.needs}`
  }
  return undefined
}

function versionProblem(before: number, level: number, upgradeType: number): string | undefined {
  for (let version = before; version > level; version--) {
    if (!changingVersions.has(version)) continue
    return upgradeType === upgradeTypes.unsafeDowngrade
      ? 'an unsafe downgrade of metadata.version is not supported'
      : `metadata written since ${version} could be lost`
  }
  return undefined
}
