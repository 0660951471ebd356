import type { Producer } from '#core/client/client.ts'
import type { Header } from '#core/records/record.ts'
import { runtimeErrors } from './errors.ts'
import type { Collector } from './task.ts'

/** Sends what tasks produce. Delivery goes on in the background; a failure is kept until somebody asks. */
export class ProducerCollector implements Collector {
  readonly #producer: Producer
  readonly #counts: ReadonlyMap<string, number>
  #failure: Error | undefined

  /** `counts`: partitions of the topics that the topology is known to write. */
  constructor(producer: Producer, counts: ReadonlyMap<string, number>) {
    this.#producer = producer
    this.#counts = counts
  }

  partitionCount(topic: string): number {
    const count = this.#counts.get(topic)
    if (count === undefined) throw runtimeErrors.SINK_TOPIC_MISSING({ topic })
    return count
  }

  send(
    topic: string,
    partition: number | null,
    key: Buffer | null,
    value: Buffer | null,
    timestamp: number,
    headers: readonly Header[],
  ): void {
    this.#producer.append({ topic, partition: partition ?? undefined, key, value, timestamp, headers }, this.#delivered)
  }

  /** Throws what went wrong since the start, if anything did: then nothing may be committed any more. */
  check(): void {
    if (this.#failure) throw this.#failure
  }

  readonly #delivered = (error: Error | null): void => {
    this.#failure ??= error ?? undefined
  }
}
