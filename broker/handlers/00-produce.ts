import { type ProduceRequest, type ProduceResponseInput, produce } from '#core/wire/api/00-produce.ts'
import { batchAttributes, batchLayout, readInt64 } from '#core/records/layout.ts'
import { type ErrorName, ProtocolError, errorCodes } from '#core/wire/errors.ts'

import type { ProducerIdentity } from '../coordinator/transaction/known-id.ts'
import type { Node } from '../node.ts'
import type { Partition } from '../replication/partition.ts'
import { topicMeant } from './authorization.ts'
import { type Call, type Client, serve } from './handler.ts'
import { type TransactionSupport, ensureOpen } from './open-transaction.ts'
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

const isTransactional = (records: Buffer): boolean =>
  (records.readInt16BE(batchLayout.attributes) & batchAttributes.transactional) !== 0

const producerOf = (records: Buffer): ProducerIdentity => ({
  producerId: readInt64(records, batchLayout.producerId),
  producerEpoch: records.readInt16BE(batchLayout.producerEpoch),
})

/** What clients know to try again, of errors that are about the coordinator. */
function forVersion(problem: ErrorName, support: TransactionSupport): ErrorName {
  switch (problem) {
    case 'CONCURRENT_TRANSACTIONS':
      return support === 'adds' ? problem : 'NOT_ENOUGH_REPLICAS'
    case 'COORDINATOR_LOAD_IN_PROGRESS':
    case 'COORDINATOR_NOT_AVAILABLE':
    case 'NOT_COORDINATOR':
      return 'NOT_ENOUGH_REPLICAS'
    default:
      return problem
  }
}

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
  /** Why partitions may not be written to inside of the transaction. */
  readonly #refused = new Map<Partition, ErrorName>()

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
    const asked = transactionalId === null ? [] : this.#ensureOpen(transactionalId)
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

  /** Notes what is refused at once, and gives what has to be waited for. */
  #ensureOpen(transactionalId: string): Promise<void>[] {
    const { apiVersion } = this.#call
    const support = apiVersion >= 12 ? 'adds' : apiVersion === 11 ? 'abortable' : 'old'
    const asked: Promise<void>[] = []
    for (const topic of this.#request.topicData) {
      for (const data of topic.partitionData) {
        const { records } = data
        if (records === null || records.length < 61 || !isTransactional(records)) continue
        const partition = this.#find(topic, data.index)
        if (partition === undefined) continue
        const problem = ensureOpen(this.#node, partition, { transactionalId, ...producerOf(records) }, support)
        const note = (found: ErrorName): void => {
          if (found !== 'NONE') this.#refused.set(partition, forVersion(found, support))
        }
        if (typeof problem === 'string') note(problem)
        else asked.push(problem.then(note))
      }
    }
    return asked
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
    const result = partition.append(records!, 'client', this.#call.apiVersion >= 12 ? 2 : 0)
    this.#node.metrics.values.broker_produced_bytes_total += records!.length
    response.baseOffset = result.baseOffset
    response.logAppendTimeMs = result.logAppendTime
    response.logStartOffset = partition.log.logStartOffset
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
    const { acks, transactionalId } = this.#request
    if (acks !== 0 && acks !== 1 && acks !== -1) throw new ProtocolError('INVALID_REQUIRED_ACKS')
    if (internalTopics.has(partition.topic) && this.#call.clientId !== adminClientId) {
      throw new ProtocolError('INVALID_TOPIC_EXCEPTION', `topic "${partition.topic}" is internal`)
    }
    if (records === null || records.length < 61) throw new ProtocolError('INVALID_RECORD', 'a record batch is missing')
    if (transactionalId === null && isTransactional(records))
      throw new ProtocolError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'a transactional batch needs a transactional id')
    const refused = this.#refused.get(partition)
    if (refused !== undefined) throw new ProtocolError(refused)
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
