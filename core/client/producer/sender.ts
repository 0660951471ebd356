import type { Cluster } from '#core/client/cluster/cluster.ts'
import type { Links } from '#core/client/cluster/links.ts'
import { asError, clientErrors, isMetadataStale, isProtocolError, isRetriable, messageOf } from '#core/client/errors.ts'
import { ProducerIdentities } from '#core/client/producer/identity.ts'
import type { ProducerSettings } from '#core/client/producer/options.ts'
import type { PartitionQueue } from '#core/client/producer/partition-queue.ts'
import { produceParcels, type Outcome, type Parcel } from '#core/client/producer/produce-request.ts'
import type { ProducerBatch } from '#core/client/producer/producer-batch.ts'
import { backoffMs } from '#core/errors/retry.ts'
import type { Timer } from '#core/ports/timers.ts'

/** Told of each batch that is through: with an error, or with the offset of its first record. */
export type Finished = (queue: PartitionQueue, batch: ProducerBatch, error: Error | null, baseOffset: number) => void

/**
 * Takes batches from queues to brokers. It runs when something may have become sendable: records came, an answer came,
 * a pause is over. One pass fills requests broker by broker, with the oldest batch of each partition that is ready and
 * may go, until requests under way or batches run out.
 */
export class Sender {
  readonly #cluster: Cluster
  readonly #links: Links
  readonly #settings: ProducerSettings
  readonly #finished: Finished
  readonly #identities: ProducerIdentities
  /** Queues with something waiting, in turn order. */
  readonly #active = new Set<PartitionQueue>()
  readonly #inFlight = new Map<number, number>()
  #flushes = 0
  #scheduled = false
  #timer: Timer | undefined
  #timerAtMs = Infinity
  #closedWith: Error | undefined

  constructor(cluster: Cluster, links: Links, settings: ProducerSettings, finished: Finished) {
    this.#cluster = cluster
    this.#links = links
    this.#settings = settings
    this.#finished = finished
    this.#identities = new ProducerIdentities(cluster, settings.deliveryTimeoutMs)
  }

  /** Says that a queue has a batch that is new or full. The pass comes at the end of this turn, so that a loop of appends goes together. */
  wake(queue: PartitionQueue): void {
    this.#active.add(queue)
    this.schedule()
  }

  schedule(): void {
    if (this.#scheduled || this.#closedWith !== undefined) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#run()
    })
  }

  /** While a flush runs nothing lingers. */
  beginFlush(): void {
    this.#flushes++
    this.schedule()
  }

  endFlush(): void {
    this.#flushes--
  }

  /** Gives up everything that waits. */
  close(error: Error): void {
    this.#closedWith = error
    this.#timer?.cancel()
    this.#giveUp(error)
  }

  #run(): void {
    if (this.#closedWith !== undefined) return
    const now = this.#cluster.ports.clock.monotonic()
    let wakeAt = Infinity
    for (let sent = true; sent;) {
      sent = false
      wakeAt = Infinity
      const requests = new Map<number, { parcels: Parcel[]; bytes: number }>()
      for (const queue of [...this.#active]) {
        this.#expire(queue, now)
        if (queue.waiting.length === 0) {
          this.#active.delete(queue)
          continue
        }
        const again = this.#offer(queue, requests, now)
        if (again < wakeAt) wakeAt = again
      }
      for (const [broker, { parcels }] of requests) {
        sent = true
        void this.#send(broker, parcels)
      }
    }
    this.#wakeAt(wakeAt, now)
  }

  /** Puts the queue's oldest batch into the request for its broker, if it may go; returns when to look again. */
  #offer(queue: PartitionQueue, requests: Map<number, { parcels: Parcel[]; bytes: number }>, now: number): number {
    const batch = queue.waiting[0]!
    if (queue.retryAtMs > now) return Math.min(queue.retryAtMs, batch.deadlineMs)
    const leader = this.#cluster.metadata.leader(queue.topic, queue.partition)
    if (leader === undefined) {
      this.#askForLeader(queue, now)
      return Math.min(queue.retryAtMs, batch.deadlineMs)
    }
    const broker = leader.leader
    const underWay = this.#inFlight.get(broker) ?? 0
    if (!queue.mayFollow(broker)) return batch.deadlineMs
    const readyAt = this.#readyAt(queue, batch, underWay)
    if (readyAt > now) return readyAt
    let request = requests.get(broker)
    if (request === undefined) {
      if (underWay >= this.#settings.maxInFlight) return batch.deadlineMs
      request = { parcels: [], bytes: 0 }
    } else if (request.bytes + batch.sizeInBytes > this.#settings.maxRequestSize) {
      return now
    }
    const parcel = this.#pack(queue, batch)
    if (parcel === undefined) return batch.deadlineMs
    request.parcels.push(parcel)
    request.bytes += parcel.bytes.length
    requests.set(broker, request)
    // Served last next time, so that no partition starves behind a full request.
    this.#active.delete(queue)
    if (queue.waiting.length > 0) this.#active.add(queue)
    return Infinity
  }

  #readyAt(queue: PartitionQueue, batch: ProducerBatch, underWay: number): number {
    const { lingerMs, eager } = this.#settings
    if (batch.closed || queue.waiting.length > 1 || this.#flushes > 0 || batch.attempts > 0) return 0
    if (eager && underWay === 0) return 0
    return batch.createdMs + lingerMs
  }

  #pack(queue: PartitionQueue, batch: ProducerBatch): Parcel | undefined {
    let bytes: Buffer
    if (this.#settings.idempotent) {
      const identity = this.#identities.current
      if (queue.needsIdentity(identity)) {
        this.#identities.renew(identity).then(
          () => this.schedule(),
          (error: unknown) => this.#giveUp(asError(error)),
        )
        return undefined
      }
      bytes = batch.build(queue.stamp(batch, identity!))
    } else {
      bytes = batch.build(undefined)
    }
    queue.waiting.shift()
    return { queue, batch, bytes }
  }

  async #send(broker: number, parcels: readonly Parcel[]): Promise<void> {
    this.#inFlight.set(broker, (this.#inFlight.get(broker) ?? 0) + 1)
    for (const { queue, batch } of parcels) queue.left(batch, broker)
    let outcomes: readonly Outcome[]
    try {
      outcomes = await produceParcels(this.#cluster, this.#links, broker, parcels, this.#settings)
    } catch (error) {
      outcomes = parcels.map(() => ({ error: asError(error) }))
    }
    this.#inFlight.set(broker, this.#inFlight.get(broker)! - 1)
    const stale = new Set<string>()
    parcels.forEach(({ queue, batch }, index) => {
      const outcome = outcomes[index]!
      queue.inFlight--
      if ('error' in outcome) {
        if (isMetadataStale(outcome.error)) stale.add(queue.topic)
        this.#failed(queue, batch, outcome.error)
      } else {
        queue.acknowledged(batch)
        queue.retryAtMs = 0
        this.#finished(queue, batch, null, outcome.baseOffset)
      }
      if (queue.waiting.length > 0) this.#active.add(queue)
    })
    if (stale.size > 0) this.#refresh(stale)
    this.#run()
  }

  #failed(queue: PartitionQueue, batch: ProducerBatch, error: Error): void {
    const { clock, random } = this.#cluster.ports
    const now = clock.monotonic()
    let again = isRetriable(error)
    if (this.#settings.idempotent && isProtocolError(error, 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID')) {
      // Behind a batch that failed this is no wonder. Of the next batch in line it says that the broker has lost our place.
      if (queue.isNext(batch)) queue.breakSequence()
      again = true
    }
    if (again && now < batch.deadlineMs && this.#closedWith === undefined) {
      queue.requeue(batch)
      queue.retryAtMs = now + backoffMs(this.#cluster.options.retryBackoff, batch.attempts, random)
      return
    }
    if (isProtocolError(error, 'MESSAGE_TOO_LARGE') && batch.count > 1 && this.#closedWith === undefined) {
      for (const half of batch.split()) queue.requeue(half)
      return
    }
    if (batch.stamp !== undefined) queue.breakSequence()
    const last = this.#closedWith ?? (again ? this.#late(queue, batch, messageOf(error)) : error)
    this.#finished(queue, batch, last, -1)
  }

  #expire(queue: PartitionQueue, now: number): void {
    while (queue.waiting.length > 0 && queue.waiting[0]!.deadlineMs <= now) {
      const batch = queue.waiting.shift()!
      if (batch.stamp !== undefined) queue.breakSequence()
      const leader = this.#cluster.metadata.leader(queue.topic, queue.partition)
      this.#finished(
        queue,
        batch,
        this.#late(queue, batch, leader === undefined ? 'no leader is known' : 'the leader was too slow'),
        -1,
      )
    }
  }

  #late({ topic, partition }: PartitionQueue, { count }: ProducerBatch, problem: string): Error {
    return clientErrors.DELIVERY_TIMED_OUT({
      count,
      topic,
      partition,
      timeoutMs: this.#settings.deliveryTimeoutMs,
      problem,
    })
  }

  #askForLeader(queue: PartitionQueue, now: number): void {
    queue.retryAtMs = now + backoffMs(this.#cluster.options.retryBackoff, 1, this.#cluster.ports.random)
    this.#refresh([queue.topic])
  }

  #refresh(topics: Iterable<string>): void {
    // Without an answer the batches wait out their pause and ask again.
    this.#cluster.refresh(topics).then(
      () => this.schedule(),
      () => this.schedule(),
    )
  }

  #giveUp(error: Error): void {
    for (const queue of this.#active)
      for (const batch of queue.waiting.splice(0)) this.#finished(queue, batch, error, -1)
    this.#active.clear()
  }

  #wakeAt(atMs: number, now: number): void {
    if (atMs === Infinity || (this.#timer !== undefined && this.#timerAtMs <= atMs)) return
    this.#timer?.cancel()
    this.#timerAtMs = atMs
    this.#timer = this.#cluster.ports.timers.after(Math.max(1, Math.ceil(atMs - now)), () => {
      this.#timer = undefined
      this.#run()
    })
  }
}
