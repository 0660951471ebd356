/** The part of a coordinator that keeps one partition of its topic. */
interface Shard {
  load(): Promise<void>
  /** Whoever waits is told to look for another coordinator. */
  close(): void
}

/** The partitions that a coordinator serves, by number. */
export class Shards<S extends Shard> {
  readonly #make: (partition: number) => S
  readonly #shards = new Map<number, S>()
  #isClosed = false

  constructor(make: (partition: number) => S) {
    this.#make = make
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get(partition: number): S | undefined {
    return this.#shards.get(partition)
  }

  values(): IterableIterator<S> {
    return this.#shards.values()
  }

  /** Replays a partition and serves it from then on. Rejects, and does not serve it, when the log cannot be read. */
  async load(partition: number): Promise<void> {
    if (this.#isClosed || this.#shards.has(partition)) return
    const shard = this.#make(partition)
    this.#shards.set(partition, shard)
    try {
      await shard.load()
    } catch (error) {
      if (this.#shards.get(partition) === shard) this.unload(partition)
      throw error
    }
  }

  /** Drops what a partition keeps. */
  unload(partition: number): void {
    const shard = this.#shards.get(partition)
    this.#shards.delete(partition)
    shard?.close()
  }

  /** Drops all and takes no more. */
  close(): void {
    this.#isClosed = true
    for (const partition of this.#shards.keys()) this.unload(partition)
  }
}
