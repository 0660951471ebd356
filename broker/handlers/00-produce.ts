import { type ProduceRequest, type ProduceResponseInput, produce } from '#core/wire/api/00-produce.ts'
import { ProtocolError, errorCodes } from '#core/wire/errors.ts'

import type { Node } from '../node.ts'
import type { Partition } from '../replication/partition.ts'
import { topicMeant } from './authorization.ts'
import { type Call, serve } from './handler.ts'
import { internalTopics } from './topic-creation.ts'

type TopicData = ProduceRequest['topicData'][number]
type TopicResponse = ProduceResponseInput['responses'][number]
type Answer = TopicResponse['partitionResponses'][number]
type PartitionResponse = { -readonly [K in keyof Answer]: Answer[K] }

/**
 * Appends record batches. Batches are stored as they came: only offsets, the leader epoch and, with LogAppendTime, the
 * time are set.
 * Versions 3-13, shown from 0: librdkafka takes a range that includes 0 as a sign that compression is understood.
 * Kept: acks 0 gets no answer and a closed connection on errors; names until 12, topic ids from 13; zstd only from 7.
 * Left out: transactions.
 */
export const produceHandler = serve(produce, {
  versions: '3-13',
  advertisedFrom: 0,
  pipelined: true,
  borrows: true,
  requires: ({ transactionalId }) =>
    transactionalId === null ? undefined : ['WRITE', 'TRANSACTIONAL_ID', transactionalId],
  handle: (node, request, call) => new ProduceCall(node, request, call).run(),
  refuse: (request, errorCode) => ({
    responses: request.topicData.map((topic) => ({
      name: topic.name,
      topicId: topic.topicId,
      partitionResponses: topic.partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1 })),
    })),
  }),
})

/** The name under which Kafka's admin tools may write to internal topics. */
const adminClientId = '__admin_client'

class ProduceCall {
  readonly #node: Node
  readonly #request: ProduceRequest
  readonly #call: Call<ProduceResponseInput>
  /** Partitions whose data is not on the disk yet, where it has to be before the answer. */
  #syncing = 0
  #failed = false
  #response: ProduceResponseInput | undefined

  constructor(node: Node, request: ProduceRequest, call: Call<ProduceResponseInput>) {
    this.#node = node
    this.#request = request
    this.#call = call
  }

  run(): ProduceResponseInput | undefined {
    const responses: TopicResponse[] = []
    for (const topic of this.#request.topicData) responses.push(this.#topic(topic))
    const response = { responses }
    if (this.#request.acks === 0) {
      if (this.#failed) this.#call.client.close('a produce request with acks 0 failed')
      this.#call.respondNothing()
      return undefined
    }
    if (this.#syncing === 0) return response
    this.#response = response
    return undefined
  }

  #topic(topic: TopicData): TopicResponse {
    const partitionResponses: PartitionResponse[] = []
    const mayWrite = this.#mayWrite(topic)
    for (const { index, records } of topic.partitionData) {
      const response: PartitionResponse = { index, errorCode: 0, baseOffset: -1 }
      try {
        if (!mayWrite) throw new ProtocolError('TOPIC_AUTHORIZATION_FAILED')
        this.#append(topic, index, records, response)
      } catch (error) {
        this.#fail(error, topic, response)
      }
      partitionResponses.push(response)
    }
    return { name: topic.name, topicId: topic.topicId, partitionResponses }
  }

  #mayWrite(topic: TopicData): boolean {
    const { authorizer } = this.#node
    if (!authorizer.enabled) return true
    const name = topicMeant(this.#node, topic)
    return name === undefined || authorizer.allows(this.#call.client, 'WRITE', 'TOPIC', name)
  }

  #append(topic: TopicData, index: number, records: Buffer | null, response: PartitionResponse): void {
    const partition = this.#partition(topic, index)
    this.#check(partition, records)
    const result = partition.append(records!, 'client')
    this.#node.metrics.values.broker_produced_bytes_total += records!.length
    response.baseOffset = result.baseOffset
    response.logAppendTimeMs = result.logAppendTime
    response.logStartOffset = partition.log.logStartOffset
    const end = result.lastOffset + 1
    if (partition.log.durableEndOffset < end && this.#request.acks !== 0) this.#awaitDurable(partition, end, response)
  }

  #partition(topic: TopicData, index: number): Partition {
    const { partitions } = this.#node
    if (this.#call.apiVersion >= 13) {
      const partition = partitions.getById(topic.topicId, index)
      if (partition !== undefined) return partition
      throw new ProtocolError(partitions.hasId(topic.topicId) ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'UNKNOWN_TOPIC_ID')
    }
    const partition = partitions.get(topic.name, index)
    if (partition === undefined) throw new ProtocolError('UNKNOWN_TOPIC_OR_PARTITION')
    return partition
  }

  #check(partition: Partition, records: Buffer | null): void {
    const { acks, transactionalId } = this.#request
    if (acks !== 0 && acks !== 1 && acks !== -1) throw new ProtocolError('INVALID_REQUIRED_ACKS')
    if (transactionalId !== null) throw new ProtocolError('INVALID_TXN_STATE', 'transactions are not supported yet')
    if (internalTopics.has(partition.topic) && this.#call.clientId !== adminClientId) {
      throw new ProtocolError('INVALID_TOPIC_EXCEPTION', `topic "${partition.topic}" is internal`)
    }
    if (records === null || records.length < 61) throw new ProtocolError('INVALID_RECORD', 'a record batch is missing')
    if (this.#call.apiVersion < 7 && (records[22]! & 7) === 4) throw new ProtocolError('UNSUPPORTED_COMPRESSION_TYPE')
    if (acks === -1 && partition.log.config['min.insync.replicas'] > 1) throw new ProtocolError('NOT_ENOUGH_REPLICAS')
  }

  #awaitDurable(partition: Partition, endOffset: number, response: PartitionResponse): void {
    this.#syncing++
    partition.log.whenDurable(endOffset, (error) => {
      if (error !== undefined) response.errorCode = errorCodes.KAFKA_STORAGE_ERROR.code
      if (--this.#syncing === 0 && this.#response !== undefined) this.#call.respond(this.#response)
    })
  }

  #fail(error: unknown, topic: TopicData, response: PartitionResponse): void {
    this.#failed = true
    if (error instanceof ProtocolError) {
      response.errorCode = error.errorCode
      response.errorMessage = error.message
      return
    }
    response.errorCode = errorCodes.UNKNOWN_SERVER_ERROR.code
    const { stack } = error as Error
    this.#node.log('error', 'produce failed', {
      topic: topic.name || topic.topicId,
      partition: response.index,
      error: stack,
    })
  }
}
