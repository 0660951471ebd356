import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

import { type Client } from '../../core/client/client.ts'
import { createClient } from '../../core/client/lean-client.ts'
import { command, freePort, kafkaTool, peer } from './peers.ts'

/** Apache Kafka with one of its own Connect workers, distributed mode, and a client of ours. */
export class JavaConnect {
  readonly bootstrapServers: string
  readonly client: Client
  /** The topic in which that worker keeps offsets. */
  readonly offsetTopic = 'java-offsets'
  readonly #kafkaPort: number
  readonly #restPort: number

  private constructor(kafkaPort: number, restPort: number) {
    this.#kafkaPort = kafkaPort
    this.#restPort = restPort
    this.bootstrapServers = `127.0.0.1:${kafkaPort}`
    this.client = createClient({ bootstrapServers: this.bootstrapServers })
  }

  static async start(): Promise<JavaConnect> {
    const script = peer('connect/connect.sh')
    const kafkaPort = await freePort()
    await kafkaTool(['start', String(kafkaPort)], { env: { KAFKA_HEAP_OPTS: '-Xmx512m -Xms256m' } })
    const world = new JavaConnect(kafkaPort, await freePort())
    const env = {
      KAFKA_HEAP_OPTS: '-Xmx512m',
      BOOTSTRAP: world.bootstrapServers,
      CONNECT_PROPS: 'offset.flush.interval.ms=500',
    }
    const started = await command(script, ['distributed', String(world.#restPort), 'java'], { env, timeoutMs: 180_000 })
    if (started.code !== 0) {
      await world.stop()
      throw new Error(`Connect did not start\n${started.stdout}\n${started.stderr}`)
    }
    return world
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.#restPort}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  async create(name: string, config: Readonly<Record<string, string>>): Promise<void> {
    await this.#call('PUT', `/connectors/${name}/config`, config)
  }

  async remove(name: string): Promise<void> {
    await this.#call('DELETE', `/connectors/${name}`)
  }

  /** The worker's process. */
  connectPid(): number {
    const home = process.env['PEERS_HOME'] ?? join(homedir(), '.cache', 'peers')
    return Number(readFileSync(join(home, 'run', `connect-${this.#restPort}.pid`), 'utf8').split(' ')[0])
  }

  async stop(): Promise<void> {
    await this.client.close()
    await command(peer('connect/connect.sh'), ['stop', String(this.#restPort)])
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
