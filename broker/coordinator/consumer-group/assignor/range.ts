import type { Assignor, Draft, GroupSpec } from './assignor.ts'

/**
 * Every subscriber of a topic gets a run of its partitions, as long as those of the others give or take one. Members take
 * their turns in the same order for all topics, static ones first, so that equal topics are shared out equally.
 */
export const rangeAssignor: Assignor = {
  name: 'range',
  assign: (group) => {
    const topics = new Map<string, { readonly count: number; members: number; next: number; left: number }>()
    for (const { topicIds } of group.members.values()) {
      for (const topicId of topicIds) {
        const known = topics.get(topicId)
        if (known !== undefined) known.left = ++known.members
        else topics.set(topicId, { count: group.partitionCount(topicId), members: 1, next: 0, left: 1 })
      }
    }
    const result = new Map<string, Draft>()
    for (const memberId of inTurn(group)) {
      const draft: Draft = new Map()
      for (const topicId of group.members.get(memberId)!.topicIds) {
        const topic = topics.get(topicId)!
        const size = Math.ceil((topic.count - topic.next) / topic.left)
        const run = Array.from({ length: size }, (_, i) => topic.next + i)
        topic.next += size
        topic.left--
        if (size > 0) draft.set(topicId, new Set(run))
      }
      result.set(memberId, draft)
    }
    return result
  },
}

/** Static members by their instance ids, then the others by their member ids. */
function inTurn({ members }: GroupSpec): string[] {
  const keyOf = (memberId: string): string => {
    const { instanceId } = members.get(memberId)!
    return instanceId === null ? `1${memberId}` : `0${instanceId}`
  }
  const keys = Array.from(members.keys(), (memberId) => [keyOf(memberId), memberId] as const)
  return keys.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, memberId]) => memberId)
}
