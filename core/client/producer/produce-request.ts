import type { Cluster } from '#core/client/cluster/cluster.ts'
import type { Links } from '#core/client/cluster/links.ts'
import type { PartitionQueue } from '#core/client/producer/partition-queue.ts'
import type { ProducerBatch } from '#core/client/producer/producer-batch.ts'
import type { ProducerSettings } from '#core/client/producer/options.ts'
import { refusal } from '#core/client/errors.ts'
import { zeroUuid } from '#core/bytes/uuid.ts'
import { produce, type ProduceRequestInput, type ProduceResponse } from '#core/wire/api/00-produce.ts'
import { errorCodes } from '#core/wire/errors.ts'

/** A batch on its way, with the queue it came from and the bytes that are sent. */
export interface Parcel {
  readonly queue: PartitionQueue
  readonly batch: ProducerBatch
  readonly bytes: Buffer
}

type Answer = ProduceResponse['responses'][number]['partitionResponses'][number]

/** What a broker said about one batch: where it landed, or why not. */
export type Outcome = { readonly baseOffset: number } | { readonly error: Error }

/** The first version that names topics by id alone. */
const topicIdVersion = 13

/**
 * One Produce request for several partitions of one broker, at most one batch each. Resolves with an outcome for each
 * parcel; rejects when there was no answer at all.
 */
export async function produceParcels(
  cluster: Cluster,
  links: Links,
  broker: number,
  parcels: readonly Parcel[],
  settings: ProducerSettings,
): Promise<readonly Outcome[]> {
  const link = links.to(broker)
  const { acks, requestTimeoutMs } = settings
  const topics = new Map<string, { index: number; records: Buffer }[]>()
  for (const { queue, bytes } of parcels) {
    const partition = { index: queue.partition, records: bytes }
    const known = topics.get(queue.topic)
    if (known === undefined) topics.set(queue.topic, [partition])
    else known.push(partition)
  }
  const ids = new Map<string, string>()
  const topicData: ProduceRequestInput['topicData'] = [...topics].map(([name, partitionData]) => {
    const topicId = cluster.metadata.topic(name)?.id ?? zeroUuid
    ids.set(topicId, name)
    return { name, topicId, partitionData }
  })
  const maxVersion = ids.has(zeroUuid) ? topicIdVersion - 1 : produce.versions.high
  const body = { acks, timeoutMs: requestTimeoutMs, topicData }
  if (acks === 0) {
    await link.sendOneWay(produce, body, { maxVersion })
    return parcels.map(() => ({ baseOffset: -1 }))
  }
  // The broker gives up after requestTimeoutMs by itself; its answer needs a little longer.
  const answer = await link.send(produce, body, { maxVersion, timeoutMs: requestTimeoutMs + 1000 })
  return outcomes(cluster, parcels, answer, ids)
}

function outcomes(
  cluster: Cluster,
  parcels: readonly Parcel[],
  answer: ProduceResponse,
  ids: ReadonlyMap<string, string>,
): readonly Outcome[] {
  const answers = new Map<string, Answer>()
  for (const { name, topicId, partitionResponses } of answer.responses) {
    const topic = name === '' ? ids.get(topicId) : name
    for (const each of partitionResponses) {
      answers.set(`${topic} ${each.index}`, each)
      const { leaderId, leaderEpoch } = each.currentLeader
      if (topic !== undefined && leaderId >= 0) {
        cluster.metadata.moveLeader(topic, each.index, { leader: leaderId, epoch: leaderEpoch })
      }
    }
  }
  return parcels.map(({ queue: { topic, partition } }) => {
    const found = answers.get(`${topic} ${partition}`)
    if (found?.errorCode === 0) return { baseOffset: found.baseOffset }
    const code = found?.errorCode ?? errorCodes.UNKNOWN_SERVER_ERROR.code
    // A doubled batch that the broker knows by its number but not by its offset is in the log all the same.
    if (code === errorCodes.DUPLICATE_SEQUENCE_NUMBER.code) return { baseOffset: -1 }
    return { error: refusal(code, `records for ${topic}-${partition}`, found?.errorMessage) }
  })
}
