import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { decodeRecord } from '../../broker/coordinator/records.ts'
import { batches } from '#core/records/batch.ts'

/**
 * What `__consumer_offsets` below a data directory says of groups, in its order and by group, in a form that is the same
 * for every run: tags of conversations, ids of topics, hashes over them and times are left out. Committed offsets too.
 */
export async function groupRecordsIn(directory: string): Promise<Map<string, string[]>> {
  const names = await readdir(directory, { recursive: true })
  const files = names.filter((name) => /__consumer_offsets-\d+\/\d+\.log$/.test(name)).toSorted()
  const byGroup = new Map<string, string[]>()
  for (const file of files) {
    for (const batch of batches(await readFile(join(directory, file)))) {
      for (const { key, value } of batch.records()) {
        const record = key === null ? null : decodeRecord(key, value)
        if (record === null || record.kind === 'offset') continue
        const groupId = untagged(record.groupId)
        const version = value === null ? 'tombstone' : `version ${value.readInt16BE(0)}`
        const lines = byGroup.get(groupId) ?? []
        lines.push(`type ${key!.readInt16BE(0)} ${version} ${printed(record)}`)
        byGroup.set(groupId, lines)
      }
    }
  }
  return new Map(Array.from(byGroup, ([groupId, lines]) => [groupId, inOrder(lines)]))
}

/** What a member of a consumer group is to have. */
const targetType = 'type 7 '

/**
 * Records that follow one another as a hash table has their members, whose ids differ from run to run, in an order of
 * their own: tombstones of one type, and the targets of one assignment.
 */
function inOrder(lines: readonly string[]): string[] {
  const typeOf = (line: string): string => line.slice(0, line.indexOf('{'))
  const isFree = (line: string): boolean => line.includes(' tombstone ') || line.startsWith(targetType)
  const runs: string[][] = []
  for (const line of lines) {
    const last = runs.at(-1)
    if (last !== undefined && isFree(line) && typeOf(last[0]!) === typeOf(line)) last.push(line)
    else runs.push([line])
  }
  return runs.flatMap((run) => run.toSorted())
}

const untagged = (text: string): string => text.replace(/-[a-z0-9]{5,6}$/, '')

interface Owned {
  readonly partitions: readonly number[]
  readonly assignmentEpochs?: readonly number[] | null
}

function printed(record: object): string {
  const text = JSON.stringify(record, (key, value: unknown) => {
    if (key === 'metadataHash') return value === 0n ? 'none' : 'some'
    if (key === 'topicId') return 'topic'
    if (key === 'subscription' || key === 'assignment' || key === 'metadata') return 'bytes'
    if (/timestamp$/i.test(key)) return value === 0 ? 0 : 'now'
    if (key === 'version') return 'offset'
    if (key === 'assignedPartitions' || key === 'partitionsPendingRevocation' || key === 'topicPartitions') {
      return (value as Owned[]).map(({ partitions, assignmentEpochs }) =>
        partitions.map((partition, i) => `${partition} since ${assignmentEpochs?.[i] ?? '-'}`).toSorted(),
      )
    }
    return typeof value === 'string' ? untagged(value).replace(/[0-9a-f]{8}-[0-9a-f-]{27}|^[\w-]{22}$/g, 'id') : value
  })
  return text
}
