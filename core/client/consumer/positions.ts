import type { TopicPartitionOffset } from '#core/client/client.ts'
import type { Cluster } from '#core/client/cluster/cluster.ts'
import { offsetSpecials, queryOffsets } from '#core/client/cluster/list-offsets.ts'
import type { AssignedPartition } from '#core/client/consumer/assigned-partition.ts'
import type { ConsumerSettings } from '#core/client/consumer/options.ts'
import { asError, clientErrors, isRetriable } from '#core/client/errors.ts'
import { fetchCommitted } from '#core/client/group/committed-offsets.ts'
import type { GroupCoordinator } from '#core/client/group/coordinator.ts'

/**
 * Finds where reading starts for partitions that have no position: the group's committed offset, else what the reset
 * policy says. Works in the background, one round at a time.
 */
export class Positions {
  readonly #cluster: Cluster
  readonly #settings: ConsumerSettings
  readonly #coordinator: GroupCoordinator | undefined
  readonly #found: () => void
  #running = false
  #settled: Promise<Error | undefined> = Promise.resolve(undefined)
  #failure: Error | undefined

  /** `found` is called when a round is over. */
  constructor(
    cluster: Cluster,
    settings: ConsumerSettings,
    coordinator: GroupCoordinator | undefined,
    found: () => void,
  ) {
    this.#cluster = cluster
    this.#settings = settings
    this.#coordinator = coordinator
    this.#found = found
  }

  /** Starts a round if a partition needs one. Throws what ended the last round, unless trying again may help. */
  run(partitions: Iterable<AssignedPartition>): void {
    const open = [...partitions].filter(({ wanted }) => wanted !== undefined)
    const failure = this.#failure
    this.#failure = undefined
    if (open.length === 0) return
    if (failure !== undefined) throw failure
    if (!this.#running) this.#settled = this.#round(open)
  }

  /** Resolves when the round under way is over, with what ended it if it failed. */
  get settled(): Promise<Error | undefined> {
    return this.#settled
  }

  async #round(open: readonly AssignedPartition[]): Promise<Error | undefined> {
    this.#running = true
    const rounds = new Map(open.map((each) => [each, each.round]))
    // Somebody may have sought meanwhile: that counts more.
    const isCurrent = (each: AssignedPartition): boolean => each.round === rounds.get(each)
    try {
      const committed = await this.#committed(open.filter(({ wanted }) => wanted === 'committed'))
      const reset: AssignedPartition[] = []
      for (const each of open) {
        const found = committed.get(each.key)
        if (found === undefined) reset.push(each)
        else if (isCurrent(each)) each.seek(found.offset, found.leaderEpoch)
      }
      await this.#reset(reset.filter(isCurrent), isCurrent)
      return undefined
    } catch (error) {
      if (!this.#cluster.closed && !isRetriable(error)) this.#failure = asError(error)
      return asError(error)
    } finally {
      this.#running = false
      this.#found()
    }
  }

  async #committed(partitions: readonly AssignedPartition[]): Promise<Map<string, TopicPartitionOffset>> {
    const coordinator = this.#coordinator
    if (coordinator === undefined || partitions.length === 0) return new Map()
    return this.#cluster.retrying(() => fetchCommitted(coordinator, partitions))
  }

  async #reset(
    partitions: readonly AssignedPartition[],
    isCurrent: (each: AssignedPartition) => boolean,
  ): Promise<void> {
    const { autoOffsetReset, groupId = '', readCommitted } = this.#settings
    const first = partitions[0]
    if (first === undefined) return
    if (autoOffsetReset === 'none') {
      if (first.wanted === 'reset') {
        throw clientErrors.OFFSET_OUT_OF_RANGE({ offset: first.fetchOffset, partition: first.key })
      }
      throw clientErrors.OFFSET_MISSING({ group: groupId, partition: first.key })
    }
    const timestamp = offsetSpecials[autoOffsetReset]
    const queries = partitions.map(({ topic, partition }) => ({ topic, partition, timestamp }))
    const found = await queryOffsets(this.#cluster, queries, readCommitted ? 1 : 0)
    for (const each of partitions) {
      const at = found.get(each.key)
      if (at !== undefined && isCurrent(each)) each.seek(at.offset, at.leaderEpoch)
    }
  }
}
