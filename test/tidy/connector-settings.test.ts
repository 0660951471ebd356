import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import type { ConfigDefinition, Settings } from '../../core/config/define.ts'
import { sinkConnectorConfig, sourceConnectorConfig } from '../../connectors/runtime/connector-config.ts'
import { bundledConnectors } from '../../connectors/runtime/plugins.ts'
import { workerConfig } from '../../connectors/runtime/worker-config.ts'
import { settingsTable } from '../support/settings-table.ts'
import { projectRoot } from '../support/sources.ts'

const path = join(projectRoot, 'connectors', 'SETTINGS.md')
const section = (title: string, about: string, definition: unknown): string =>
  `## ${title}\n\n${about}\n\n${settingsTable(definition as ConfigDefinition<Settings>)}\n`

function reference(): string {
  return [
    '# Settings of connectors\n\nPrinted from the declarations by a test: `UPDATE=1 npx vitest run --config test/vitest.config.ts connector-settings`.\n',
    section(
      'Worker',
      'Beside these: `key.converter.*`, `value.converter.*`, `producer.*` and `consumer.*`.',
      workerConfig,
    ),
    section(
      'Every source',
      'Beside these: converters with their settings, `producer.override.*`, `topic.creation.GROUP.*`.',
      sourceConnectorConfig,
    ),
    section('Every sink', 'Beside these: converters with their settings, `consumer.override.*`.', sinkConnectorConfig),
    ...bundledConnectors.map(({ names, doc, config }) =>
      section(`\`${names[0]}\``, `${doc} Also \`${names.slice(1).join('`, `')}\`.`, config),
    ),
  ].join('\n')
}

it('the reference of connectors says what the declarations say', () => {
  if (process.env['UPDATE'] !== undefined) writeFileSync(path, reference())
  expect(readFileSync(path, 'utf8')).toBe(reference())
})
