import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

import { command, freePort, peer } from './peers.ts'

/** One of Kafka Connect's own workers, distributed mode, against a broker that runs already. */
export class JavaWorker {
  readonly #restPort: number

  private constructor(restPort: number) {
    this.#restPort = restPort
  }

  /** Workers of one group share its topics GROUP-configs, GROUP-offsets and GROUP-status. */
  static async start(bootstrap: string, group: string, properties: string): Promise<JavaWorker> {
    const port = await freePort()
    const env = { KAFKA_HEAP_OPTS: '-Xmx512m', BOOTSTRAP: bootstrap, CONNECT_PROPS: properties }
    const args = ['distributed', String(port), group]
    const started = await command(peer('connect/connect.sh'), args, { env, timeoutMs: 180_000 })
    const worker = new JavaWorker(port)
    if (started.code === 0) return worker
    await worker.stop()
    throw new Error(`Connect did not start\n${started.stdout}\n${started.stderr}`)
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

  /** A connector's status and its tasks', as the worker shows them. */
  status(name: string): Promise<unknown> {
    return this.#call('GET', `/connectors/${name}/status`)
  }

  /** The worker's process. */
  pid(): number {
    const home = process.env['PEERS_HOME'] ?? join(homedir(), '.cache', 'peers')
    return Number(readFileSync(join(home, 'run', `connect-${this.#restPort}.pid`), 'utf8').split(' ')[0])
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    process.kill(this.pid(), 'SIGKILL')
    await this.stop()
  }

  async stop(): Promise<void> {
    await command(peer('connect/connect.sh'), ['stop', String(this.#restPort)])
  }
}
