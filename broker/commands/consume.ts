import type { Admin, Consumer, ConsumerRecord, TopicPartition, TopicPartitionOffset } from '#core/client/client.ts'
import { partitionKey } from '#core/client/client.ts'

import { commandErrors } from './errors.ts'
import { progressLine } from './progress.ts'
import { type Session, timeOf } from './session.ts'
import { existingTopics } from './topics.ts'

/** What to read, from where, how much, and how to show it. */
export interface ConsumeOptions {
  readonly topic: string
  /** `earliest`, `latest`, an offset, a negative number of records before the end, or a time. */
  readonly from: string
  readonly partitions: readonly number[]
  /** Reads as a member of this group, from its committed offsets, and commits. */
  readonly group?: string
  readonly max?: number
  /** Stops at the end that each partition has now. */
  readonly untilEnd?: boolean
  readonly readCommitted?: boolean
  readonly keys?: boolean
  readonly headers?: boolean
  readonly timestamps?: boolean
  readonly offsets?: boolean
  readonly signal?: AbortSignal
}

/** `millrace consume`: prints records, a line each, until it has enough or is told to stop. */
export async function consume({ client, output }: Session, options: ConsumeOptions): Promise<void> {
  checkGroupOptions(options)
  const [topic] = await existingTopics(client.admin(), [options.topic])
  const consumer = client.consumer({
    ...(options.group !== undefined && { groupId: options.group }),
    autoOffsetReset: options.from === 'latest' ? 'latest' : 'earliest',
    isolationLevel: options.readCommitted === true ? 'read_committed' : 'read_uncommitted',
  })
  const signal = AbortSignal.any([output.gone, ...(options.signal === undefined ? [] : [options.signal])])
  signal.addEventListener('abort', () => consumer.wakeup())
  const partitions = topic!.partitions
    .map(({ partition }) => ({ topic: options.topic, partition }))
    .filter(({ partition }) => options.partitions.length === 0 || options.partitions.includes(partition))
  const missing = options.partitions.find((wanted) => !partitions.some(({ partition }) => partition === wanted))
  if (missing !== undefined) {
    throw commandErrors.OPTION_INVALID({
      option: '--partition',
      value: missing,
      wanted: `a partition of ${options.topic}, which has ${topic!.partitions.length}`,
    })
  }
  const progress = progressLine('read', options.max)
  try {
    if (options.group === undefined) await assign(consumer, client.admin(), partitions, options.from)
    else consumer.subscribe([options.topic])
    await readAll(
      consumer,
      partitions,
      { ...options, signal },
      async (text, count) => {
        await output.write(text)
        progress.show(count)
      },
      output.json,
    )
  } finally {
    progress.end()
    await consumer.close()
  }
}

/** A group says who reads which partitions, and from where; only a group that has no offsets yet can be told. */
function checkGroupOptions({ group, partitions, from }: ConsumeOptions): void {
  if (group === undefined) return
  if (partitions.length > 0) throw commandErrors.OPTIONS_TOGETHER({ options: '--group and --partition' })
  if (from === 'earliest' || from === 'latest') return
  throw commandErrors.OPTION_INVALID({ option: '--from', value: from, wanted: 'earliest or latest, with --group' })
}

async function assign(
  consumer: Consumer,
  admin: Admin,
  partitions: readonly TopicPartition[],
  from: string,
): Promise<void> {
  consumer.assign(partitions)
  if (from === 'earliest') return consumer.seekToBeginning(partitions)
  if (from === 'latest') return consumer.seekToEnd(partitions)
  const [first, end] = await Promise.all([consumer.beginningOffsets(partitions), consumer.endOffsets(partitions)])
  const target = await startOf(admin, partitions, from)
  for (const each of partitions) {
    const key = partitionKey(each)
    const [low, high] = [first.get(key) ?? 0, end.get(key) ?? 0]
    consumer.seek(each, Math.min(high, Math.max(low, target(key, high))))
  }
}

/** Where to begin in a partition, given its end. */
async function startOf(
  admin: Admin,
  partitions: readonly TopicPartition[],
  from: string,
): Promise<(key: string, end: number) => number> {
  if (/^-?\d+$/.test(from)) return (_, end) => (from.startsWith('-') ? end + Number(from) : Number(from))
  const time = timeOf(from, Date.now())
  if (time === undefined) {
    throw commandErrors.OPTION_INVALID({
      option: '--from',
      value: from,
      wanted:
        'earliest, latest, an offset, -N for the last N records, a time (2026-01-31T12:00:00Z) or an age (15m, 2h, 7d)',
    })
  }
  const found = await admin.listOffsets(partitions.map((each) => ({ ...each, timestamp: time })))
  return (key, end) => ((found.get(key)?.offset ?? -1) < 0 ? end : found.get(key)!.offset)
}

async function readAll(
  consumer: Consumer,
  partitions: readonly TopicPartition[],
  options: ConsumeOptions,
  write: (text: string, count: number) => Promise<void>,
  json: boolean,
): Promise<void> {
  const { max = Infinity, signal } = options
  const ends = options.untilEnd === true ? await consumer.endOffsets(partitions) : undefined
  let count = 0
  while (count < max && signal?.aborted !== true) {
    if (ends !== undefined && (await reached(consumer, partitions, ends))) return
    let text = ''
    const shown: TopicPartitionOffset[] = []
    for (const part of await consumer.poll(1000)) {
      const { topic, partition } = part
      const end = ends?.get(partitionKey(part)) ?? Infinity
      let next = part.nextOffset
      for (const record of part) {
        if (count === max || record.offset >= end) {
          next = record.offset
          break
        }
        count++
        text += json ? jsonLine(record) : textLine(record, options)
      }
      shown.push({ topic, partition, offset: next })
    }
    if (text !== '') await write(text, count)
    // What was fetched beyond `max` was not shown and is not done.
    if (options.group !== undefined && shown.length > 0) await consumer.commit(shown)
  }
}

async function reached(
  consumer: Consumer,
  partitions: readonly TopicPartition[],
  ends: ReadonlyMap<string, number>,
): Promise<boolean> {
  const mine = new Set(consumer.assignment.map(partitionKey))
  if (mine.size === 0) return partitions.every((each) => (ends.get(partitionKey(each)) ?? 0) === 0)
  for (const each of partitions) {
    if (mine.has(partitionKey(each)) && (await consumer.position(each)) < (ends.get(partitionKey(each)) ?? 0))
      return false
  }
  return true
}

const textOf = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString('utf8')
const shown = (bytes: Uint8Array | null): string => textOf(bytes) ?? 'null'

/** Fields with tabs between, in the order in which Kafka's console consumer has them; the value last. */
function textLine(record: ConsumerRecord, options: ConsumeOptions): string {
  const fields = [
    options.timestamps === true ? new Date(record.timestamp).toISOString() : undefined,
    options.offsets === true ? `${record.partition}:${record.offset}` : undefined,
    options.headers === true ? record.headers.map(({ key, value }) => `${key}=${shown(value)}`).join(',') : undefined,
    options.keys === true ? shown(record.key) : undefined,
    shown(record.value),
  ]
  return `${fields.filter((field) => field !== undefined).join('\t')}\n`
}

const jsonLine = ({ topic, partition, offset, timestamp, key, value, headers }: ConsumerRecord): string =>
  `${JSON.stringify({
    topic,
    partition,
    offset,
    timestamp,
    key: textOf(key),
    value: textOf(value),
    headers: Object.fromEntries(headers.map((header) => [header.key, textOf(header.value)])),
  })}\n`
