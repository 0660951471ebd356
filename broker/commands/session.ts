import { readFileSync } from 'node:fs'

import type { Client } from '#core/client/client.ts'
import { createClient } from '#core/client/lean-client.ts'
import { parseProperties } from '#core/config/properties.ts'
import { textLog } from '#core/telemetry/log.ts'

import { commandErrors } from './errors.ts'
import { type Output, processOutput } from './output.ts'

/** What every command takes that talks to a cluster. */
export interface ClusterOptions {
  readonly bootstrapServer: string
  /** A properties file with what the cluster asks of clients, such as TLS and SASL. */
  readonly commandConfig?: string | undefined
  readonly json?: boolean | undefined
}

/** What a command works with. */
export interface Session {
  readonly client: Client
  readonly output: Output
}

/** Runs a command against a cluster and closes the client in any case. The result is the exit code, 0. */
export async function withCluster(
  options: ClusterOptions,
  work: (session: Session) => Promise<void>,
  output: Output = processOutput(options.json === true),
): Promise<number> {
  const client = createClient({
    bootstrapServers: options.bootstrapServer,
    clientId: 'millrace-cli',
    log: textLog('warn'),
    // A person waits: nobody there should be said soon.
    callTimeoutMs: 15_000,
    connectTimeoutMs: 5_000,
    ...propertiesOf(options.commandConfig),
  })
  try {
    await work({ client, output })
  } finally {
    await client.close()
  }
  return 0
}

function propertiesOf(file: string | undefined): { properties?: Readonly<Record<string, string>> } {
  return file === undefined ? {} : { properties: parseProperties(readText(file)) }
}

/** A file as text. Throws FILE_UNREADABLE. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw commandErrors.FILE_UNREADABLE({ file, problem: (cause as Error).message }, cause)
  }
}

/** The options `k=v` as an object. Throws OPTION_INVALID. */
export function pairs(option: string, given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf('=')
      if (at <= 0) throw commandErrors.OPTION_INVALID({ option, value: text, wanted: 'of the form name=value' })
      return [text.slice(0, at).trim(), text.slice(at + 1)]
    }),
  )
}

/** A whole number of at least `least`. Throws OPTION_INVALID. */
export function wholeNumber(option: string, text: string, least = 0): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= least && text.trim() !== '') return value
  throw commandErrors.OPTION_INVALID({ option, value: text, wanted: `a whole number from ${least} on` })
}

/** A point in time, ms: ISO 8601, or how long ago, as `90s`, `15m`, `2h`, `7d`. Undefined for anything else. */
export function timeOf(text: string, now: number): number | undefined {
  const ago = /^(\d+)(s|m|h|d)$/.exec(text)
  if (ago !== null) return now - Number(ago[1]) * { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[ago[2] as 's']
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return undefined
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}
