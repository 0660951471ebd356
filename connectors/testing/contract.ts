import assert from 'node:assert/strict'

import type { ConfigDefinition, Setting, SettingOptions, Settings } from '#core/config/define.ts'
import { systemClock } from '#core/ports/clock.ts'
import { systemRandom } from '#core/ports/random.ts'
import { systemFiles } from '#core/ports/system-files.ts'
import { systemTimers } from '#core/ports/timers.ts'
import { silentLog } from '#core/telemetry/log.ts'

import type { AnyConnector, StringMap, TaskContext } from '../api/connector.ts'

/** One thing that every connector has to hold to. `run` rejects when it does not. */
export interface Law {
  readonly name: string
  readonly run: () => Promise<void>
}

/** What tasks are told in the suites: the real world, and a signal. */
export const lawContext = (signal: AbortSignal): TaskContext => ({
  connector: 'contract',
  task: 0,
  log: silentLog,
  ports: { clock: systemClock, timers: systemTimers({ ref: false }), random: systemRandom, files: systemFiles },
  signal,
})

/** Rejects when the work takes longer than any sound plugin needs. */
export async function soon<T>(work: Promise<T>, what: string, ms = 5000): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: `${what} took more than ${ms} ms` })), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

type Declared = Setting<unknown, SettingOptions<unknown>>

/** Laws of both kinds: what a connector says of itself. */
export function declarationLaws(connector: AnyConnector, config: StringMap): Law[] {
  const definition = connector.config as ConfigDefinition<Settings>
  const settings = Object.entries(definition.settings) as [string, Declared][]
  return [
    {
      name: 'it has a name, a version and a doc, and a doc for every setting',
      run: async () => {
        assert.ok(connector.names.length > 0 && connector.names.every((name) => name.trim() !== ''), 'a name')
        assert.ok(connector.version.trim() !== '' && connector.doc.trim() !== '', 'version and doc')
        for (const [name, { options }] of settings) assert.ok(options.doc.trim() !== '', `setting "${name}" has no doc`)
      },
    },
    {
      name: 'its settings parse, and one that is required and missing is named',
      run: async () => {
        definition.parse(config, 'contract')
        for (const [name] of settings.filter(([, { options }]) => options.required && options.default === undefined)) {
          const { [name]: _, ...without } = config
          assert.throws(
            () => definition.parse(without, 'contract'),
            (error: Error) => error.message.includes(`"${name}"`),
          )
        }
      },
    },
    {
      name: 'it divides its work into at least one and at most tasks.max tasks, each with valid settings',
      run: async () => {
        for (const most of [1, 3]) {
          const parsed = definition.parse(config, 'contract') as never
          const tasks = connector.taskConfigs ? await connector.taskConfigs(parsed, most, config) : [config]
          assert.ok(tasks.length >= 1 && tasks.length <= most, `${tasks.length} tasks of ${most}`)
          for (const each of tasks) definition.parse({ ...config, ...each }, 'contract')
        }
      },
    },
  ]
}
