import {
  partitionKey,
  type Consumer,
  type FetchedPartition,
  type OffsetAndMetadata,
  type TopicPartition,
} from '#core/client/client.ts'
import type { Clock } from '#core/ports/clock.ts'
import type { Task } from './task.ts'

/**
 * Lets tasks of several inputs wait for one that is empty, so that they take records in order of time: as long as it is known to
 * have more on the broker, and `idleMs` longer. Never with -1.
 */
export class Idling {
  readonly #clock: Clock
  readonly #consumer: Consumer
  readonly #idleMs: number
  /** Where partitions end, as last heard. */
  readonly #ends = new Map<string, number>()
  /** Since when tasks lack an input, by id. */
  readonly #since = new Map<string, number>()

  constructor(clock: Clock, consumer: Consumer, idleMs: number) {
    this.#clock = clock
    this.#consumer = consumer
    this.#idleMs = idleMs
  }

  /** To be called when a task begins, with its committed offsets. */
  async started(task: Task, committed: ReadonlyMap<string, OffsetAndMetadata>): Promise<void> {
    if (!this.#concerns(task)) return
    const ends = await this.#consumer.endOffsets(task.inputs)
    for (const input of task.inputs) {
      const key = partitionKey(input)
      const end = ends.get(key) ?? 0
      this.#ends.set(key, end)
      task.await(input, this.#idleMs > 0 || end > (committed.get(key)?.offset ?? 0))
    }
  }

  /** To be called with what a task gets. */
  fetched(task: Task, chunk: FetchedPartition): void {
    if (!this.#concerns(task)) return
    this.#ends.set(partitionKey(chunk), chunk.highWatermark)
    task.await(chunk, this.#idleMs > 0 || chunk.nextOffset < chunk.highWatermark)
  }

  /** Lets a task go on that has waited long enough. */
  async settle(task: Task): Promise<void> {
    if (!this.#concerns(task)) return
    const empty = task.inputs.filter((input) => task.buffered(input) === 0)
    if (empty.length === 0 || empty.length === task.inputs.length) return void this.#since.delete(task.id)
    const now = this.#clock.monotonic()
    const since = this.#since.get(task.id) ?? now
    this.#since.set(task.id, since)
    for (const input of empty) task.await(input, now - since < this.#idleMs || (await this.#lags(input)))
  }

  #concerns(task: Task): boolean {
    return this.#idleMs >= 0 && task.inputs.length > 1
  }

  /** Positions count, not records: what ends in control records or was compacted away has no more to come. */
  async #lags(input: TopicPartition): Promise<boolean> {
    return (await this.#consumer.position(input)) < (this.#ends.get(partitionKey(input)) ?? 0)
  }
}
