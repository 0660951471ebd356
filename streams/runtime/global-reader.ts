import type { Client, Consumer } from '#core/client/client.ts'
import { runtimeErrors } from './errors.ts'
import type { GlobalStores } from './global-stores.ts'
import { readUpTo } from './restore.ts'

/** Keeps global tables up to date: reads all partitions of their topics, to the ends before any task runs, then on. */
export class GlobalReader {
  readonly #client: Client
  readonly #applicationId: string
  readonly #tables: GlobalStores
  #consumer: Consumer | undefined
  #loaded: Promise<void> | undefined

  constructor(client: Client, applicationId: string, tables: GlobalStores) {
    this.#client = client
    this.#applicationId = applicationId
    this.#tables = tables
  }

  /** Reads what is there now; does so once. Rejects when a topic does not exist. */
  load(): Promise<void> {
    return (this.#loaded ??= this.#load())
  }

  /** Takes what has come since; does not wait. */
  async poll(): Promise<void> {
    if (this.#consumer === undefined) return
    for (const chunk of await this.#consumer.poll(0)) this.#tables.add(chunk.topic, chunk)
  }

  async close(): Promise<void> {
    await this.#consumer?.close()
  }

  async #load(): Promise<void> {
    const { topics } = this.#tables
    const described = await this.#client.admin().describeTopics([...topics])
    const missing = topics.find((topic) => !described.some(({ name }) => name === topic))
    if (missing !== undefined)
      throw runtimeErrors.SOURCE_TOPIC_MISSING({ application: this.#applicationId, topic: missing })
    const all = described.flatMap(({ name, partitions }) =>
      partitions.map(({ partition }) => ({ topic: name, partition })),
    )
    const consumer = this.#client.consumer({ autoOffsetReset: 'earliest', maxPollRecords: 10_000 })
    this.#consumer = consumer
    consumer.assign(all)
    await readUpTo(consumer, await consumer.endOffsets(all), all, (chunk) => this.#tables.add(chunk.topic, chunk))
  }
}
