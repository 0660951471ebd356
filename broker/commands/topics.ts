import type { Admin, TopicDescription } from '#core/client/client.ts'
import { partitionKey } from '#core/client/client.ts'

import { commandErrors } from './errors.ts'
import { type Column, countText, tableText, writeJson, writeRows } from './output.ts'
import type { Session } from './session.ts'

/** `millrace topics list`: names, partitions and replicas; internal topics only when asked for. */
export async function listTopics({ client, output }: Session, options: { readonly internal?: boolean }): Promise<void> {
  const admin = client.admin()
  const all = await admin.describeTopics(await admin.listTopics())
  const rows = all
    .filter(({ internal }) => options.internal === true || !internal)
    .map(({ name, topicId, internal, partitions }) => ({
      name,
      topicId,
      internal,
      partitions: partitions.length,
      replicationFactor: partitions[0]?.replicas.length ?? 0,
    }))
  await writeRows(
    output,
    [
      { title: 'topic', value: ({ name }) => name },
      { title: 'partitions', value: ({ partitions }) => partitions, right: true },
      { title: 'replicas', value: ({ replicationFactor }) => replicationFactor, right: true },
    ],
    rows,
    'there are no topics',
  )
}

interface PartitionRow {
  readonly partition: number
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly firstOffset: number
  readonly endOffset: number
}

const partitionColumns: readonly Column<PartitionRow>[] = [
  { title: 'partition', value: ({ partition }) => partition, right: true },
  { title: 'leader', value: ({ leader }) => (leader < 0 ? 'none' : leader), right: true },
  { title: 'replicas', value: ({ replicas }) => replicas.join(',') },
  { title: 'in sync', value: ({ isr }) => isr.join(',') },
  { title: 'first', value: ({ firstOffset }) => firstOffset, right: true },
  { title: 'end', value: ({ endOffset }) => endOffset, right: true },
]

/** `millrace topics describe`: partitions with their offsets, and the settings that were made. */
export async function describeTopics({ client, output }: Session, names: readonly string[]): Promise<void> {
  const admin = client.admin()
  const topics = await existingTopics(admin, names)
  const settings = await admin.describeConfigs(topics.map(({ name }) => ({ type: 'topic', name })))
  const described = await Promise.all(
    topics.map(async (topic) => ({
      name: topic.name,
      topicId: topic.topicId,
      configs: Object.fromEntries(
        // Source 1: made for this topic; all others come from the broker.
        (settings.get(topic.name) ?? []).filter(({ source }) => source === 1).map(({ name, value }) => [name, value]),
      ),
      partitions: await partitionRows(admin, topic),
    })),
  )
  if (output.json) return writeJson(output, described)
  for (const { name, topicId, configs, partitions } of described) {
    const records = partitions.reduce((sum, { firstOffset, endOffset }) => sum + endOffset - firstOffset, 0)
    const made = Object.entries(configs).map(([key, value]) => `${key}=${value}`)
    await output.write(`${name}  id ${topicId}  ${countText(records)} offsets  ${made.join(' ')}`.trimEnd() + '\n')
    await output.write(`${tableText(partitionColumns, partitions)}\n`)
  }
}

async function partitionRows(admin: Admin, { name, partitions }: TopicDescription): Promise<PartitionRow[]> {
  const led = partitions.filter(({ leader }) => leader >= 0)
  const query = (timestamp: number) =>
    admin.listOffsets(led.map(({ partition }) => ({ topic: name, partition, timestamp })))
  const [first, end] = await Promise.all([query(-2), query(-1)])
  return partitions.map((each) => {
    const key = partitionKey({ topic: name, partition: each.partition })
    return { ...each, firstOffset: first.get(key)?.offset ?? 0, endOffset: end.get(key)?.offset ?? 0 }
  })
}

/** The topics by name. Throws TOPIC_UNKNOWN. */
export async function existingTopics(admin: Admin, names: readonly string[]): Promise<TopicDescription[]> {
  const topics = await admin.describeTopics(names)
  const missing = names.find((name) => !topics.some((topic) => topic.name === name))
  if (missing !== undefined) throw commandErrors.TOPIC_UNKNOWN({ topic: missing })
  return topics
}

/** `millrace topics create`. What is left out is the broker's default. */
export async function createTopics(
  { client, output }: Session,
  names: readonly string[],
  options: {
    readonly partitions?: number
    readonly replicationFactor?: number
    readonly configs: Readonly<Record<string, string>>
    readonly ifNotExists?: boolean
  },
): Promise<void> {
  const admin = client.admin()
  const there = new Set(options.ifNotExists === true ? await admin.listTopics() : [])
  const wanted = names.filter((name) => !there.has(name))
  const { partitions = -1, replicationFactor = -1, configs } = options
  if (wanted.length > 0) {
    await admin.createTopics(wanted.map((name) => ({ name, partitions, replicationFactor, configs })))
  }
  if (output.json) return writeJson(output, { created: wanted })
  for (const name of names) output.remark(there.has(name) ? `${name} is there already` : `created ${name}`)
}

/** `millrace topics alter --partitions`: raises the number of partitions. */
export async function growTopics(
  { client, output }: Session,
  names: readonly string[],
  partitions: number,
): Promise<void> {
  await client.admin().createPartitions(Object.fromEntries(names.map((name) => [name, partitions])))
  if (output.json) return writeJson(output, { altered: names })
  for (const name of names) output.remark(`${name} has ${partitions} partitions`)
}

/** `millrace topics delete`. */
export async function deleteTopics(
  { client, output }: Session,
  names: readonly string[],
  options: { readonly ifExists?: boolean },
): Promise<void> {
  const admin = client.admin()
  const there = new Set(await admin.listTopics())
  const missing = names.find((name) => !there.has(name))
  if (missing !== undefined && options.ifExists !== true) throw commandErrors.TOPIC_UNKNOWN({ topic: missing })
  const wanted = names.filter((name) => there.has(name))
  if (wanted.length > 0) await admin.deleteTopics(wanted)
  if (output.json) return writeJson(output, { deleted: wanted })
  for (const name of wanted) output.remark(`deleted ${name}`)
}
