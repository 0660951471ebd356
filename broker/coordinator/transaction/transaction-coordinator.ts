import type { InitProducerIdRequest, InitProducerIdResponseInput } from '#core/wire/api/22-init-producer-id.ts'
import type { EndTxnRequest, EndTxnResponseInput } from '#core/wire/api/26-end-txn.ts'
import type { DescribeTransactionsResponseInput } from '#core/wire/api/65-describe-transactions.ts'
import type { ListTransactionsRequest, ListTransactionsResponseInput } from '#core/wire/api/66-list-transactions.ts'
import type { Timer } from '#core/ports/timers.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import { code } from '../codes.ts'
import { partitionForGroup } from '../java-hash.ts'
import { Shards } from '../shards.ts'
import { add, verify } from './add-partitions.ts'
import { describe, describeNothing, list, listFilter, unknownStates } from './describe.ts'
import { end, fence, needsProducerId as endNeedsProducerId } from './end-transaction.ts'
import { isExpired, isTimedOut } from './expiry.ts'
import { type Initialization, initialize, needsProducerId } from './init-producer-id.ts'
import type { Decision, KnownId, ProducerIdentity } from './known-id.ts'
import type { TransactionPorts } from './ports.ts'
import { TransactionShard } from './shard.ts'
import { type PartitionSets, type TransactionState, complete, epochBumpVersion } from './transaction.ts'

const noIdentity = { producerId: -1, producerEpoch: -1 }

/**
 * Coordinates transactions, each transactional id in one partition of `__transaction_state`. What goes wrong is a code in
 * the answer, as Kafka's coordinator gives it; old versions of an API may want it translated.
 */
export class TransactionCoordinator {
  readonly #ports: TransactionPorts
  readonly #shards: Shards<TransactionShard>
  readonly #timers: readonly Timer[]

  constructor(ports: TransactionPorts) {
    this.#ports = ports
    this.#shards = new Shards((partition) => new TransactionShard(ports, partition))
    const { config, timers } = ports
    this.#timers = [
      timers.every(config['transaction.abort.timed.out.transaction.cleanup.interval.ms'], () => this.#abortTimedOut()),
      timers.every(config['transaction.remove.expired.transaction.cleanup.interval.ms'], () => this.#removeExpired()),
    ]
  }

  /** The partition of `__transaction_state` that keeps a transactional id; the topic must exist. */
  partitionFor(transactionalId: string): number {
    return partitionForGroup(transactionalId, this.#ports.partitions.count)
  }

  /** Replays a partition and serves its ids from then on. Rejects, and does not serve, when the log cannot be read. */
  load(partition: number): Promise<void> {
    return this.#shards.load(partition)
  }

  /** Drops the ids of a partition; whoever waits is told to look for another coordinator. */
  unload(partition: number): void {
    this.#shards.unload(partition)
  }

  /** How many transactional ids there are, by the state of their transaction. */
  tally(): ReadonlyMap<TransactionState, number> {
    const counts = new Map<TransactionState, number>()
    for (const shard of this.#shards.values())
      for (const { current } of shard.ids.values()) counts.set(current.state, (counts.get(current.state) ?? 0) + 1)
    return counts
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) timer.cancel()
    this.#shards.close()
  }

  /** Gives a transactional producer its id and epoch; an open transaction of an earlier one is aborted first. */
  async initProducerId(request: InitProducerIdRequest): Promise<InitProducerIdResponseInput> {
    const answer = (problem: ErrorName, identity: ProducerIdentity = noIdentity): InitProducerIdResponseInput => ({
      errorCode: code(problem),
      producerId: identity.producerId,
      producerEpoch: identity.producerEpoch,
    })
    const { transactionalId, transactionTimeoutMs: timeoutMs, producerId, producerEpoch } = request
    if (transactionalId === null || transactionalId === '') return answer('INVALID_REQUEST')
    if ((producerId === -1) !== (producerEpoch === -1)) return answer('INVALID_REQUEST')
    if (timeoutMs <= 0 || timeoutMs > this.#ports.config['transaction.max.timeout.ms']) {
      return answer('INVALID_TRANSACTION_TIMEOUT')
    }
    const shard = this.#find(transactionalId)
    if (typeof shard === 'string') return answer(shard)
    const before = shard.ids.get(transactionalId)
    const takes = before === undefined || needsProducerId(before)
    const freshProducerId = takes ? await this.#ports.nextProducerId() : -1
    if (!shard.isLoaded) return answer('NOT_COORDINATOR')
    const known = shard.ids.get(transactionalId) ?? shard.create(transactionalId, freshProducerId, timeoutMs)
    const expected = producerId === -1 ? undefined : { producerId, producerEpoch }
    const nowMs = this.#ports.clock.now()
    return this.#initialize(shard, known, { timeoutMs, expected, nowMs, freshProducerId }, answer)
  }

  #initialize(
    shard: TransactionShard,
    known: KnownId,
    asked: Initialization,
    answer: (problem: ErrorName, identity?: ProducerIdentity) => InitProducerIdResponseInput,
  ): Promise<InitProducerIdResponseInput> {
    const decision = initialize(known, asked)
    return new Promise((resolve) => {
      if (decision === 'fence') {
        const { nowMs, freshProducerId } = asked
        const ending = { nowMs, freshProducerId, clientVersion: this.#ports.transactionVersion() }
        return shard.end(known, fence(known, ending), (failed) => resolve(answer(failed ?? 'CONCURRENT_TRANSACTIONS')))
      }
      if (typeof decision === 'string') return resolve(answer(decision))
      shard.run(known, decision, (failed) => resolve(failed === null ? answer('NONE', decision.to) : answer(failed)))
    })
  }

  /**
   * Adds partitions to a producer's transaction; the first ones begin it. `clientVersion` is the transaction.version by
   * which the client speaks: 2 when its produce requests add the partitions.
   */
  addPartitions(
    transactionalId: string | null,
    producer: ProducerIdentity,
    partitions: PartitionSets,
    clientVersion: number,
  ): Promise<ErrorName> {
    const found = this.#known(transactionalId)
    return new Promise((resolve) => {
      if (typeof found === 'string') return resolve(found)
      const decision = add(found.known, producer, partitions, this.#ports.clock.now(), clientVersion)
      if (typeof decision === 'string') return resolve(decision)
      found.shard.run(found.known, decision, (failed) => resolve(failed ?? 'NONE'))
    })
  }

  /** Resolves when nothing is on its way to the log for a transactional id, or after `maxMs`. */
  whenSettled(transactionalId: string, maxMs: number): Promise<void> {
    const found = this.#known(transactionalId)
    const { timers } = this.#ports
    return new Promise((resolve) => {
      // A turn at least, so that nobody asks again and again in the same one.
      if (typeof found === 'string' || found.known.pending === undefined) return void timers.after(1, resolve)
      const timer = timers.after(maxMs, resolve)
      found.known.waiting.push(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  /** Whether a partition belongs to a producer's open transaction: NONE if so, TRANSACTION_ABORTABLE if it was never added. */
  verify(transactionalId: string | null, producer: ProducerIdentity, topic: string, partition: number): ErrorName {
    const found = this.#known(transactionalId)
    return typeof found === 'string' ? found : verify(found.known, producer, topic, partition)
  }

  /** Commits or aborts. Answered when the outcome is in the log; the partitions hear of it after that. */
  async endTxn(request: EndTxnRequest, apiVersion: number): Promise<EndTxnResponseInput> {
    const { transactionalId, producerId, producerEpoch, committed } = request
    const clientVersion = apiVersion >= 5 ? epochBumpVersion : 0
    const answer = (problem: ErrorName, next: ProducerIdentity = noIdentity): EndTxnResponseInput => ({
      throttleTimeMs: 0,
      errorCode: code(problem),
      ...(clientVersion >= epochBumpVersion && { producerId: next.producerId, producerEpoch: next.producerEpoch }),
    })
    const found = this.#known(transactionalId)
    if (typeof found === 'string') return answer(found)
    const { known, shard } = found
    const freshProducerId = endNeedsProducerId(known, clientVersion) ? await this.#ports.nextProducerId() : -1
    const nowMs = this.#ports.clock.now()
    const decision: Decision = end(
      known,
      { producerId, producerEpoch },
      { committed, nowMs, clientVersion, freshProducerId },
    )
    if (decision === 'NONE') return answer('NONE', known.current)
    if (typeof decision === 'string') return answer(decision)
    const next = complete(decision.to, decision.lastProducerEpoch, nowMs).to
    return new Promise((resolve) => {
      shard.end(known, decision, (failed) => resolve(failed === null ? answer('NONE', next) : answer(failed)))
    })
  }

  /** One transactional id for DescribeTransactions. */
  describe(transactionalId: string): DescribeTransactionsResponseInput['transactionStates'][number] {
    if (transactionalId === '') return describeNothing(transactionalId, code('INVALID_REQUEST'))
    const shard = this.#find(transactionalId)
    if (typeof shard === 'string') return describeNothing(transactionalId, code(shard))
    const known = shard.ids.get(transactionalId)
    return known === undefined ? describeNothing(transactionalId, code('TRANSACTIONAL_ID_NOT_FOUND')) : describe(known)
  }

  /** ListTransactions; ids for which `mayShow` is false are left out. */
  list(request: ListTransactionsRequest, mayShow: (transactionalId: string) => boolean): ListTransactionsResponseInput {
    const answer = { throttleTimeMs: 0, errorCode: 0, unknownStateFilters: unknownStates(request) }
    const shards = [...this.#shards.values()]
    const refuse = (problem: ErrorName): ListTransactionsResponseInput => ({
      ...answer,
      errorCode: code(problem),
      unknownStateFilters: [],
      transactionStates: [],
    })
    if (this.#shards.isClosed) return refuse('COORDINATOR_NOT_AVAILABLE')
    if (shards.some((shard) => !shard.isLoaded)) return refuse('COORDINATOR_LOAD_IN_PROGRESS')
    const matches = listFilter(request, this.#ports.clock.now())
    if (matches === undefined) return refuse('INVALID_REGULAR_EXPRESSION')
    const known = shards.flatMap((shard) => [...shard.ids.values()].filter(matches))
    return { ...answer, transactionStates: known.filter((each) => mayShow(each.transactionalId)).map(list) }
  }

  #abortTimedOut(): void {
    const nowMs = this.#ports.clock.now()
    for (const shard of this.#shards.values()) {
      for (const known of shard.ids.values()) if (isTimedOut(known, nowMs)) void this.#abort(shard, known)
    }
  }

  async #abort(shard: TransactionShard, known: KnownId): Promise<void> {
    const clientVersion = this.#ports.transactionVersion()
    const takes = endNeedsProducerId(known, clientVersion)
    try {
      const freshProducerId = takes ? await this.#ports.nextProducerId() : -1
      const nowMs = this.#ports.clock.now()
      if (!shard.isLoaded || !isTimedOut(known, nowMs)) return
      const { transactionalId } = known
      shard.end(known, fence(known, { nowMs, freshProducerId, clientVersion }), (problem) => {
        const how = problem === null ? 'was aborted' : `could not be aborted: ${problem}`
        this.#ports.log('info', `a transaction that was open for too long ${how}`, { transactionalId })
      })
    } catch (error) {
      this.#ports.log('error', 'no producer id for the abort of a transaction', { error: (error as Error).message })
    }
  }

  #removeExpired(): void {
    const nowMs = this.#ports.clock.now()
    const expirationMs = this.#ports.config['transactional.id.expiration.ms']
    for (const shard of this.#shards.values()) {
      for (const known of shard.ids.values()) if (isExpired(known, nowMs, expirationMs)) shard.remove(known)
    }
  }

  #known(transactionalId: string | null): { shard: TransactionShard; known: KnownId } | ErrorName {
    if (transactionalId === null || transactionalId === '') return 'INVALID_REQUEST'
    const shard = this.#find(transactionalId)
    if (typeof shard === 'string') return shard
    const known = shard.ids.get(transactionalId)
    return known === undefined ? 'INVALID_PRODUCER_ID_MAPPING' : { shard, known }
  }

  #find(transactionalId: string): TransactionShard | ErrorName {
    if (this.#shards.isClosed) return 'COORDINATOR_NOT_AVAILABLE'
    if (this.#ports.partitions.count === 0) return 'NOT_COORDINATOR'
    const shard = this.#shards.get(this.partitionFor(transactionalId))
    if (shard === undefined) return 'NOT_COORDINATOR'
    return shard.isLoaded ? shard : 'COORDINATOR_LOAD_IN_PROGRESS'
  }
}
