import { batches } from '#core/records/batch.ts'
import { type FetchRequest, type FetchResponseInput, fetch } from '#core/wire/api/01-fetch.ts'
import { ProtocolError, errorCodes } from '#core/wire/errors.ts'

import { isDamage } from '../log/errors.ts'
import type { LogRead, PartitionLog } from '../log/partition-log.ts'
import type { Node } from '../node.ts'
import type { Meters } from '../operations/meters.ts'
import type { FetchExchange } from '../replication/fetch-session.ts'
import { ParkedFetch } from '../replication/parked-fetch.ts'
import type { Partition } from '../replication/partition.ts'
import { mayOnCluster, topicMeant } from './authorization.ts'
import { codeOf } from './failure.ts'
import { type Call, serve } from './handler.ts'

type TopicRequest = FetchRequest['topics'][number]
type PartitionRequest = TopicRequest['partitions'][number]
type TopicResponse = FetchResponseInput['responses'][number]
type Answer = TopicResponse['partitions'][number]
type PartitionResponse = { -readonly [K in keyof Answer]: Answer[K] }

/** What is told of a partition from which nothing is read. */
const failed = (partitionIndex: number, errorCode: number): PartitionResponse => ({
  partitionIndex,
  errorCode,
  highWatermark: -1,
  abortedTransactions: null,
  records: noRecords,
})

/**
 * Reads stored batches. Waits until `minBytes` are there or `maxWaitMs` are over; answers at once on any error.
 * Versions 4-18. Kept: the first batch is given whole even when it is larger than every limit (KIP-74), partitions are
 * filled in the order asked for, names until 12 and topic ids from 13, fencing by leader epoch, diverging epochs.
 * read_committed stops at the last stable offset and waits for it; the answer names the aborted transactions in it.
 * Sessions (KIP-227): a client that wants one sends only what changes and is told only what is new.
 * Left out: followers.
 */
export const fetchHandler = serve(fetch, {
  versions: '4-18',
  borrows: true,
  handle: (node, request, call) => new FetchCall(node, request, call).run(),
  // Old versions have room for an error with each partition only, and all that have names tell it there.
  refuse: ({ topics }, errorCode, { apiVersion }) => ({
    throttleTimeMs: 0,
    ...(apiVersion >= 7 && { errorCode }),
    responses: (apiVersion < 13 ? topics : []).map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => failed(partition, errorCode)),
    })),
  }),
})

class FetchCall {
  readonly #node: Node
  readonly #request: FetchRequest
  readonly #call: Call<FetchResponseInput>
  #budget = 0
  #bytes = 0
  #settled = false
  readonly #committedOnly: boolean
  readonly #exchange: FetchExchange
  /** When a fetch that waits is to be answered at the latest, on the monotonic clock. */
  #deadlineMs = 0
  /** Disk reads under way. */
  #reading: Promise<unknown>[] | undefined
  #partitions: Partition[] = []
  /** Buffers that the answer is made of. */
  readonly #taken: Buffer[] = []

  constructor(node: Node, request: FetchRequest, call: Call<FetchResponseInput>) {
    this.#node = node
    this.#request = request
    this.#call = call
    this.#committedOnly = request.isolationLevel === readCommitted
    this.#exchange = node.fetchSessions.exchange(request, call.apiVersion >= 13)
  }

  run(): FetchResponseInput | undefined {
    const { maxWaitMs } = this.#request
    const { errorCode } = this.#exchange
    if (errorCode !== 0) return { throttleTimeMs: 0, errorCode, responses: [] }
    this.#deadlineMs = this.#node.clock.monotonic() + maxWaitMs
    const response = this.#read()
    if (this.#reading !== undefined) {
      this.#answerAfterReading(response)
      return undefined
    }
    if (this.#settled || maxWaitMs <= 0 || this.#bytes >= this.#enough) return this.#done(response)
    this.#park(maxWaitMs)
    return undefined
  }

  #park(maxWaitMs: number): void {
    const parked = new ParkedFetch(
      this.#node.timers,
      this.#partitions,
      { missingBytes: this.#enough - this.#bytes, maxWaitMs, committed: this.#committedOnly },
      () => this.#again(),
    )
    this.#call.abandoned = () => parked.cancel()
  }

  /** Reads anew after waiting, and answers with whatever is there now. */
  #again(): void {
    this.#giveBack(true)
    const response = this.#read()
    const leftMs = this.#deadlineMs - this.#node.clock.monotonic()
    if (this.#reading !== undefined) this.#answerAfterReading(response)
    // How much of what was appended is committed is only known by reading.
    else if (this.#committedOnly && !this.#settled && leftMs >= 1 && this.#bytes < this.#enough) this.#park(leftMs)
    else this.#call.respond(this.#done(response))
  }

  #answerAfterReading(response: FetchResponseInput): void {
    Promise.all(this.#reading!).then(
      () => this.#call.respond(this.#done(response)),
      (error: Error) => {
        this.#node.log('error', 'fetch failed', { error: error.stack })
        this.#call.client.close(`fetch failed: ${error.message}`)
      },
    )
  }

  /** Bytes that are worth an answer before the time is over. */
  get #enough(): number {
    return Math.min(this.#request.minBytes, this.#quotaBytes())
  }

  /** The most that the client's quota lets it fetch at a time. */
  #quotaBytes(): number {
    const { fetch: quota } = this.#node.quotas
    if (!quota.active) return Number.POSITIVE_INFINITY
    return quota.mostAtOnce(this.#call.client.principal.name, this.#call.clientId ?? '')
  }

  /** Over the quota the answer is empty, and what was read does not count: it is read again after the pause. */
  #done(response: FetchResponseInput): FetchResponseInput {
    const { fetch: quota } = this.#node.quotas
    if (quota.active && this.#bytes > 0) {
      const pauseMs = quota.admit(this.#call.client.principal.name, this.#call.clientId ?? '', this.#bytes)
      if (pauseMs > 0) {
        this.#call.pause(pauseMs)
        this.#giveBack(true)
        return this.#exchange.answer({ throttleTimeMs: pauseMs, responses: [] })
      }
    }
    this.#node.metrics.values.broker_fetched_bytes_total += this.#bytes
    if (this.#node.meters !== undefined) this.#measure(this.#node.meters, response)
    return this.#exchange.answer(response)
  }

  #measure(meters: Meters, { responses }: FetchResponseInput): void {
    for (const { topic, topicId, partitions } of responses) {
      const name = topicMeant(this.#node, { name: topic, topicId })
      // Names that clients make up would add up.
      if (name === undefined || !this.#node.controller.image.topics.has(name)) continue
      const traffic = meters.topic(name)
      for (const { errorCode, records } of partitions) {
        traffic.fetchRequests++
        if (errorCode !== 0) traffic.failedFetchRequests++
        else for (const chunk of records as Iterable<Buffer>) traffic.bytesOut += chunk.length
      }
    }
  }

  #read(): FetchResponseInput {
    const scarce = this.#node.buffers.lentBytes > plentyBytes
    this.#budget = Math.min(this.#request.maxBytes, scarce ? scarceBytes : this.#node.config['fetch.max.bytes'])
    this.#budget = Math.min(this.#budget, this.#quotaBytes())
    this.#bytes = 0
    this.#settled = this.#exchange.topics.length === 0
    this.#reading = undefined
    this.#partitions = []
    const responses: TopicResponse[] = []
    for (const topic of this.#exchange.topics) {
      const partitions: PartitionResponse[] = []
      const mayRead = this.#mayRead(topic)
      for (const each of topic.partitions) {
        partitions.push(mayRead ? this.#readPartition(topic, each) : this.#refuse(each))
      }
      responses.push({ topic: topic.topic, topicId: topic.topicId, partitions })
    }
    return { throttleTimeMs: 0, responses }
  }

  /** Followers need the right to act for the cluster, everybody else the right to read the topic. */
  #mayRead({ topic, topicId }: TopicRequest): boolean {
    const { authorizer } = this.#node
    if (!authorizer.enabled) return true
    const { client, apiVersion } = this.#call
    const replicaId = apiVersion >= 15 ? this.#request.replicaState.replicaId : this.#request.replicaId
    if (replicaId >= 0) return mayOnCluster(this.#node, client, 'CLUSTER_ACTION')
    const name = topicMeant(this.#node, { name: topic, topicId })
    return name === undefined || authorizer.allows(client, 'READ', 'TOPIC', name)
  }

  #refuse({ partition }: PartitionRequest): PartitionResponse {
    this.#settled = true
    return failed(partition, errorCodes.TOPIC_AUTHORIZATION_FAILED.code)
  }

  #readPartition(topic: TopicRequest, asked: PartitionRequest): PartitionResponse {
    const response: PartitionResponse = {
      partitionIndex: asked.partition,
      errorCode: 0,
      highWatermark: -1,
      abortedTransactions: null,
      records: noRecords,
    }
    try {
      const partition = this.#partition(topic, asked)
      response.highWatermark = partition.highWatermark
      response.lastStableOffset = partition.log.lastStableOffset
      response.logStartOffset = partition.log.logStartOffset
      if (asked.lastFetchedEpoch >= 0 && this.#diverges(partition, asked, response)) return response
      this.#readLog(partition, asked, response)
      this.#partitions.push(partition)
    } catch (error) {
      this.#fail(response, error)
    }
    return response
  }

  #fail(response: PartitionResponse, error: unknown): void {
    this.#settled = true
    Object.assign(response, unknownOffsets)
    response.errorCode = codeOf(this.#node, 'Fetch', error)
  }

  #partition(topic: TopicRequest, asked: PartitionRequest): Partition {
    const { partitions } = this.#node
    const byId = this.#call.apiVersion >= 13
    const partition = byId
      ? partitions.getById(topic.topicId, asked.partition)
      : partitions.get(topic.topic, asked.partition)
    if (partition === undefined) {
      throw new ProtocolError(
        byId && !partitions.hasId(topic.topicId) ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION',
      )
    }
    checkLeaderEpoch(partition, asked.currentLeaderEpoch)
    return partition
  }

  /** KIP-320: a reader whose last record is of an epoch that ended earlier here is told where that was. */
  #diverges(partition: Partition, asked: PartitionRequest, response: PartitionResponse): boolean {
    const { epoch, endOffset } = partition.log.endOffsetForEpoch(asked.lastFetchedEpoch)
    if (epoch < 0 || (epoch === asked.lastFetchedEpoch && endOffset >= asked.fetchOffset)) return false
    response.divergingEpoch = { epoch, endOffset }
    this.#settled = true
    return true
  }

  #readLog(partition: Partition, asked: PartitionRequest, response: PartitionResponse): void {
    const { log } = partition
    const { fetchOffset } = asked
    const upTo = this.#committedOnly ? log.lastStableOffset : log.highWatermark
    if (this.#committedOnly) response.abortedTransactions = []
    if (fetchOffset < log.logStartOffset || fetchOffset > log.logEndOffset)
      throw new ProtocolError('OFFSET_OUT_OF_RANGE')
    if (fetchOffset >= upTo) return
    const first = this.#bytes === 0 && this.#reading === undefined
    const maxBytes = Math.min(asked.partitionMaxBytes, this.#budget)
    if (maxBytes <= 0 && !first) return
    const read = log.read(fetchOffset, maxBytes, { upTo, atLeastOneBatch: first, memory: this })
    if (!(read instanceof Promise)) {
      this.#put(read, response)
      if (this.#committedOnly) this.#tellAborted(log, fetchOffset, upTo, read, response)
      return
    }
    // What a disk read will bring is not known yet: take it for its limit, so that the whole stays within bounds.
    this.#budget -= maxBytes
    this.#reading ??= []
    this.#reading.push(
      read.then(
        (result) => {
          this.#bytes += result.sizeInBytes
          response.records = result.chunks
          if (this.#committedOnly) this.#tellAborted(log, fetchOffset, upTo, result, response)
        },
        (error: unknown) => {
          if (!isDamage(error)) throw error
          this.#fail(response, error)
        },
      ),
    )
  }

  /** The reader leaves out what was aborted: it is told which producers' records those are, and from where on. */
  #tellAborted(log: PartitionLog, from: number, upTo: number, read: LogRead, response: PartitionResponse): void {
    const aborted = log.abortedTransactions(from, upTo)
    if (aborted.length === 0) return
    const end = endOf(read)
    response.abortedTransactions = aborted
      .filter(({ firstOffset }) => firstOffset < end)
      .map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
  }

  /** Memory for the log to put what it reads; it is given back when the answer has gone out. */
  take(size: number): Buffer {
    this.#call.sent ??= (intact) => this.#giveBack(intact)
    const buffer = this.#node.buffers.take(size)
    this.#taken.push(buffer)
    return buffer
  }

  #giveBack(intact: boolean): void {
    const { buffers } = this.#node
    for (const buffer of this.#taken) {
      if (intact) buffers.give(buffer)
      else buffers.forget(buffer)
    }
    this.#taken.length = 0
  }

  #put(read: LogRead, response: PartitionResponse): void {
    this.#bytes += read.sizeInBytes
    this.#budget -= read.sizeInBytes
    response.records = read.chunks
  }
}

const noRecords: readonly Buffer[] = []
const readCommitted = 1
/** What an error leaves of an answer. */
const unknownOffsets = { highWatermark: -1, lastStableOffset: -1, logStartOffset: -1, abortedTransactions: null }

/** The offset after the last batch that was read. */
function endOf(read: LogRead): number {
  let end = 0
  for (const chunk of read.chunks) for (const batch of batches(chunk)) end = batch.lastOffset + 1
  return end
}
/** While clients have not taken this much of what was read for them, each further answer gets little. */
const plentyBytes = 268_435_456
const scarceBytes = 65_536

/** Clients and brokers must mean the same leader. Throws FENCED_LEADER_EPOCH or UNKNOWN_LEADER_EPOCH. */
export function checkLeaderEpoch(partition: Partition, epoch: number): void {
  if (epoch < 0 || epoch === partition.leaderEpoch) return
  throw new ProtocolError(epoch < partition.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH')
}
