import { parseProperties } from '#core/config/properties.ts'
import { isUuid } from '#core/bytes/uuid.ts'
import type { Files } from '#core/ports/files.ts'

import { brokerErrors } from '../errors.ts'

/** `meta.properties`, the card at the root of a data directory: whose it is. */
export interface MetaProperties {
  readonly nodeId: number
  readonly clusterId: string
  /** Names the directory itself; the quorum knows its voters by node and directory. */
  readonly directoryId: string
}

/** The path of the file that says whose a data directory is. */
export const metaPropertiesFile = (directory: string): string => `${directory}/meta.properties`

/** Reads the card; undefined when there is none. Throws META_PROPERTIES_INVALID. */
export function readMetaProperties(files: Files, directory: string): MetaProperties | undefined {
  const file = metaPropertiesFile(directory)
  if (!files.exists(file)) return undefined
  const rows = parseProperties(files.readWhole(file).toString('utf8'))
  const fail = (problem: string) => brokerErrors.META_PROPERTIES_INVALID({ file, problem })
  if (rows['version'] !== '1') throw fail(`version ${rows['version'] ?? 'missing'}, expected 1`)
  const nodeId = Number(rows['node.id'] ?? Number.NaN)
  if (!Number.isInteger(nodeId) || nodeId < 0) throw fail('node.id is not a number')
  const clusterId = rows['cluster.id'] ?? ''
  if (clusterId === '') throw fail('cluster.id is missing')
  const directoryId = rows['directory.id'] ?? ''
  if (!isUuid(directoryId)) throw fail('directory.id is missing')
  return { nodeId, clusterId, directoryId }
}

/** Replaces the file that says whose a data directory is. */
export function writeMetaProperties(files: Files, directory: string, meta: MetaProperties): void {
  const rows = [
    `node.id=${meta.nodeId}`,
    `directory.id=${meta.directoryId}`,
    'version=1',
    `cluster.id=${meta.clusterId}`,
  ]
  files.replace(metaPropertiesFile(directory), Buffer.from(rows.join('\n') + '\n'))
}
