import type { FetchedPartition } from '#core/client/client.ts'
import type { Cluster } from '#core/client/cluster/cluster.ts'
import type { Links } from '#core/client/cluster/links.ts'
import type { AssignedPartition } from '#core/client/consumer/assigned-partition.ts'
import { fetchPartitions, type FetchAnswer } from '#core/client/consumer/fetch-request.ts'
import type { ConsumerSettings } from '#core/client/consumer/options.ts'
import { visibleBatches } from '#core/client/consumer/visible-batches.ts'
import { asError, isMetadataStale, isProtocolError, isRetriable, refusal } from '#core/client/errors.ts'
import { backoffMs } from '#core/errors/retry.ts'
import type { Timer } from '#core/ports/timers.ts'

/** The partitions to read, in any order. */
export type Partitions = () => Iterable<AssignedPartition>

/**
 * Fetches ahead of the application. A fetch waits at the broker until one of its partitions has data; meanwhile another
 * partition may become due (resumed, emptied, assigned), so each broker has two lanes, connections of their own.
 */
export class Fetcher {
  readonly #cluster: Cluster
  readonly #settings: ConsumerSettings
  readonly #partitions: Partitions
  readonly #progress: () => void
  readonly #lanes: readonly Links[]
  /** `broker lane` of fetches under way. */
  readonly #busy = new Set<string>()
  /** Partitions in the order of their turn; whoever was served goes last. */
  #turns: AssignedPartition[] = []
  #failures = 0
  #retry: Timer | undefined
  #closed = false

  /** `progress` is called when there may be something to take or to fetch. */
  constructor(cluster: Cluster, settings: ConsumerSettings, partitions: Partitions, progress: () => void) {
    this.#cluster = cluster
    this.#settings = settings
    this.#partitions = partitions
    this.#progress = progress
    this.#lanes = [cluster.links(), cluster.links()]
  }

  /** Sends fetches for whatever is due and not under way. */
  run(): void {
    if (this.#closed) return
    const now = this.#cluster.ports.clock.monotonic()
    const due = new Map<number, AssignedPartition[]>()
    const unknown = new Set<string>()
    let room = this.#settings.maxBytes
    this.#updateTurns()
    for (const each of this.#turns) room -= each.bufferedBytes
    if (room <= 0) return
    for (const each of this.#turns) {
      if (!each.wantsFetch(now)) continue
      const leader = this.#cluster.metadata.leader(each.topic, each.partition)
      if (leader === undefined) {
        unknown.add(each.topic)
        this.#pause(each)
        continue
      }
      const known = due.get(leader.leader)
      if (known === undefined) due.set(leader.leader, [each])
      else known.push(each)
    }
    for (const [broker, partitions] of due) this.#start(broker, partitions)
    if (unknown.size > 0) this.#refresh(unknown)
  }

  /**
   * Buffered records of partitions that are not paused, up to `most`, partition after partition in turn. Throws what
   * keeps a partition from going on, unless there are records of others to hand out first.
   */
  take(most: number): FetchedPartition[] {
    const taken: FetchedPartition[] = []
    let left = most
    this.#updateTurns()
    for (const each of [...this.#turns]) {
      if (left <= 0) break
      if (each.paused || each.wanted !== undefined || !each.hasBuffered) continue
      const { problem } = each
      if (problem !== undefined && this.#passesOver(each, problem, taken.length > 0)) continue
      const records = each.take(left)
      if (records === undefined) continue
      taken.push(records)
      left -= records.count
      this.#turns.push(...this.#turns.splice(this.#turns.indexOf(each), 1))
    }
    return taken
  }

  #passesOver(each: AssignedPartition, problem: Error, later: boolean): boolean {
    if (isProtocolError(problem, 'OFFSET_OUT_OF_RANGE')) each.requireReset()
    else if (!later) {
      each.dismissError()
      throw problem
    }
    return true
  }

  close(): void {
    this.#closed = true
    this.#retry?.cancel()
    for (const lane of this.#lanes) lane.close()
  }

  #updateTurns(): void {
    const current = new Set(this.#partitions())
    this.#turns = this.#turns.filter((each) => current.delete(each))
    this.#turns.push(...current)
  }

  #start(broker: number, partitions: readonly AssignedPartition[]): void {
    const lane = this.#lanes.findIndex((_, index) => !this.#busy.has(`${broker} ${index}`))
    if (lane < 0) return
    this.#busy.add(`${broker} ${lane}`)
    for (const each of partitions) each.fetching = true
    void this.#fetch(broker, lane, partitions)
  }

  async #fetch(broker: number, lane: number, partitions: readonly AssignedPartition[]): Promise<void> {
    const rounds = partitions.map(({ round }) => round)
    let answers: Map<string, FetchAnswer> | undefined
    let failure: unknown
    try {
      answers = await fetchPartitions(this.#cluster, this.#lanes[lane]!.to(broker), partitions, this.#settings)
      this.#failures = 0
    } catch (error) {
      failure = error
      this.#failures++
    }
    this.#busy.delete(`${broker} ${lane}`)
    if (this.#closed) return
    const stale = new Set<string>()
    partitions.forEach((each, index) => {
      each.fetching = false
      if (each.round !== rounds[index]) return
      const answer = answers?.get(each.key)
      const error = failure ?? this.#receive(each, answer)
      if (error === undefined) return
      if (isMetadataStale(error)) stale.add(each.topic)
      this.#fail(each, asError(error))
    })
    if (stale.size > 0) this.#refresh(stale)
    this.run()
    this.#progress()
  }

  #receive(each: AssignedPartition, answer: FetchAnswer | undefined): unknown {
    if (answer === undefined) return undefined
    if (answer.errorCode !== 0) return refusal(answer.errorCode, `fetch of ${each.key} at offset ${each.fetchOffset}`)
    const { records, highWatermark, abortedTransactions } = answer
    const aborted = this.#settings.readCommitted ? (abortedTransactions ?? []) : null
    try {
      each.retryAtMs = 0
      if (records === null || records.length === 0) each.highWatermark = highWatermark
      else each.buffer(visibleBatches(records, each.fetchOffset, aborted), records.length, highWatermark)
    } catch (error) {
      return error
    }
    return undefined
  }

  #fail(each: AssignedPartition, error: Error): void {
    // Damage at the broker does not pass: the application hears of it and may seek past it.
    if (isProtocolError(error, 'CORRUPT_MESSAGE')) each.bufferError(error)
    else if (isRetriable(error)) this.#pause(each)
    else if (isProtocolError(error, 'OFFSET_OUT_OF_RANGE') && !each.hasBuffered) each.requireReset()
    else each.bufferError(error)
  }

  #pause(each: AssignedPartition): void {
    const { clock, random, timers } = this.#cluster.ports
    const pauseMs = backoffMs(this.#cluster.options.retryBackoff, Math.max(1, this.#failures), random)
    each.retryAtMs = clock.monotonic() + pauseMs
    this.#retry ??= timers.after(pauseMs + 1, () => {
      this.#retry = undefined
      this.run()
    })
  }

  #refresh(topics: Iterable<string>): void {
    // Whether or not it came: the partitions try again after their pause.
    this.#cluster.refresh(topics, true).then(
      () => this.run(),
      () => undefined,
    )
  }
}
