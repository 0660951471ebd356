import { ProtocolError } from '#core/wire/errors.ts'

import type { BrokerConfig } from '../config.ts'
import {
  type TopicConfig,
  type TopicSynonym,
  topicConfigDefinition,
  topicDefaults,
  topicSynonyms,
} from '../log/config.ts'
import { clientMetricsDefinition } from '../settings/client-metrics-settings.ts'
import { type GroupConfig, groupBounds, groupConfigDefinition, groupSynonym } from '../settings/group-settings.ts'
import { BrokerSettings } from './broker-settings.ts'
import { type ConfigRow, type ConfigSynonym, configSources, printed, settingOf } from './config-rows.ts'
import { type MetadataImage, configResources } from './image.ts'
import { invalidConfig } from './invalid-config.ts'

export { type ConfigRow, type ConfigSynonym, configSources } from './config-rows.ts'

const topicSettings = topicConfigDefinition.settings

/** Settings as they hold for brokers, topics, groups and subscriptions to metrics: what was made, and what stands behind it. */
export class Configs {
  readonly broker: BrokerSettings
  readonly #image: MetadataImage
  #defaults: { readonly of: BrokerConfig; readonly config: TopicConfig } | undefined

  /** `given` holds what the broker was started with, by canonical name, as text. */
  constructor(image: MetadataImage, nodeId: number, config: BrokerConfig, given: Readonly<Record<string, string>>) {
    this.#image = image
    this.broker = new BrokerSettings(image, nodeId, config, given)
  }

  /** All settings of a topic with their values, whether or not it exists. Throws CONFIG_INVALID. */
  ofTopic(topic: string): TopicConfig {
    const own = this.#image.configOf(configResources.topic, topic)
    return own.size === 0 ? this.topicDefaults() : this.#topicWith(Object.fromEntries(own))
  }

  /** What topics that say nothing themselves get. */
  topicDefaults(): TopicConfig {
    const { current } = this.broker
    if (this.#defaults?.of !== current) this.#defaults = { of: current, config: topicDefaults(current) }
    return this.#defaults.config
  }

  /** All settings of a group with their values, whether or not it exists. Values out of the broker's bounds are moved inside. */
  ofGroup(group: string): GroupConfig {
    const own = Object.fromEntries(this.#image.configOf(configResources.group, group))
    const rows = groupConfigDefinition.validate({ ...this.#groupDefaults(), ...own })
    const values = rows.map(({ name, value, errors, setting }) => {
      const usable = errors.length === 0 ? value : setting.options.default
      return [name, typeof usable === 'number' ? this.#bounded(name, usable) : usable]
    })
    return Object.fromEntries(values) as GroupConfig
  }

  /** Checks settings for a topic. Throws INVALID_CONFIG with what is wrong. */
  checkTopic(settings: Readonly<Record<string, string>>): void {
    for (const name of Object.keys(settings)) {
      if (!(name in topicSettings)) throw new ProtocolError('INVALID_CONFIG', `topics have no setting '${name}'`)
    }
    invalidConfig(() => this.#topicWith(settings))
  }

  /** Checks settings for a group. Throws INVALID_CONFIG with what is wrong. */
  checkGroup(settings: Readonly<Record<string, string>>): void {
    for (const name of groupConfigDefinition.unknown(settings)) {
      throw new ProtocolError('INVALID_CONFIG', `groups have no setting '${name}'`)
    }
    const config: Readonly<Record<string, unknown>> = invalidConfig(() =>
      groupConfigDefinition.parse({ ...this.#groupDefaults(), ...settings }, 'group'),
    )
    for (const name of Object.keys(settings)) {
      const { low, high } = this.#boundsOf(name)
      const value = config[name] as number
      if (low !== undefined && value < low.value) throw outside(name, value, `at least ${low.value} (${low.name})`)
      if (high !== undefined && value > high.value) throw outside(name, value, `at most ${high.value} (${high.name})`)
    }
    for (const kind of ['consumer', 'share', 'streams']) {
      const [beat, session] = [`${kind}.heartbeat.interval.ms`, `${kind}.session.timeout.ms`]
      if (!(beat in settings || session in settings) || Number(config[session]) > Number(config[beat])) continue
      throw new ProtocolError('INVALID_CONFIG', `${session} must be more than ${beat}`)
    }
  }

  /** Checks a subscription to metrics of clients. Throws INVALID_REQUEST for unknown settings, else INVALID_CONFIG. */
  checkClientMetrics(settings: Readonly<Record<string, string>>): void {
    for (const name of clientMetricsDefinition.unknown(settings)) {
      throw new ProtocolError('INVALID_REQUEST', `subscriptions to metrics have no setting '${name}'`)
    }
    invalidConfig(() => clientMetricsDefinition.parse(settings, 'client metrics'))
  }

  describeTopic(topic: string): ConfigRow[] {
    return this.#describe(topicSettings, this.ofTopic(topic), configResources.topic, topic, (name) => {
      const behind = (topicSynonyms as Readonly<Record<string, readonly TopicSynonym[]>>)[name]?.[0]
      return behind === undefined ? [] : this.broker.synonyms(behind.name)
    })
  }

  describeGroup(group: string): ConfigRow[] {
    return this.#describe(groupConfigDefinition.settings, this.ofGroup(group), configResources.group, group, (name) => {
      const behind = this.broker.synonyms(groupSynonym(name))
      if (behind.length > 0) return behind
      const setting = settingOf(groupConfigDefinition.settings, name)!
      return [{ name, value: printed(setting, setting.options.default), source: configSources.default }]
    })
  }

  describeClientMetrics(name: string): ConfigRow[] {
    const own = Object.fromEntries(this.#image.configOf(configResources.clientMetrics, name))
    const config = clientMetricsDefinition.parse(own, 'client metrics')
    return this.#describe(clientMetricsDefinition.settings, config, configResources.clientMetrics, name, () => [])
  }

  #describe(
    settings: object,
    values: Readonly<Record<string, unknown>>,
    resource: ResourceWithSource,
    resourceName: string,
    behind: (name: string) => ConfigSynonym[],
  ): ConfigRow[] {
    const own = this.#image.configOf(resource, resourceName)
    return Object.keys(settings).map((name) => {
      const setting = settingOf(settings, name)!
      const value = own.get(name)
      const synonyms = [...(value === undefined ? [] : [{ name, value, source: sourceOf[resource] }]), ...behind(name)]
      return {
        name,
        value: printed(setting, values[name]),
        source: synonyms[0]?.source ?? configSources.default,
        readOnly: false,
        sensitive: false,
        type: setting.type,
        doc: setting.options.doc,
        synonyms,
      }
    })
  }

  #topicWith(own: Readonly<Record<string, unknown>>): TopicConfig {
    return topicConfigDefinition.parse({ ...this.topicDefaults(), ...own }, 'topic')
  }

  #groupDefaults(): Record<string, string> {
    const names = Object.keys(groupConfigDefinition.settings)
    return Object.fromEntries(
      names.flatMap((name) => {
        const value = this.broker.valueOf(groupSynonym(name))
        return value === null ? [] : [[name, value]]
      }),
    )
  }

  #boundsOf(name: string): { readonly low: Bound | undefined; readonly high: Bound | undefined } {
    const names = (groupBounds as Readonly<Record<string, { low?: string; high?: string }>>)[name]
    const bound = (setting: string | undefined): Bound | undefined =>
      setting === undefined ? undefined : { name: setting, value: Number(this.broker.valueOf(setting)) }
    return { low: bound(names?.low), high: bound(names?.high) }
  }

  #bounded(name: string, value: number): number {
    const { low, high } = this.#boundsOf(name)
    return Math.min(Math.max(value, low?.value ?? value), high?.value ?? value)
  }
}

interface Bound {
  readonly name: string
  readonly value: number
}

const sourceOf = {
  [configResources.topic]: configSources.topic,
  [configResources.group]: configSources.group,
  [configResources.clientMetrics]: configSources.clientMetrics,
} as const

type ResourceWithSource = keyof typeof sourceOf

const outside = (name: string, value: number, allowed: string): ProtocolError =>
  new ProtocolError('INVALID_CONFIG', `setting '${name}': must be ${allowed}, got ${value}`)
