import {
  type Consumer,
  type ConsumerOptions,
  type FetchedPartition,
  type OffsetAndMetadata,
  partitionKey,
  type RebalanceListener,
  type TopicPartition,
  type TopicPartitionOffset,
} from '#core/client/client.ts'
import type { Cluster } from '#core/client/cluster/cluster.ts'
import { offsetSpecials, queryOffsets } from '#core/client/cluster/list-offsets.ts'
import type { Links } from '#core/client/cluster/links.ts'
import { AssignedPartition } from '#core/client/consumer/assigned-partition.ts'
import { Fetcher } from '#core/client/consumer/fetcher.ts'
import { consumerSettings, type ConsumerSettings } from '#core/client/consumer/options.ts'
import { Positions } from '#core/client/consumer/positions.ts'
import { Signal } from '#core/client/consumer/signal.ts'
import { type Balanced, GroupSubscription } from '#core/client/consumer/subscription.ts'
import { clientErrors, isProtocolError, messageOf } from '#core/client/errors.ts'
import { commitOffsets, fetchCommitted, outsider } from '#core/client/group/committed-offsets.ts'
import { GroupCoordinator } from '#core/client/group/coordinator.ts'
import type { Log } from '#core/telemetry/log.ts'

/** A consumer: assigned by hand or by its group. Everything but fetching ahead and heartbeats happens inside `poll`. */
export class LeanConsumer implements Consumer {
  readonly #cluster: Cluster
  readonly #settings: ConsumerSettings
  readonly #log: Log
  readonly #links: Links
  readonly #signal: Signal
  readonly #coordinator: GroupCoordinator | undefined
  readonly #positions: Positions
  readonly #fetcher: Fetcher
  readonly #onClosed: () => void
  readonly #assigned = new Map<string, AssignedPartition>()
  #subscription: GroupSubscription | undefined
  #polling = false
  #awake = false
  #nextCommitMs: number
  #closing: Promise<void> | undefined
  #closed = false

  constructor(cluster: Cluster, options: ConsumerOptions, log: Log, onClosed: () => void) {
    this.#cluster = cluster
    this.#settings = consumerSettings(options)
    this.#log = log
    this.#onClosed = onClosed
    this.#links = cluster.links()
    this.#signal = new Signal(cluster.ports.timers)
    const { groupId, autoCommitIntervalMs = Infinity } = this.#settings
    this.#nextCommitMs = cluster.ports.clock.monotonic() + autoCommitIntervalMs
    this.#coordinator = groupId === undefined ? undefined : new GroupCoordinator(cluster, groupId, this.#links)
    const progress = (): void => this.#signal.raise()
    this.#positions = new Positions(cluster, this.#settings, this.#coordinator, progress)
    this.#fetcher = new Fetcher(cluster, this.#settings, () => this.#assigned.values(), progress)
  }

  subscribe(topics: readonly string[] | RegExp, listener: RebalanceListener = {}): void {
    this.#assertOpen()
    if (this.#coordinator === undefined) throw clientErrors.GROUP_MISSING({ call: 'subscribe' })
    if (this.#subscription === undefined) {
      this.#assigned.clear()
      const balanced: Balanced = {
        assignment: () => this.assignment,
        drop: (partitions) => this.#drop(partitions),
        add: (partitions) => this.#add(partitions),
        commitHandedOut: () => this.#commitHandedOut(),
      }
      const attention = (): void => this.#signal.raise()
      this.#subscription = new GroupSubscription(this.#cluster, this.#coordinator, this.#settings, balanced, attention)
    }
    this.#subscription.subscribe(topics, listener)
  }

  assign(partitions: readonly TopicPartition[]): void {
    this.#assertOpen()
    if (this.#subscription !== undefined) throw clientErrors.SUBSCRIBED()
    const wanted = new Set(partitions.map(partitionKey))
    this.#drop(this.assignment.filter((each) => !wanted.has(partitionKey(each))))
    this.#add(partitions.filter((each) => !this.#assigned.has(partitionKey(each))))
    this.#signal.raise()
  }

  get assignment(): readonly TopicPartition[] {
    return [...this.#assigned.values()].map(({ topic, partition }) => ({ topic, partition }))
  }

  async poll(timeoutMs: number): Promise<FetchedPartition[]> {
    this.#assertOpen()
    if (this.#polling) throw clientErrors.POLL_CONCURRENT()
    this.#polling = true
    try {
      return await this.#pollUntil(this.#cluster.ports.clock.monotonic() + timeoutMs)
    } finally {
      this.#polling = false
    }
  }

  wakeup(): void {
    this.#awake = true
    this.#signal.raise()
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#partition(partition).paused = true
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#partition(partition).paused = false
    this.#signal.raise()
  }

  get paused(): readonly TopicPartition[] {
    return [...this.#assigned.values()]
      .filter(({ paused }) => paused)
      .map(({ topic, partition }) => ({ topic, partition }))
  }

  seek(partition: TopicPartition, offset: number): void {
    if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError(`cannot seek to offset ${offset}`)
    this.#partition(partition).seek(offset)
    this.#signal.raise()
  }

  async seekToBeginning(partitions: readonly TopicPartition[]): Promise<void> {
    this.#seekAll(await this.beginningOffsets(partitions), partitions)
  }

  async seekToEnd(partitions: readonly TopicPartition[]): Promise<void> {
    this.#seekAll(await this.endOffsets(partitions), partitions)
  }

  async position(partition: TopicPartition): Promise<number> {
    const assigned = this.#partition(partition)
    while (assigned.position === undefined) {
      this.#positions.run(this.#assigned.values())
      const trouble = await this.#positions.settled
      this.#assertOpen()
      if (trouble !== undefined && assigned.position === undefined) throw trouble
    }
    return assigned.position
  }

  async commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const coordinator = this.#group('commit')
    if (offsets.length === 0) return
    const member = this.#subscription?.member
    if (member?.joining) throw clientErrors.COMMIT_DURING_REBALANCE({ group: coordinator.groupId })
    const committer = member?.committer ?? outsider
    try {
      await this.#cluster.retrying(() => commitOffsets(coordinator, offsets, committer))
    } catch (error) {
      const group = coordinator.groupId
      if (
        isProtocolError(error, 'REBALANCE_IN_PROGRESS') ||
        (member?.joining && isProtocolError(error, 'ILLEGAL_GENERATION'))
      )
        throw clientErrors.COMMIT_DURING_REBALANCE({ group }, error)
      if (!isProtocolError(error, 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID')) throw error
      if (committer.generation === member?.generation) member.loseGeneration(error)
      throw clientErrors.COMMIT_REFUSED({ group, problem: error.message }, error)
    }
  }

  async committed(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, OffsetAndMetadata>> {
    const coordinator = this.#group('committed')
    return this.#cluster.retrying(() => fetchCommitted(coordinator, partitions))
  }

  beginningOffsets(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, number>> {
    return this.#offsets(partitions, offsetSpecials.earliest)
  }

  endOffsets(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, number>> {
    return this.#offsets(partitions, offsetSpecials.latest)
  }

  enforceRebalance(): void {
    this.#subscription?.member.requestJoin()
  }

  close(): Promise<void> {
    this.#closing ??= this.#leave()
    return this.#closing
  }

  async #pollUntil(deadline: number): Promise<FetchedPartition[]> {
    const { clock } = this.#cluster.ports
    for (let first = true; ; first = false) {
      if (this.#closed) return []
      await this.#subscription?.step()
      this.#commitWhenDue()
      this.#positions.run(this.#assigned.values())
      this.#fetcher.run()
      const records = this.#fetcher.take(this.#settings.maxPollRecords)
      if (records.length > 0) {
        // What was handed out makes room: the next fetch goes out before the application works on this one.
        this.#fetcher.run()
        return records
      }
      if (this.#awake) {
        this.#awake = false
        return []
      }
      const left = deadline - clock.monotonic()
      // Even a poll that does not wait lets the sockets have their turn, or a loop of polls would never get data.
      if (left > 0) await this.#signal.wait(left)
      else if (first) await new Promise(setImmediate)
      else return []
    }
  }

  async #leave(): Promise<void> {
    this.#closed = true
    this.#signal.raise()
    try {
      if (this.#subscription === undefined) await this.#commitHandedOut()
      else await this.#subscription.close()
    } finally {
      this.#fetcher.close()
      this.#links.close()
      this.#onClosed()
    }
  }

  #commitWhenDue(): void {
    const { autoCommitIntervalMs } = this.#settings
    const now = this.#cluster.ports.clock.monotonic()
    if (autoCommitIntervalMs === undefined || now < this.#nextCommitMs) return
    this.#nextCommitMs = now + autoCommitIntervalMs
    void this.#commitHandedOut()
  }

  async #commitHandedOut(): Promise<void> {
    if (this.#settings.autoCommitIntervalMs === undefined || this.#coordinator === undefined) return
    const offsets = [...this.#assigned.values()].flatMap(({ topic, partition, position, leaderEpoch }) =>
      position === undefined ? [] : [{ topic, partition, offset: position, leaderEpoch }],
    )
    try {
      await this.commit(offsets)
    } catch (error) {
      this.#log('warn', 'automatic commit failed', { group: this.#settings.groupId, problem: messageOf(error) })
    }
  }

  async #offsets(partitions: readonly TopicPartition[], timestamp: number): Promise<Map<string, number>> {
    const queries = partitions.map(({ topic, partition }) => ({ topic, partition, timestamp }))
    const found = await queryOffsets(this.#cluster, queries, this.#settings.readCommitted ? 1 : 0)
    return new Map([...found].map(([key, { offset }]) => [key, offset]))
  }

  #seekAll(offsets: ReadonlyMap<string, number>, partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      const offset = offsets.get(partitionKey(partition))
      if (offset !== undefined) this.seek(partition, offset)
    }
  }

  #add(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      const added = new AssignedPartition(partition)
      this.#assigned.set(added.key, added)
    }
  }

  #drop(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#assigned.delete(partitionKey(partition))
  }

  #partition(partition: TopicPartition): AssignedPartition {
    const key = partitionKey(partition)
    const found = this.#assigned.get(key)
    if (found === undefined) throw clientErrors.PARTITION_UNASSIGNED({ partition: key })
    return found
  }

  #group(call: string): GroupCoordinator {
    if (this.#coordinator === undefined) throw clientErrors.GROUP_MISSING({ call })
    return this.#coordinator
  }

  #assertOpen(): void {
    if (this.#closed) throw clientErrors.CLIENT_CLOSED({ what: 'consumer' })
  }
}
