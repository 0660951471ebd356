import { type ProduceRequest, type ProduceResponseInput, produce } from '#core/wire/api/00-produce.ts'
import { type ErrorName, ProtocolError, errorCodes } from '#core/wire/errors.ts'

import type { Node } from '../node.ts'
import type { Partition } from '../replication/partition.ts'
import { topicMeant } from './authorization.ts'
import { type Call, type Client, serve } from './handler.ts'
import { internalTopics } from './topic-creation.ts'
import { TransactionalProduce, isTransactional } from './transactional-produce.ts'

type TopicData = ProduceRequest['topicData'][number]
type TopicResponse = ProduceResponseInput['responses'][number]
type Answer = TopicResponse['partitionResponses'][number]
type PartitionResponse = { -readonly [K in keyof Answer]: Answer[K] }

/**
 * Appends record batches. Batches are stored as they came: only offsets, the leader epoch and, with LogAppendTime, the
 * time are set.
 * Versions 3-13, shown from 0: librdkafka takes a range that includes 0 as a sign that compression is understood.
 * Kept: acks 0 gets no answer and a closed connection on errors; names until 12, topic ids from 13; zstd only from 7.
 * A transactional batch needs its partition in an open transaction: looked up in the log, then asked of the coordinator, or
 * from 12 on added there. While that is under way, later requests of the connection wait behind.
 */
export const produceHandler = serve(produce, {
  versions: '3-13',
  advertisedFrom: 0,
  pipelined: true,
  borrows: true,
  requires: ({ transactionalId }) =>
    transactionalId === null ? undefined : ['WRITE', 'TRANSACTIONAL_ID', transactionalId],
  handle: (node, request, call) => {
    countProduced(node, call)
    const produce = new ProduceCall(node, request, call)
    const before = waiting.get(call.client)
    if (request.transactionalId === null && before === undefined) return produce.run()
    return produce.runInTransaction(request.transactionalId, before)
  },
  refuse: (request, errorCode) => ({
    responses: request.topicData.map((topic) => ({
      name: topic.name,
      topicId: topic.topicId,
      partitionResponses: topic.partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1 })),
    })),
  }),
})

/** What a client sends counts for its quota, whatever becomes of it. */
function countProduced({ quotas: { produce: quota } }: Node, call: Call<ProduceResponseInput>): void {
  if (!quota.active) return
  call.pause(quota.record(call.client.principal.name, call.clientId ?? '', call.requestBytes))
}

/** The name under which Kafka's admin tools may write to internal topics. */
const adminClientId = '__admin_client'

/** Errors with which Kafka does not tell where the log starts. */
const beforeTheLog: ReadonlySet<ErrorName> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'CORRUPT_MESSAGE',
  'KAFKA_STORAGE_ERROR',
])

/** The request with batches of its own: the memory that it came in is used again. */
const kept = (request: ProduceRequest): ProduceRequest => ({
  ...request,
  topicData: request.topicData.map((topic) => ({
    ...topic,
    partitionData: topic.partitionData.map((data) => ({ ...data, records: data.records && Buffer.from(data.records) })),
  })),
})

/** The last request of a connection that waits for the coordinator of its transaction. */
const waiting = new WeakMap<Client, Promise<void>>()

class ProduceCall {
  readonly #node: Node
  #request: ProduceRequest
  readonly #call: Call<ProduceResponseInput>
  /** Partitions whose data is not on the disk yet, where it has to be before the answer. */
  #syncing = 0
  #failed = false
  #response: ProduceResponseInput | undefined
  #transaction: TransactionalProduce | undefined

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

  /** Appends once all partitions are known to be in the transaction, and `before` is done. */
  runInTransaction(
    transactionalId: string | null,
    before: Promise<void> | undefined,
  ): ProduceResponseInput | undefined {
    const { apiVersion } = this.#call
    if (transactionalId !== null) this.#transaction = new TransactionalProduce(this.#node, transactionalId, apiVersion)
    const asked = this.#transaction?.ensureOpen(this.#request, (topic, index) => this.#find(topic, index)) ?? []
    if (asked.length === 0 && before === undefined) return this.run()
    this.#request = kept(this.#request)
    const { client } = this.#call
    const done = Promise.all([...asked, before])
      .then(() => {
        const response = this.run()
        if (response !== undefined) this.#call.respond(response)
      })
      .catch((error: Error) => {
        this.#node.log('error', 'produce failed', { error: error.stack })
        client.close(`produce failed: ${error.message}`)
      })
      .finally(() => {
        if (waiting.get(client) === done) waiting.delete(client)
      })
    waiting.set(client, done)
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
        this.#countFailure(topic, records)
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
    const inTransaction = this.#transactionOf(partition, records!)
    response.logStartOffset = partition.log.logStartOffset
    inTransaction?.checkOrder(partition, records!)
    const result = partition.append(records!, 'client', this.#call.apiVersion >= 12 ? 2 : 0)
    this.#node.metrics.values.broker_produced_bytes_total += records!.length
    const traffic = this.#node.meters?.topic(partition.topic)
    if (traffic !== undefined) {
      traffic.produceRequests++
      traffic.bytesIn += records!.length
      if (!result.duplicate) traffic.messagesIn += result.lastOffset - result.baseOffset + 1
    }
    response.baseOffset = result.baseOffset
    response.logAppendTimeMs = result.logAppendTime
    const end = result.lastOffset + 1
    if (partition.log.durableEndOffset < end && this.#request.acks !== 0) this.#awaitDurable(partition, end, response)
  }

  #find(topic: TopicData, index: number): Partition | undefined {
    const { partitions } = this.#node
    return this.#call.apiVersion >= 13 ? partitions.getById(topic.topicId, index) : partitions.get(topic.name, index)
  }

  #partition(topic: TopicData, index: number): Partition {
    const partition = this.#find(topic, index)
    if (partition !== undefined) return partition
    const isUnknownId = this.#call.apiVersion >= 13 && !this.#node.partitions.hasId(topic.topicId)
    throw new ProtocolError(isUnknownId ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
  }

  #check(partition: Partition, records: Buffer | null): void {
    const { acks } = this.#request
    if (acks !== 0 && acks !== 1 && acks !== -1) throw new ProtocolError('INVALID_REQUIRED_ACKS')
    if (internalTopics.has(partition.topic) && this.#call.clientId !== adminClientId) {
      throw new ProtocolError('INVALID_TOPIC_EXCEPTION', `topic "${partition.topic}" is internal`)
    }
    if (records === null || records.length < 61) throw new ProtocolError('INVALID_RECORD', 'a record batch is missing')
    if (this.#call.apiVersion < 7 && (records[22]! & 7) === 4) throw new ProtocolError('UNSUPPORTED_COMPRESSION_TYPE')
    if (acks === -1 && partition.log.config['min.insync.replicas'] > 1) throw new ProtocolError('NOT_ENOUGH_REPLICAS')
  }

  #transactionOf(partition: Partition, records: Buffer): TransactionalProduce | undefined {
    if (!isTransactional(records)) return undefined
    if (this.#transaction === undefined) throw new ProtocolError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    this.#transaction.checkOpen(partition)
    return this.#transaction
  }

  #awaitDurable(partition: Partition, endOffset: number, response: PartitionResponse): void {
    this.#syncing++
    partition.log.whenDurable(endOffset, (error) => {
      if (error !== undefined) response.errorCode = errorCodes.KAFKA_STORAGE_ERROR.code
      if (--this.#syncing === 0 && this.#response !== undefined) this.#call.respond(this.#response)
    })
  }

  #countFailure(topic: TopicData, records: Buffer | null): void {
    const { meters, controller } = this.#node
    const name = meters && topicMeant(this.#node, topic)
    // Names that clients make up would add up.
    if (name === undefined || !controller.image.topics.has(name)) return
    const traffic = meters!.topic(name)
    traffic.produceRequests++
    traffic.failedProduceRequests++
    traffic.bytesRejected += records?.length ?? 0
  }

  #fail(error: unknown, topic: TopicData, response: PartitionResponse): void {
    this.#failed = true
    if (error instanceof ProtocolError) {
      response.errorCode = error.errorCode
      response.errorMessage = error.message
      if (beforeTheLog.has(error.code)) response.logStartOffset = -1
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
