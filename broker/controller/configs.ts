import { type Setting, type SettingOptions, configErrors } from '#core/config/define.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import { type BrokerConfig, brokerConfigDefinition } from '../config.ts'
import {
  type TopicConfig,
  type TopicSynonym,
  topicConfigDefinition,
  topicDefaults,
  topicSynonyms,
} from '../log/config.ts'
import { type MetadataImage, configResources } from './image.ts'

/** Where a value comes from, by Kafka's numbers. */
export const configSources = { topic: 1, dynamicBroker: 2, dynamicDefault: 3, staticBroker: 4, default: 5 } as const

/** A place that gives a setting a value, in the order in which Kafka asks them. */
export interface ConfigSynonym {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

/** A setting as DescribeConfigs shows it. */
export interface ConfigRow extends ConfigSynonym {
  readonly readOnly: boolean
  readonly sensitive: boolean
  readonly type: string
  readonly doc: string
  /** Every place that gives the setting a value, the strongest first. */
  readonly synonyms: readonly ConfigSynonym[]
}

type AnySetting = Setting<unknown, SettingOptions<unknown>>

const settingOf = (settings: object, name: string): AnySetting | undefined =>
  (settings as Record<string, AnySetting>)[name]
const topicSettings = topicConfigDefinition.settings
const brokerSettings = brokerConfigDefinition.settings
const printed = (setting: AnySetting, value: unknown): string | null =>
  value === undefined ? null : (setting.print as (value: unknown) => string)(value)

/** Broker settings that may change while the broker runs: those that topics fall back on. */
const liveBrokerSettings: ReadonlySet<string> = new Set(
  Object.values(topicSynonyms).flatMap((rows) => rows.map(({ name }) => name)),
)

/**
 * Settings as they hold for topics and brokers: made for the topic, for this broker, for all brokers, given at the start,
 * or the default, in this order.
 */
export class Configs {
  readonly #image: MetadataImage
  readonly #nodeId: number
  readonly #config: BrokerConfig
  readonly #given: Readonly<Record<string, string>>

  /** `given` holds what the broker was started with, by canonical name, as text. */
  constructor(image: MetadataImage, nodeId: number, config: BrokerConfig, given: Readonly<Record<string, string>>) {
    this.#image = image
    this.#nodeId = nodeId
    this.#config = config
    this.#given = given
  }

  /** All settings of a topic with their values, whether or not it exists. Throws CONFIG_INVALID. */
  ofTopic(topic: string): TopicConfig {
    return this.#resolve(Object.fromEntries(this.#image.configOf(configResources.topic, topic)))
  }

  /** What topics that say nothing themselves get. */
  topicDefaults(): TopicConfig {
    return this.#resolve({})
  }

  /** Checks settings for a topic. Throws INVALID_CONFIG with what is wrong. */
  checkTopic(settings: Readonly<Record<string, string>>): void {
    for (const name of Object.keys(settings)) {
      if (!(name in topicSettings)) throw new ProtocolError('INVALID_CONFIG', `topics have no setting '${name}'`)
    }
    invalidConfig(() => this.#resolve(settings))
  }

  /** Checks a change of a broker's settings. Throws INVALID_REQUEST for those that cannot change, else INVALID_CONFIG. */
  checkBroker(settings: Readonly<Record<string, string>>): void {
    for (const name of Object.keys(settings)) {
      if (!liveBrokerSettings.has(name)) {
        throw new ProtocolError('INVALID_REQUEST', `'${name}' cannot change while the broker runs`)
      }
    }
    invalidConfig(() => topicDefaults(brokerConfigDefinition.parse(settings, 'broker')))
  }

  describeTopic(topic: string): ConfigRow[] {
    const own = this.#image.configOf(configResources.topic, topic)
    const defaults = this.ofTopic(topic) as Readonly<Record<string, unknown>>
    return Object.keys(topicSettings).map((name) => {
      const setting = settingOf(topicSettings, name)!
      const behind = (topicSynonyms as Readonly<Record<string, readonly TopicSynonym[]>>)[name] ?? []
      const synonyms = [
        ...(own.has(name) ? [{ name, value: own.get(name)!, source: configSources.topic }] : []),
        // As Apache shows it: a default counts only under the strongest name.
        ...behind.flatMap((synonym, i) => this.#brokerSynonyms(synonym.name, i === 0)),
      ]
      const source = synonyms[0]?.source ?? configSources.default
      return row(name, setting, printed(setting, defaults[name]), source, false, synonyms)
    })
  }

  describeBroker(): ConfigRow[] {
    return Object.keys(brokerSettings).map((name) => {
      const setting = settingOf(brokerSettings, name)!
      const synonyms = this.#brokerSynonyms(name)
      const value = synonyms[0]?.value ?? printed(setting, this.#config[name as keyof BrokerConfig])
      const source = synonyms[0]?.source ?? configSources.default
      return row(name, setting, value, source, !liveBrokerSettings.has(name), synonyms)
    })
  }

  /** Settings made for all brokers, and nothing else. */
  describeBrokerDefaults(): ConfigRow[] {
    return [...this.#image.configOf(configResources.broker, '')].map(([name, value]) => {
      const setting = settingOf(brokerSettings, name)!
      const source = configSources.dynamicDefault
      return row(name, setting, value, source, false, [{ name, value, source }])
    })
  }

  #brokerSynonyms(name: string, withDefault = true): ConfigSynonym[] {
    const setting = settingOf(brokerSettings, name)
    if (setting === undefined) return []
    const dynamic = this.#image.configOf(configResources.broker, String(this.#nodeId)).get(name)
    const everywhere = this.#image.configOf(configResources.broker, '').get(name)
    const given = this.#given[name]
    const standard = withDefault ? printed(setting, setting.options.default) : null
    return [
      ...(dynamic === undefined ? [] : [{ name, value: dynamic, source: configSources.dynamicBroker }]),
      ...(everywhere === undefined ? [] : [{ name, value: everywhere, source: configSources.dynamicDefault }]),
      ...(given === undefined ? [] : [{ name, value: given, source: configSources.staticBroker }]),
      ...(standard === null ? [] : [{ name, value: standard, source: configSources.default }]),
    ]
  }

  #resolve(own: Readonly<Record<string, unknown>>): TopicConfig {
    const broker = {
      ...this.#given,
      ...Object.fromEntries(this.#image.configOf(configResources.broker, '')),
      ...Object.fromEntries(this.#image.configOf(configResources.broker, String(this.#nodeId))),
    }
    const defaults = topicDefaults(brokerConfigDefinition.parse(broker, 'broker'))
    return topicConfigDefinition.parse({ ...defaults, ...own }, 'topic')
  }
}

function row(
  name: string,
  setting: AnySetting,
  value: string | null,
  source: number,
  readOnly: boolean,
  synonyms: readonly ConfigSynonym[],
): ConfigRow {
  const { doc, secret = false } = setting.options
  return { name, value: secret ? null : value, source, readOnly, sensitive: secret, type: setting.type, doc, synonyms }
}

/** Turns what a definition finds wrong into the answer a client gets. */
function invalidConfig(check: () => unknown): void {
  try {
    check()
  } catch (error) {
    const known = error as { code?: string; details?: Record<string, unknown> }
    if (known.code !== configErrors.CONFIG_INVALID({ what: '', problems: '' }).code) throw error
    throw new ProtocolError('INVALID_CONFIG', String(known.details?.['problems']))
  }
}
