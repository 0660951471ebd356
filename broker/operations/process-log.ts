import { createRequire } from 'node:module'

import type { destination, pino } from 'pino'

import { type Log, type LogLevel, textLog } from '#core/telemetry/log.ts'

/** How lines look: text for people, JSON for programs. */
export type LogForm = 'text' | 'json'

/**
 * The log of a process on stderr: lines of text on a terminal, else one JSON object a line with `time` (ISO 8601), `level`,
 * `msg` and the details as fields.
 */
export function processLog(form?: LogForm, level: LogLevel = 'info'): Log {
  return (form ?? (process.stderr.isTTY ? 'text' : 'json')) === 'text' ? textLog(level) : jsonLog(level)
}

/** Lines of JSON, written before the call returns: the last one before a crash is the one that matters. */
export function jsonLog(level: LogLevel, write?: (line: string) => void): Log {
  // Loaded when it is needed: most brokers live inside tests and say nothing.
  const load = createRequire(import.meta.url)('pino') as typeof pino & { readonly destination: typeof destination }
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  const logger = load(options, write === undefined ? load.destination({ fd: 2, sync: true }) : { write })
  return (each, message, details) => logger[each](details ?? {}, message)
}
