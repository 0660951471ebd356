import { type Admin, type GroupDescription, type TopicPartition, partitionKey } from '#core/client/client.ts'

import { commandErrors } from './errors.ts'
import { type Column, countText, tableText, writeJson, writeRows } from './output.ts'
import type { Session } from './session.ts'

/** `millrace groups list`: every group with its type and state. */
export async function listGroups({ client, output }: Session): Promise<void> {
  const groups = (await client.admin().listGroups()).toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1))
  await writeRows(
    output,
    [
      { title: 'group', value: ({ groupId }) => groupId },
      { title: 'type', value: ({ type }) => type },
      { title: 'protocol', value: ({ protocolType }) => protocolType || '-' },
      { title: 'state', value: ({ state }) => state },
    ],
    groups,
    'there are no groups',
  )
}

interface Progress extends TopicPartition {
  /** Next offset to read; null where nothing was committed. */
  readonly committed: number | null
  readonly end: number
  readonly lag: number | null
  readonly memberId: string | null
  readonly clientId: string | null
  readonly host: string | null
}

const progressColumns: readonly Column<Progress>[] = [
  { title: 'topic', value: ({ topic }) => topic },
  { title: 'partition', value: ({ partition }) => partition, right: true },
  { title: 'committed', value: ({ committed }) => committed, right: true },
  { title: 'end', value: ({ end }) => end, right: true },
  { title: 'lag', value: ({ lag }) => lag, right: true },
  { title: 'client', value: ({ clientId }) => clientId },
  { title: 'host', value: ({ host }) => host },
  { title: 'member', value: ({ memberId }) => memberId },
]

/** `millrace groups describe`: how far a group has come in each partition, how much is left, and who reads it. */
export async function describeGroups({ client, output }: Session, groupIds: readonly string[]): Promise<void> {
  const admin = client.admin()
  const described = await Promise.all(
    groupIds.map(async (groupId) => {
      const group = await existingGroup(admin, groupId)
      return { group, progress: await progressOf(admin, group) }
    }),
  )
  if (output.json)
    return writeJson(
      output,
      described.map(({ group, progress }) => ({ ...summary(group), progress })),
    )
  for (const { group, progress } of described) {
    const lag = progress.reduce((sum, each) => sum + (each.lag ?? 0), 0)
    await output.write(
      `${group.groupId}  ${group.type}  ${group.state}  ${group.members.length} members` +
        `${group.protocol === '' ? '' : `  assignor ${group.protocol}`}  lag ${countText(lag)}\n`,
    )
    await output.write(`${tableText(progressColumns, progress)}\n`)
  }
}

const summary = ({ groupId, type, state, protocolType, protocol, members }: GroupDescription) => ({
  groupId,
  type,
  state,
  protocolType,
  assignor: protocol,
  members: members.map(({ memberId, groupInstanceId, clientId, clientHost, partitions }) => ({
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    partitions,
  })),
})

async function existingGroup(admin: Admin, groupId: string): Promise<GroupDescription> {
  const [group] = await admin.describeGroups([groupId])
  if (group === undefined || group.state === 'Dead') throw commandErrors.GROUP_UNKNOWN({ group: groupId })
  return group
}

async function progressOf(admin: Admin, group: GroupDescription): Promise<Progress[]> {
  const committed = new Map((await admin.groupOffsets(group.groupId)).map((each) => [partitionKey(each), each]))
  const owners = new Map(
    group.members.flatMap((member) => member.partitions.map((each) => [partitionKey(each), { each, member }] as const)),
  )
  const partitions = new Map<string, TopicPartition>([
    ...[...owners].map(([key, { each }]) => [key, each] as const),
    ...committed,
  ])
  const topics = new Set((await admin.listTopics()).values())
  const alive = [...partitions.values()].filter(({ topic }) => topics.has(topic))
  const ends = await admin.listOffsets(alive.map(({ topic, partition }) => ({ topic, partition, timestamp: -1 })))
  const rows = [...partitions].map(([key, { topic, partition }]) => {
    const offset = committed.get(key)?.offset ?? null
    const end = ends.get(key)?.offset ?? -1
    const member = owners.get(key)?.member
    return {
      topic,
      partition,
      committed: offset,
      end,
      lag: offset === null || end < 0 ? null : Math.max(0, end - offset),
      memberId: member?.memberId ?? null,
      clientId: member?.clientId ?? null,
      host: member?.clientHost ?? null,
    }
  })
  return rows.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
}

/** `millrace groups delete`: forgets groups and their offsets; members must be gone. */
export async function deleteGroups({ client, output }: Session, groupIds: readonly string[]): Promise<void> {
  await client.admin().deleteGroups(groupIds)
  if (output.json) return writeJson(output, { deleted: groupIds })
  for (const groupId of groupIds) output.remark(`deleted ${groupId}`)
}

/** Where offsets are to be moved to. */
export type ResetTarget =
  | { readonly to: 'earliest' | 'latest' }
  | { readonly to: 'offset'; readonly offset: number }
  | { readonly to: 'time'; readonly timeMs: number }
  | { readonly to: 'shift'; readonly by: number }

/** `millrace groups reset-offsets`: moves committed offsets; without `execute` it only shows what it would do. */
export async function resetOffsets(
  { client, output }: Session,
  groupId: string,
  options: { readonly topics: readonly string[]; readonly target: ResetTarget; readonly execute?: boolean },
): Promise<void> {
  const admin = client.admin()
  const [group] = await admin.describeGroups([groupId])
  if (group !== undefined && group.members.length > 0) {
    throw commandErrors.GROUP_ACTIVE({ group: groupId, members: group.members.length, state: group.state })
  }
  const moves = await plannedMoves(admin, groupId, options.topics, options.target)
  if (options.execute === true && moves.length > 0) {
    await admin.alterGroupOffsets(
      groupId,
      moves.map(({ topic, partition, after }) => ({ topic, partition, offset: after })),
    )
  }
  await writeRows(
    output,
    [
      { title: 'topic', value: ({ topic }) => topic },
      { title: 'partition', value: ({ partition }) => partition, right: true },
      { title: 'before', value: ({ before }) => before, right: true },
      { title: 'after', value: ({ after }) => after, right: true },
    ],
    moves,
    'there is nothing to reset: name topics with --topic',
  )
  if (options.execute !== true && moves.length > 0) output.remark('nothing was changed; add --execute to do it')
}

interface Move extends TopicPartition {
  readonly before: number | null
  readonly after: number
}

async function plannedMoves(
  admin: Admin,
  groupId: string,
  topics: readonly string[],
  target: ResetTarget,
): Promise<Move[]> {
  const committed = new Map((await admin.groupOffsets(groupId)).map((each) => [partitionKey(each), each]))
  const named = (await admin.describeTopics(topics)).flatMap(({ name, partitions }) =>
    partitions.map(({ partition }) => ({ topic: name, partition })),
  )
  const missing = topics.find((topic) => !named.some((each) => each.topic === topic))
  if (missing !== undefined) throw commandErrors.TOPIC_UNKNOWN({ topic: missing })
  const partitions: readonly TopicPartition[] = topics.length > 0 ? named : [...committed.values()]
  const at = async (timestamp: number) =>
    admin.listOffsets(partitions.map(({ topic, partition }) => ({ topic, partition, timestamp })))
  const [first, end] = await Promise.all([at(-2), at(-1)])
  const byTime = target.to === 'time' ? await at(target.timeMs) : undefined
  return partitions.map(({ topic, partition }) => {
    const key = partitionKey({ topic, partition })
    const [low, high] = [first.get(key)?.offset ?? 0, end.get(key)?.offset ?? 0]
    const before = committed.get(key)?.offset ?? null
    const wanted = {
      earliest: () => low,
      latest: () => high,
      offset: () => (target as { offset: number }).offset,
      // No record is that new: the end.
      time: () => ((byTime?.get(key)?.offset ?? -1) < 0 ? high : byTime!.get(key)!.offset),
      shift: () => (before ?? low) + (target as { by: number }).by,
    }[target.to]()
    return { topic, partition, before, after: Math.min(high, Math.max(low, wanted)) }
  })
}
