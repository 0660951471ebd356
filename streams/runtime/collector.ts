import type { Header } from '#core/records/record.ts'

/** Where a task sends what it makes: a producer in the application, queues in the test driver. */
export interface Collector {
  /** Partitions of an output topic; asked only for windowed keys and custom partitioners. */
  partitionCount(topic: string): number
  /**
   * Takes a record, in order. `partition` null: as the producer's default partitioner has it (murmur2 of the key).
   * Delivery goes on later; failures of delivery are not thrown here.
   */
  send(
    topic: string,
    partition: number | null,
    key: Buffer | null,
    value: Buffer | null,
    timestamp: number,
    headers: readonly Header[],
  ): void
}
