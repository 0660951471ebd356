import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import { parseProperties } from '#core/config/properties.ts'
import { type KnownError, isKnownError } from '#core/errors/table.ts'
import { systemFiles } from '#core/ports/system-files.ts'
import { type Log, type LogLevel, silentLog } from '#core/telemetry/log.ts'

import { brokerErrors } from './errors.ts'
import { flushPolicy } from './flush-policy.ts'
import { readSettings } from './given-settings.ts'
import { leaveProperties } from './leave.ts'
import { processLog } from './operations/process-log.ts'
import { settingsHelp } from './settings-help.ts'
import { type Broker, startBroker } from './start.ts'
import { stopOnSignals } from './stop-signals.ts'

/** The exit code for a command line or settings that cannot be used (EX_USAGE of sysexits). */
const usageExit = 64

/** What `millrace broker` was called with, as text. */
export interface BrokerCommandOptions {
  readonly help?: boolean
  readonly port?: string
  readonly host?: string
  readonly data?: string
  readonly config?: string
  readonly metrics?: string
  readonly log?: string
  readonly logLevel?: string
  readonly set?: readonly string[]
  readonly addScram?: readonly string[]
}

/**
 * `millrace broker`: serves until a signal comes. Prints one line, `ready HOST:PORT data=… flush=… version=…`, on stdout
 * when it serves. A first SIGTERM or SIGINT drains and stops, a second one ends at once. `usage` is what `--help` prints
 * before the settings.
 */
export async function brokerCommand(options: BrokerCommandOptions, usage = ''): Promise<number> {
  if (options.help === true) {
    process.stdout.write(`${usage}\n${settingsHelp()}`)
    return 0
  }
  // Before the start: a signal that comes while logs are recovered must not cut that short either.
  const signals = stopOnSignals()
  let broker: Broker
  let log: Log
  try {
    log = processLog(wordOf('--log', options.log, ['text', 'json']), wordOf('--log-level', options.logLevel, levels))
    broker = await startBroker({
      ...(options.host !== undefined && { host: options.host }),
      ...(options.port !== undefined && { port: portOf(options.port) }),
      ...(options.data !== undefined && { dataDir: options.data }),
      config: {
        ...readConfigFile(options.config),
        ...(options.metrics !== undefined && { 'millrace.metrics.listener': options.metrics }),
        ...parseSettings(options.set ?? []),
      },
      ...(options.addScram !== undefined && { addScram: options.addScram }),
      log,
    })
  } catch (error) {
    signals.release()
    if (!isKnownError(error)) throw error
    return complain(error)
  }
  const policy = flushPolicy(broker.config)
  process.stdout.write(
    `ready ${broker.bootstrapServers} data=${broker.dataDir} flush=${policy.name} version=${version()}\n`,
  )
  log('info', policy.promise)
  await signals.first
  log('info', 'stopping; a second signal ends at once')
  await broker.stop()
  signals.release()
  return 0
}

/** `millrace leave`: prints the server.properties with which Apache Kafka starts on a directory that a broker has left. */
export async function leaveCommand(options: { readonly data: string; readonly port?: string }): Promise<number> {
  try {
    const port = options.port === undefined ? 9092 : portOf(options.port)
    process.stdout.write(leaveProperties(systemFiles, options.data, port))
    return 0
  } catch (error) {
    if (!isKnownError(error)) throw error
    return complain(error)
  }
}

const levels = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[]

function wordOf<Word extends string>(
  option: string,
  given: string | undefined,
  words: readonly Word[],
): Word | undefined {
  if (given === undefined || words.includes(given as Word)) return given as Word | undefined
  throw brokerErrors.OPTION_WORD({ option, given, words: words.join(', ') })
}

function portOf(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw brokerErrors.PORT_INVALID({ port: text })
  return Number(text)
}

/** The settings of a file, each of them checked here already so that what is wrong is told with the file's name. */
function readConfigFile(path: string | undefined): Record<string, string> {
  if (path === undefined) return {}
  let rows: Record<string, string>
  try {
    rows = parseProperties(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw brokerErrors.CONFIG_FILE({ file: path, problem: (cause as Error).message }, cause)
  }
  readSettings(rows, `file "${path}"`, silentLog)
  return rows
}

function parseSettings(pairs: readonly string[]): Record<string, string> {
  const rows = Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at <= 0) throw brokerErrors.SETTING_FORM({ text: pair })
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
    }),
  )
  readSettings(rows, '--set', silentLog)
  return rows
}

function complain(error: KnownError): number {
  process.stderr.write(`millrace: ${error.message}\n${error.hint === undefined ? '' : `${error.hint}\n`}`)
  return usageExit
}

const version = (): string => {
  const manifest = createRequire(import.meta.url)('millrace/package.json') as { version: string }
  return manifest.version
}
