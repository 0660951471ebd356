import type { Client, Producer } from '#core/client/client.ts'
import type { Header } from '#core/records/record.ts'
import type { Log } from '#core/telemetry/log.ts'

import { ensureTopic } from './ensure-topic.ts'
import type { Fault, FaultReporter } from './tolerance.ts'

export interface DeadLetterOptions {
  readonly topic: string
  readonly replicationFactor: number
  readonly contextHeaders: boolean
  readonly connector: string
  readonly task: number
}

const header = (name: string, value: unknown): Header => ({
  key: `__connect.errors.${name}`,
  value: Buffer.from(String(value)),
})

/** Keeps the records that a sink could not handle: key, value and headers as they were read, and why in headers. */
export class DeadLetters implements FaultReporter {
  readonly #options: DeadLetterOptions
  readonly #producer: Producer
  readonly #log: Log
  #failure: Error | undefined

  private constructor(producer: Producer, options: DeadLetterOptions, log: Log) {
    this.#producer = producer
    this.#options = options
    this.#log = log
  }

  /** Makes the topic, with one partition, if it is missing. */
  static async open(client: Client, options: DeadLetterOptions, log: Log): Promise<DeadLetters> {
    await ensureTopic(client, { name: options.topic, partitions: 1, replicationFactor: options.replicationFactor })
    return new DeadLetters(client.producer({ acks: -1 }), options, log)
  }

  report(fault: Fault): void {
    const { record } = fault
    if (!record) return
    const headers = this.#options.contextHeaders ? [...record.headers, ...this.#context(fault)] : record.headers
    const { key, value, timestamp } = record
    const letter = { topic: this.#options.topic, key, value, headers, ...(timestamp >= 0 ? { timestamp } : {}) }
    this.#producer.append(letter, (error) => {
      if (error) this.#failure ??= error
    })
  }

  #context({ record, stage, error, executor }: Fault): Header[] {
    return [
      header('topic', record!.topic),
      header('partition', record!.partition),
      header('offset', record!.offset),
      header('connector.name', this.#options.connector),
      header('task.id', this.#options.task),
      header('stage', stage),
      header('class.name', executor),
      header('exception.class.name', error.name),
      header('exception.message', error.message),
      header('exception.stacktrace', error.stack ?? error.message),
    ]
  }

  /** Resolves when every letter is in the topic: before that its record's offset must not be committed. */
  async flush(): Promise<void> {
    if (this.#producer.pendingBytes > 0) await this.#producer.flush()
    if (this.#failure) {
      this.#log('error', 'a dead letter could not be written', {
        topic: this.#options.topic,
        error: this.#failure.message,
      })
      throw this.#failure
    }
  }

  close(): Promise<void> {
    return this.#producer.close()
  }
}
