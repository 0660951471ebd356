import { type Setting, configErrors } from '#core/config/define.ts'
import type { Log } from '#core/telemetry/log.ts'

import { type BrokerConfig, brokerConfigDefinition, flushPolicies } from './config.ts'
import { isListenerOverride } from './security/config.ts'
import { kafkaSettings, kafkaSettingsDefinition } from './settings/kafka-settings.ts'

/** What a broker was told, in a form that all others work with. */
export interface GivenSettings {
  /** By canonical name, in Kafka's form; with settings of Apache Kafka that nothing here acts upon. */
  readonly given: Readonly<Record<string, string>>
  readonly config: BrokerConfig
}

/**
 * Reads settings by Kafka's names. A name that nobody knows is warned about once; names that Apache Kafka has and that have
 * no effect here come together in one line. Throws CONFIG_INVALID with all problems; `what` says whose settings they are.
 */
export function readSettings(raw: Readonly<Record<string, string>>, what: string, log: Log): GivenSettings {
  const given: Record<string, string> = {}
  const idle: string[] = []
  for (const [name, value] of Object.entries(raw)) {
    const declared = brokerConfigDefinition.resolve(name)
    if (declared !== undefined) given[declared] = canonical(brokerConfigDefinition.settings, declared, value)
    else if (isListenerOverride(name)) given[name] = value
    else if (kafkaSettings.has(name)) {
      given[name] = canonical(kafkaSettingsDefinition.settings, name, value)
      if (given[name] !== (kafkaSettings.get(name)!.default ?? '')) idle.push(name)
    } else log('warn', `setting "${name}" is not known and has no effect`)
  }
  const all = { ...flushPolicies[given['flush'] as keyof typeof flushPolicies], ...given }
  const config = checkSettings(all, what)
  if (idle.length > 0) log('info', `settings of Apache Kafka without effect here: ${idle.join(', ')}`)
  return { given: all, config }
}

/** The typed values. Throws CONFIG_INVALID with everything that is wrong, also in settings that have no effect. */
function checkSettings(raw: Readonly<Record<string, string>>, what: string): BrokerConfig {
  const rows = brokerConfigDefinition.validate(raw)
  const idle = kafkaSettingsDefinition
    .validate(raw)
    .filter(({ name }) => brokerConfigDefinition.resolve(name) === undefined)
  const problems = [...rows, ...idle].flatMap(({ errors }) => errors)
  if (problems.length > 0) throw configErrors.CONFIG_INVALID({ what, problems: problems.join('; ') })
  return Object.fromEntries(rows.map(({ name, value }) => [name, value])) as BrokerConfig
}

/** A value in Kafka's form: units are ours. What cannot be read stays as it is, for the definition to complain of. */
function canonical(settings: object, name: string, value: string): string {
  const setting = (settings as Readonly<Record<string, Setting<unknown>>>)[name]!
  try {
    return setting.print(setting.parse(value))
  } catch (error) {
    if (error instanceof RangeError) return value
    throw error
  }
}
