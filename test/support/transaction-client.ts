import { setTimeout as pause } from 'node:timers/promises'

import { BatchBuilder } from '#core/records/batch-builder.ts'
import { batches } from '#core/records/batch.ts'
import { produce } from '#core/wire/api/00-produce.ts'
import { fetch } from '#core/wire/api/01-fetch.ts'
import { findCoordinator } from '#core/wire/api/10-find-coordinator.ts'
import { initProducerId } from '#core/wire/api/22-init-producer-id.ts'
import { addPartitionsToTxn } from '#core/wire/api/24-add-partitions-to-txn.ts'
import { endTxn } from '#core/wire/api/26-end-txn.ts'
import { errorCodes, errorName } from '#core/wire/errors.ts'
import type { Api, Decoded, Encodable, Fields } from '#core/wire/schema.ts'
import type { Seen, Stretch } from './transaction-history.ts'
import { WireClient } from './wire-client.ts'

/** The transaction cannot go on: somebody fenced it, or the coordinator forgot it. */
export class TransactionLost extends Error {}

/** A connection that comes back when the broker does; a request is sent again until it is answered. */
export class Persistent {
  readonly #bootstrap: string
  #client: WireClient | undefined

  constructor(bootstrap: string) {
    this.#bootstrap = bootstrap
  }

  /** Sends again until there is an answer, which the broker may do twice; throws the last fault after a minute. */
  async call<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    version: number,
    body: Encodable<Api<Q, R>['request']>,
  ): Promise<Decoded<Api<Q, R>['response']>> {
    for (const giveUp = Date.now() + 60_000; ;) {
      try {
        this.#client ??= await WireClient.connect(this.#bootstrap)
        return await this.#client.call(api, version, body)
      } catch (error) {
        this.close()
        if (Date.now() > giveUp) throw error
        await pause(20)
      }
    }
  }

  close(): void {
    this.#client?.close()
    this.#client = undefined
  }
}

/** Errors after which the same request may be sent again. */
const passing: ReadonlySet<number> = new Set(
  (
    [
      'CONCURRENT_TRANSACTIONS',
      'COORDINATOR_LOAD_IN_PROGRESS',
      'COORDINATOR_NOT_AVAILABLE',
      'NOT_COORDINATOR',
      'NOT_LEADER_OR_FOLLOWER',
      'LEADER_NOT_AVAILABLE',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'NOT_ENOUGH_REPLICAS',
    ] as const
  ).map((name) => errorCodes[name].code),
)

/** A transactional producer on the wire, in the manner of transactions v1 or v2; it retries as Kafka's own do. */
export class TransactionalProducer {
  readonly transactionalId: string
  readonly #version: 1 | 2
  readonly #link: Persistent
  #producerId = -1
  #epoch = -1
  readonly #sequences = new Map<string, number>()
  readonly #added = new Set<string>()

  constructor(bootstrap: string, transactionalId: string, version: 1 | 2) {
    this.#link = new Persistent(bootstrap)
    this.transactionalId = transactionalId
    this.#version = version
  }

  /** Fences who had the id before and ends what was open. */
  async init(): Promise<void> {
    // Asking for the coordinator is what makes the broker create the topic of transactions.
    await this.#retrying(() => this.#link.call(findCoordinator, 2, { key: this.transactionalId, keyType: 1 }))
    const answer = await this.#retrying(() =>
      this.#link.call(initProducerId, this.#version === 2 ? 5 : 4, {
        transactionalId: this.transactionalId,
        transactionTimeoutMs: 60_000,
        producerId: -1,
        producerEpoch: -1,
      }),
    )
    this.#identity(answer.producerId, answer.producerEpoch)
  }

  /** Stores one record; returns when the leader has it. */
  async write(topic: string, partition: number, value: string): Promise<void> {
    const place = `${topic}-${partition}`
    if (this.#version === 1 && !this.#added.has(place)) await this.#add(topic, partition)
    const baseSequence = this.#sequences.get(place) ?? 0
    const identity = { producerId: this.#producerId, producerEpoch: this.#epoch }
    const builder = new BatchBuilder({ ...identity, baseSequence, isTransactional: true })
    builder.append(Date.now(), null, Buffer.from(value))
    const records = builder.build()
    await this.#retrying(async () => {
      const { responses } = await this.#link.call(produce, this.#version === 2 ? 12 : 11, {
        transactionalId: this.transactionalId,
        acks: -1,
        timeoutMs: 5000,
        topicData: [{ name: topic, partitionData: [{ index: partition, records: Buffer.from(records) }] }],
      })
      return responses[0]!.partitionResponses[0]!
    })
    this.#sequences.set(place, baseSequence + 1)
  }

  /** Ends the transaction; throws TransactionLost when nobody can tell how it ended. */
  async end(committed: boolean): Promise<void> {
    const answer = await this.#retrying(() =>
      this.#link.call(endTxn, this.#version === 2 ? 5 : 4, {
        transactionalId: this.transactionalId,
        producerId: this.#producerId,
        producerEpoch: this.#epoch,
        committed,
      }),
    )
    this.#added.clear()
    if (this.#version === 2) this.#identity(answer.producerId, answer.producerEpoch)
  }

  close(): void {
    this.#link.close()
  }

  async #add(topic: string, partition: number): Promise<void> {
    await this.#retrying(async () => {
      const answer = await this.#link.call(addPartitionsToTxn, 3, {
        v3AndBelowTransactionalId: this.transactionalId,
        v3AndBelowProducerId: this.#producerId,
        v3AndBelowProducerEpoch: this.#epoch,
        v3AndBelowTopics: [{ name: topic, partitions: [partition] }],
      })
      const [result] = answer.resultsByTopicV3AndBelow[0]!.resultsByPartition
      return { errorCode: result!.partitionErrorCode }
    })
    this.#added.add(`${topic}-${partition}`)
  }

  #identity(producerId: number, epoch: number): void {
    this.#producerId = producerId
    this.#epoch = epoch
    this.#sequences.clear()
    this.#added.clear()
  }

  async #retrying<T extends { readonly errorCode: number }>(attempt: () => Promise<T>): Promise<T> {
    for (const giveUp = Date.now() + 120_000; ;) {
      const answer = await attempt()
      if (answer.errorCode === 0) return answer
      const name = errorName(answer.errorCode)
      if (!passing.has(answer.errorCode)) throw new TransactionLost(name)
      if (Date.now() > giveUp) throw new Error(`${this.transactionalId} hears nothing but ${name}`)
      await pause(10)
    }
  }
}

/** Reads committed records of one partition, a stretch at a time. */
export class CommittedReader {
  readonly #link: Persistent
  readonly #topic: string
  readonly partition: number
  #position = 0

  constructor(bootstrap: string, topic: string, partition: number) {
    this.#link = new Persistent(bootstrap)
    this.#topic = topic
    this.partition = partition
  }

  /** What is committed from where the last stretch ended; empty when there is nothing new. */
  async next(): Promise<Stretch & { readonly highWatermark: number; readonly lastStableOffset: number }> {
    const from = this.#position
    const { responses } = await this.#link.call(fetch, 12, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1 << 20,
      isolationLevel: 1,
      topics: [
        {
          topic: this.#topic,
          partitions: [{ partition: this.partition, fetchOffset: from, partitionMaxBytes: 1 << 20 }],
        },
      ],
      forgottenTopicsData: [],
    })
    const answer = responses[0]!.partitions[0]!
    const partition = `${this.#topic}-${this.partition}`
    const { highWatermark, lastStableOffset } = answer
    const nothing = { partition, from, upTo: from, seen: [], highWatermark, lastStableOffset }
    if (answer.errorCode !== 0) {
      if (passing.has(answer.errorCode)) return nothing
      throw new Error(`fetch of ${partition} from ${from}: ${errorName(answer.errorCode)}`)
    }
    const seen = visible(
      partition,
      from,
      Buffer.from(answer.records ?? Buffer.alloc(0)),
      answer.abortedTransactions ?? [],
    )
    this.#position = seen.upTo
    return { ...nothing, ...seen }
  }

  close(): void {
    this.#link.close()
  }
}

/** Leaves out what was aborted, the way consumers do: from the first offset of each aborted transaction to its marker. */
function visible(
  partition: string,
  from: number,
  bytes: Buffer,
  aborted: readonly { readonly producerId: number; readonly firstOffset: number }[],
): { upTo: number; seen: Seen[] } {
  const seen: Seen[] = []
  const pending = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  const inAborted = new Set<number>()
  let upTo = from
  for (const batch of batches(bytes)) {
    while (pending.length > 0 && pending[0]!.firstOffset <= batch.lastOffset) inAborted.add(pending.shift()!.producerId)
    upTo = batch.lastOffset + 1
    if (batch.isControl) {
      inAborted.delete(batch.producerId)
      continue
    }
    if (batch.isTransactional && inAborted.has(batch.producerId)) continue
    for (const { offset, value } of batch.records()) {
      if (offset >= from) seen.push({ partition, offset, value: Buffer.from(value!).toString('utf8') })
    }
  }
  return { upTo, seen }
}
