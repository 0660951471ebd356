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

/**
 * The topic id of a log. A power cut soon after the log was made may leave it without: undefined then, if nothing in the
 * log was promised. Else what is wrong with the file is LOG_FILE_INVALID, for a log without an id would be taken for a stray one.
 */
export function readPartitionMetadata(files: Files, directory: string, promised: boolean): string | undefined {
  const file = `${directory}/${partitionMetadataFile}`
  const text = files.exists(file) ? files.readWhole(file).toString('utf8') : ''
  const match = /^version: 0\r?\ntopic_id: (\S{22})\s*$/.exec(text)
  if (match) return match[1]
  if (promised) throw logErrors.LOG_FILE_INVALID({ file, problem: 'not "version: 0" and a topic id' })
  return undefined
}
