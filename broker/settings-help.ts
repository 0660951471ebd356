import type { AnySetting } from './controller/config-rows.ts'
import { brokerConfigDefinition } from './config.ts'

const width = 100

/** Every setting of a broker for eyes: name, type and default, and below it what it does. */
export function settingsHelp(): string {
  const rows = Object.entries(brokerConfigDefinition.settings as Readonly<Record<string, AnySetting>>)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, setting]) => `  ${name}  ${about(setting)}\n${wrapped(setting.options.doc, '      ')}`)
  return [
    'Settings, in the file of --config or as --set name=value (names of Apache Kafka; its other settings are',
    'taken as well and have no effect). Sizes may have units (8MiB), and so may times (10s).',
    '',
    ...rows,
    '',
  ].join('\n')
}

function about({ type, options, print }: AnySetting): string {
  if (options.default === undefined) return `(${type.toLowerCase()})`
  const standard = (print as (value: unknown) => string)(options.default)
  return `(${type.toLowerCase()}, ${standard === '' ? 'empty' : standard})`
}

function wrapped(text: string, indent: string): string {
  const lines = ['']
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1)!
    if (line !== '' && indent.length + line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.map((line) => indent + line).join('\n')
}
