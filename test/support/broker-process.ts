import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

import { projectRoot } from './sources.ts'

export interface BrokerProcessOptions {
  readonly port?: number
  readonly dataDir?: string
  /** A server.properties. */
  readonly configFile?: string
  readonly settings?: Readonly<Record<string, string>>
}

/** `millrace broker` as a process of its own, from source. It can be killed as the power of a signal goes. */
export class BrokerProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>
  /** From the start of the process to its ready line, ms. */
  readonly readyMs: number
  readonly #said: () => string

  private constructor(child: ChildProcess, ended: Promise<number | null>, readyMs: number, said: () => string) {
    this.#child = child
    this.#ended = ended
    this.readyMs = readyMs
    this.#said = said
  }

  /** Starts one and resolves when it serves; rejects with what it said when it ends before. */
  static async start(options: BrokerProcessOptions): Promise<BrokerProcess> {
    const started = performance.now()
    const settings = Object.entries(options.settings ?? {}).flatMap(([name, value]) => ['--set', `${name}=${value}`])
    const given = { '--port': options.port, '--data': options.dataDir, '--config': options.configFile }
    const named = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)]))
    const args = ['--conditions=source', '--import', 'tsx', 'millrace.ts', 'broker', ...named, ...settings]
    const child = spawn(process.execPath, args, { cwd: projectRoot, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stderr!.on('data', (bytes: Buffer) => (said = (said + bytes.toString()).slice(-20_000)))
    const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)))
    const ready = new Promise<void>((done) => {
      createInterface({ input: child.stdout! }).on('line', (line) => {
        if (line.startsWith('ready ')) done()
      })
    })
    const failed = ended.then((code) =>
      Promise.reject(new Error(`the broker ended with ${code} before it served:\n${said}`)),
    )
    await Promise.race([ready, failed])
    failed.catch(() => {})
    return new BrokerProcess(child, ended, performance.now() - started, () => said)
  }

  /** What it said on stderr, the end of it. */
  get said(): string {
    return this.#said()
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    return this.#ended
  }
}
