import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import { parseProperties } from '#core/config/properties.ts'
import { type KnownError, isKnownError } from '#core/errors/table.ts'
import { systemFiles } from '#core/ports/system-files.ts'
import { textLog } from '#core/telemetry/log.ts'

import { brokerErrors } from './errors.ts'
import { flushPolicy } from './flush-policy.ts'
import { leaveProperties } from './leave.ts'
import { type Broker, startBroker } from './start.ts'

/** The exit code for a command line or settings that cannot be used (EX_USAGE of sysexits). */
const usageExit = 64

/**
 * `millrace broker`: serves until a signal comes. Prints one line, `ready HOST:PORT data=… flush=… version=…`, on stdout
 * when it serves. A first SIGTERM or SIGINT stops cleanly, a second one at once.
 */
export async function brokerCommand(options: {
  readonly port?: number
  readonly host?: string
  readonly data?: string
  readonly config?: string
  readonly set?: readonly string[]
  readonly addScram?: readonly string[]
}): Promise<number> {
  const log = textLog('info')
  // Before the start: a signal that comes while logs are recovered must not cut that short either.
  const stopped = new Signals()
  let broker: Broker
  try {
    broker = await startBroker({
      ...(options.host !== undefined && { host: options.host }),
      ...(options.port !== undefined && { port: options.port }),
      ...(options.data !== undefined && { dataDir: options.data }),
      config: { ...readConfigFile(options.config), ...parseSettings(options.set ?? []) },
      ...(options.addScram !== undefined && { addScram: options.addScram }),
      log,
    })
  } catch (error) {
    if (!isKnownError(error)) throw error
    return complain(error)
  }
  const policy = flushPolicy(broker.config)
  process.stdout.write(
    `ready ${broker.bootstrapServers} data=${broker.dataDir} flush=${policy.name} version=${version()}\n`,
  )
  log('info', policy.promise)
  await stopped.first
  log('info', 'stopping')
  await broker.stop()
  stopped.release()
  return 0
}

/** `millrace leave`: prints the server.properties with which Apache Kafka starts on a directory that a broker has left. */
export async function leaveCommand(options: { readonly data: string; readonly port?: number }): Promise<number> {
  try {
    process.stdout.write(leaveProperties(systemFiles, options.data, options.port ?? 9092))
    return 0
  } catch (error) {
    if (!isKnownError(error)) throw error
    return complain(error)
  }
}

/** SIGTERM and SIGINT: the first resolves a promise, the second ends the process. */
class Signals {
  readonly first: Promise<void>
  #resolve = (): void => {}
  #count = 0
  readonly #received = (): void => {
    if (++this.#count === 1) this.#resolve()
    else process.exit(130)
  }

  constructor() {
    this.first = new Promise((resolve) => (this.#resolve = resolve))
    process.on('SIGTERM', this.#received)
    process.on('SIGINT', this.#received)
  }

  release(): void {
    process.off('SIGTERM', this.#received)
    process.off('SIGINT', this.#received)
  }
}

function readConfigFile(path: string | undefined): Record<string, string> {
  if (path === undefined) return {}
  try {
    return parseProperties(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw brokerErrors.CONFIG_FILE({ file: path, problem: (cause as Error).message }, cause)
  }
}

function parseSettings(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at <= 0) throw brokerErrors.SETTING_FORM({ text: pair })
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
    }),
  )
}

function complain(error: KnownError): number {
  process.stderr.write(`millrace: ${error.message}\n${error.hint === undefined ? '' : `${error.hint}\n`}`)
  return usageExit
}

const version = (): string => {
  const manifest = createRequire(import.meta.url)('millrace/package.json') as { version: string }
  return manifest.version
}
