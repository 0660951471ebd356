import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'

import { Skipped } from './check.ts'
import { projectRoot } from './sources.ts'

/** The folder of scripts that run the JVM originals: `PEERS`, or `../shared/peers` beside the project. */
export const peersFolder = resolve(process.env['PEERS'] ?? join(projectRoot, '..', 'shared', 'peers'))

/** The path of a peer's script; a check that needs one which is not there is skipped. */
export function peer(script: string): string {
  const path = join(peersFolder, script)
  if (!existsSync(path)) throw new Skipped(`no peers here: ${script} is looked for below PEERS or ../shared/peers`)
  return path
}

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. Never rejects for an exit code: callers judge. */
export function command(
  file: string,
  args: readonly string[],
  options: {
    readonly input?: string | Buffer
    readonly timeoutMs?: number
    readonly cwd?: string
    readonly env?: Record<string, string>
  } = {},
): Promise<CommandResult> {
  return new Promise((done) => {
    const child = execFile(
      file,
      [...args],
      {
        timeout: options.timeoutMs ?? 120_000,
        maxBuffer: 256 * 1024 * 1024,
        env: { ...process.env, ...options.env },
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      },
      (error, stdout, stderr) =>
        done({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr }),
    )
    // A program that ends without reading its input breaks the pipe: how it ended is what counts.
    child.stdin?.on('error', () => undefined)
    // A program that ends without reading is judged by its exit code.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(options.input ?? '')
  })
}

/** Runs one of Apache Kafka's command line tools; throws with its output when it fails. */
export async function kafkaTool(args: readonly string[], options: Parameters<typeof command>[2] = {}): Promise<string> {
  const result = await command(peer('kafka/kafka.sh'), args, options)
  if (result.code !== 0)
    throw new Error(`kafka.sh ${args.join(' ')} ended with ${result.code}\n${result.stdout}\n${result.stderr}`)
  return result.stdout
}

/** A port that was free a moment ago, with its shadow (port + 20000), where Apache Kafka's controller listens, free too. */
export async function freePort(): Promise<number> {
  const listens = (port: number): Promise<boolean> =>
    new Promise((done) => {
      const server = createServer()
      server.once('error', () => done(false))
      server.listen(port, '127.0.0.1', () => server.close(() => done(true)))
    })
  for (;;) {
    const port = 21000 + Math.floor(Math.random() * 9000)
    if ((await listens(port)) && (await listens(port + 20000))) return port
  }
}

/** Starts Apache Kafka on a fresh directory and stops it when the body ends. */
export async function withKafka<T>(body: (bootstrap: string) => Promise<T>, properties = ''): Promise<T> {
  const port = await freePort()
  const env = { KAFKA_HEAP_OPTS: '-Xmx512m -Xms256m', ...(properties === '' ? {} : { KAFKA_PROPS: properties }) }
  await kafkaTool(['start', String(port)], { env })
  try {
    return await body(`127.0.0.1:${port}`)
  } finally {
    await kafkaTool(['wipe', String(port)])
  }
}
