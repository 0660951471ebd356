import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import type { ConfigDefinition, Settings } from '../../core/config/define.ts'
import { brokerConfigDefinition, brokerSettings } from '../../broker/config.ts'
import { changesWhileRunning } from '../../broker/controller/broker-settings.ts'
import { topicConfigDefinition } from '../../broker/log/config.ts'
import { clientMetricsDefinition } from '../../broker/settings/client-metrics-settings.ts'
import { groupConfigDefinition } from '../../broker/settings/group-settings.ts'
import { kafkaSettings, kafkaSettingsDefinition, problemOf } from '../../broker/settings/kafka-settings.ts'
import { settingsTable } from '../support/settings-table.ts'
import { projectRoot } from '../support/sources.ts'

const path = join(projectRoot, 'broker', 'CONFIGURATION.md')
const section = (title: string, about: string, definition: unknown): string =>
  `## ${title}\n\n${about}\n\n${settingsTable(definition as ConfigDefinition<Settings>)}\n`
const names = (wanted: readonly string[]): string => wanted.map((name) => `\`${name}\``).join(', ')
const declared = Object.keys(brokerSettings)
const idle = [...kafkaSettings.keys()].filter((name) => brokerConfigDefinition.resolve(name) === undefined)

function reference(): string {
  return [
    '# Settings of the broker\n\nPrinted from the declarations by a test: `UPDATE=1 npx vitest run --config test/vitest.config.ts broker/configuration`.\n',
    section(
      'Broker',
      'Given in the file of `--config` (a server.properties), as `--set name=value`, or as `config` of `startBroker`. ' +
        'Security settings may stand for one listener: `listener.name.NAME.SETTING`.',
      brokerConfigDefinition,
    ),
    `## Changed while the broker runs\n\nFor all brokers or for one, with \`kafka-configs --entity-type brokers\`; the first lookup takes the new value.\n\n${names(declared.filter(changesWhileRunning))}\n`,
    section('Topics', 'Made with a topic or with `kafka-configs --entity-type topics`.', topicConfigDefinition),
    section('Groups', 'Made with `kafka-configs --entity-type groups`; the broker bounds them.', groupConfigDefinition),
    section('Metrics of clients', 'Subscriptions, kept and shown; nothing is collected.', clientMetricsDefinition),
    `## Taken without effect\n\nSettings of Apache Kafka 4.3 that mean nothing for one node of this broker. They are checked, kept and shown.\n\n${names(idle)}\n`,
  ].join('\n')
}

it('the reference of settings says what the declarations say', () => {
  if (process.env['UPDATE'] !== undefined) writeFileSync(path, reference())
  expect(readFileSync(path, 'utf8')).toBe(reference())
})

/** Where one node, or a safer default, differs from Apache Kafka. */
const differing = new Set([
  'advertised.listeners',
  'controller.listener.names',
  'group.initial.rebalance.delay.ms',
  'listener.security.protocol.map',
  'listeners',
  'log.dirs',
  'node.id',
  'offsets.topic.replication.factor',
  'process.roles',
  'queued.max.request.bytes',
  'sasl.enabled.mechanisms',
  'transaction.state.log.min.isr',
  'transaction.state.log.replication.factor',
])

describe('settings', () => {
  it('have the defaults of Apache Kafka but for those of one node', () => {
    const others = Object.entries(brokerConfigDefinition.settings).filter(([name, { options, print }]) => {
      const fact = kafkaSettings.get(name)
      if (fact === undefined) return false
      const standard = 'default' in options ? (options.default as unknown) : undefined
      const ours = standard === undefined ? undefined : (print as (value: unknown) => string)(standard)
      return ours !== fact.default && Number(ours) !== Number(fact.default)
    })
    expect(others.map(([name]) => name).filter((name) => !differing.has(name))).toEqual([])
  })

  it('of Apache Kafka may be given with their own defaults', () => {
    const given = [...kafkaSettings.values()].flatMap(({ name, default: value }) =>
      value === undefined ? [] : [[name, value]],
    )
    const rows = kafkaSettingsDefinition.validate(Object.fromEntries(given) as Record<string, string>)
    expect(rows.flatMap(({ errors }) => errors)).toEqual([])
  })

  it('say what is allowed', () => {
    expect(problemOf(0, '1..9|-1')).toBe('must be from 1 to 9 or -1, got 0')
    expect(problemOf(-1, '1..9|-1')).toBeUndefined()
    expect(problemOf(0, '1..')).toBe('must be at least 1, got 0')
    expect(problemOf('x', 'a|b')).toBe('must be one of a, b, got x')
    expect(problemOf(['a', 'x'], 'a|b')).toBe('must be one of a, b, got x')
    expect(problemOf('B', 'a|b~')).toBeUndefined()
    expect(problemOf(0.7, '0..0.5')).toBe('must be from 0 to 0.5, got 0.7')
  })
})
