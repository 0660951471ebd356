import { type Client } from '../../core/client/client.ts'
import { createClient } from '../../core/client/lean-client.ts'
import { JavaWorker } from './java-worker.ts'
import { freePort, kafkaTool, peer } from './peers.ts'

/** Apache Kafka with one of its own Connect workers, distributed mode, and a client of ours. */
export class JavaConnect {
  readonly bootstrapServers: string
  readonly client: Client
  /** The topic in which that worker keeps offsets. */
  readonly offsetTopic = 'java-offsets'
  readonly #kafkaPort: number
  readonly #worker: JavaWorker

  private constructor(kafkaPort: number, worker: JavaWorker) {
    this.#kafkaPort = kafkaPort
    this.#worker = worker
    this.bootstrapServers = `127.0.0.1:${kafkaPort}`
    this.client = createClient({ bootstrapServers: this.bootstrapServers })
  }

  static async start(): Promise<JavaConnect> {
    peer('connect/connect.sh')
    const port = await freePort()
    await kafkaTool(['start', String(port)], { env: { KAFKA_HEAP_OPTS: '-Xmx512m -Xms256m' } })
    try {
      return new JavaConnect(port, await JavaWorker.start(`127.0.0.1:${port}`, 'java', 'offset.flush.interval.ms=500'))
    } catch (error) {
      await kafkaTool(['wipe', String(port)])
      throw error
    }
  }

  create(name: string, config: Readonly<Record<string, string>>): Promise<void> {
    return this.#worker.create(name, config)
  }

  remove(name: string): Promise<void> {
    return this.#worker.remove(name)
  }

  /** The worker's process. */
  connectPid(): number {
    return this.#worker.pid()
  }

  async stop(): Promise<void> {
    await this.client.close()
    await this.#worker.stop()
    await kafkaTool(['wipe', String(this.#kafkaPort)])
  }
}

/** One thing for several checks: made when the first asks, let go when the last is through. */
export function shared<T extends { stop(): Promise<void> }>(
  uses: number,
  make: () => Promise<T>,
): (use: (it: T) => Promise<void>) => () => Promise<void> {
  let made: Promise<T> | undefined
  return (use) => async () => {
    try {
      await use(await (made ??= make()))
    } finally {
      if (--uses === 0)
        await made?.then(
          (it) => it.stop(),
          () => undefined,
        )
    }
  }
}
