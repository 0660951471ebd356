import type { Files } from '#core/ports/files.ts'

import { replaceUnsynced } from './checkpoint-file.ts'
import { logErrors } from './errors.ts'
import { partitionMetadataFile } from './file-names.ts'

/**
 * Says in a partition's directory which topic it belongs to, so that a topic made anew under the same name is told apart. The
 * log's first sync forces it to the disk.
 */
export function writePartitionMetadata(files: Files, directory: string, topicId: string): void {
  replaceUnsynced(files, `${directory}/${partitionMetadataFile}`, Buffer.from(`version: 0\ntopic_id: ${topicId}`))
}

/** The topic id, undefined when the directory has none. Throws LOG_FILE_INVALID. */
export function readPartitionMetadata(files: Files, directory: string): string | undefined {
  const file = `${directory}/${partitionMetadataFile}`
  if (!files.exists(file)) return undefined
  const text = files.readWhole(file).toString('utf8')
  if (text === '') return undefined
  const match = /^version: (\d+)\r?\ntopic_id: (\S{22})\s*$/.exec(text)
  if (!match || match[1] !== '0') throw logErrors.LOG_FILE_INVALID({ file, problem: 'not "version: 0" and a topic id' })
  return match[2]
}
