import { parseProperties } from '#core/config/properties.ts'
import type { Files } from '#core/ports/files.ts'

import { kafkaSettings } from './settings/kafka-settings.ts'

/** Settings that belong to a start and not to the data. */
const passing: ReadonlySet<string> = new Set([
  'listeners',
  'advertised.listeners',
  'log.dirs',
  'flush',
  'node.id',
  'process.roles',
  'controller.listener.names',
  'controller.quorum.bootstrap.servers',
  'controller.quorum.voters',
  'inter.broker.listener.name',
])
/** Those that go with listeners, keys and passwords among them. */
const ofListeners = /^(listener\.|ssl\.|sasl\.|millrace\.)/

const isSecret = (name: string): boolean => kafkaSettings.get(name)?.type === 'PASSWORD'

const fileOf = (dataDirectory: string): string => `${dataDirectory}/broker.properties`

/**
 * Keeps beside the data what the broker was told: topics fall back on these settings, so whoever takes the directory over
 * needs them. Written only when it changes.
 */
export function saveSettings(files: Files, dataDirectory: string, given: Readonly<Record<string, string>>): void {
  const rows = Object.entries(given).filter(
    ([name]) => !passing.has(name) && !ofListeners.test(name) && !isSecret(name),
  )
  const text = rows
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${escape(value)}\n`)
    .join('')
  const file = fileOf(dataDirectory)
  const before = files.exists(file) ? files.readWhole(file).toString('utf8') : ''
  if (text !== before) files.replace(file, Buffer.from(text))
}

/** What `saveSettings` kept; empty without a file. */
export function readSettings(files: Files, dataDirectory: string): Record<string, string> {
  const file = fileOf(dataDirectory)
  return files.exists(file) ? parseProperties(files.readWhole(file).toString('utf8')) : {}
}

const escape = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
