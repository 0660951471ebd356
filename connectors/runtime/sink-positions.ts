import type { FetchedPartition, TopicPartition, TopicPartitionOffset } from '#core/client/client.ts'
import { partitionKey } from '#core/client/client.ts'

interface Position extends TopicPartition {
  /** The next offset to put. */
  offset: number
  /** Where a rewind goes: what is committed, or where reading began. */
  committed: number
}

/** Where a sink task stands in each partition it owns. */
export class SinkPositions {
  readonly #owned = new Map<string, Position>()

  /** Takes a partition on, at the offset where its reading begins. */
  take({ topic, partition }: TopicPartition, offset: number): void {
    this.#owned.set(partitionKey({ topic, partition }), { topic, partition, offset, committed: offset })
  }

  drop(partitions: readonly TopicPartition[]): void {
    for (const each of partitions) this.#owned.delete(partitionKey(each))
  }

  owns(partition: TopicPartition): boolean {
    return this.#owned.has(partitionKey(partition))
  }

  all(): TopicPartition[] {
    return [...this.#owned.values()].map(({ topic, partition }) => ({ topic, partition }))
  }

  offset(partition: TopicPartition): number | undefined {
    return this.#owned.get(partitionKey(partition))?.offset
  }

  /** What was read is put. */
  advance(chunk: FetchedPartition): void {
    const position = this.#owned.get(partitionKey(chunk))
    if (position) position.offset = chunk.nextOffset
  }

  seek(partition: TopicPartition, offset: number): void {
    const position = this.#owned.get(partitionKey(partition))
    if (position) Object.assign(position, { offset, committed: Math.min(position.committed, offset) })
  }

  /** The next offset of every partition. */
  current(): TopicPartitionOffset[] {
    return [...this.#owned.values()].map(({ topic, partition, offset }) => ({ topic, partition, offset }))
  }

  /** Of the offsets that may be committed, those that are new and not beyond what was put. */
  committable(allowed: readonly TopicPartitionOffset[]): TopicPartitionOffset[] {
    return allowed.filter((each) => {
      const position = this.#owned.get(partitionKey(each))
      return position !== undefined && each.offset > position.committed && each.offset <= position.offset
    })
  }

  committed(offsets: readonly TopicPartitionOffset[]): void {
    for (const each of offsets) {
      const position = this.#owned.get(partitionKey(each))
      if (position) position.committed = each.offset
    }
  }

  /** Goes back everywhere to what is committed; returns where that is. */
  rewind(): TopicPartitionOffset[] {
    for (const position of this.#owned.values()) position.offset = position.committed
    return this.current()
  }
}
