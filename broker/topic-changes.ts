import type { AnyMetadataRecord } from './controller/controller.ts'
import type { MetadataImage } from './controller/image.ts'

/** Topics that some records made or gave partitions, by name; `areNew` when some of them were made. */
export function topicChanges(
  records: readonly AnyMetadataRecord[],
  image: MetadataImage,
): { readonly names: ReadonlySet<string>; readonly areNew: boolean } {
  const names = new Set<string>()
  let areNew = false
  for (const record of records) {
    if (record.kind !== 'topic' && record.kind !== 'partition') continue
    areNew ||= record.kind === 'topic'
    const name = image.topicsById.get(record.value.topicId)?.name
    if (name !== undefined) names.add(name)
  }
  return { names, areNew }
}
