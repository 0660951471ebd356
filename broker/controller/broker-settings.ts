import { ProtocolError } from '#core/wire/errors.ts'

import { type BrokerConfig, brokerConfigDefinition } from '../config.ts'
import { topicDefaults, topicSynonyms } from '../log/config.ts'
import { kafkaSettings, kafkaSettingsDefinition, withoutEffect } from '../settings/kafka-settings.ts'
import { type ConfigRow, type ConfigSynonym, configSources, printed, settingOf, withoutSecrets } from './config-rows.ts'
import { invalidConfig } from './invalid-config.ts'
import { type MetadataImage, configResources } from './image.ts'

const declared = brokerConfigDefinition.settings
const elr = 'eligible.leader.replicas.version'

/** Names that stand behind one another, the strongest first. */
const chains: ReadonlyMap<string, readonly string[]> = new Map(
  Object.values(topicSynonyms).flatMap((rows) => {
    const names = rows.map(({ name }) => name)
    return names.map((name) => [name, names] as const)
  }),
)

/** Every name that a broker shows, in Kafka's order: by name. */
const shownNames: readonly string[] = [...new Set([...kafkaSettings.keys(), ...Object.keys(declared)])]
  .filter((name) => kafkaSettings.get(name)?.hidden !== true)
  .sort()

/** True for a setting that may change while the broker runs: Kafka's settings for the whole cluster. */
export const changesWhileRunning = (name: string): boolean => kafkaSettings.get(name)?.dynamic === 'cluster'

/** The settings of this broker: made for it, for all brokers, given at the start, or the default, in this order. */
export class BrokerSettings {
  readonly #image: MetadataImage
  readonly #nodeId: number
  readonly #config: BrokerConfig
  readonly #given: Readonly<Record<string, string>>
  #current: { readonly own: object; readonly all: object; readonly config: BrokerConfig } | undefined

  /** `given` holds what the broker was started with, by canonical name, as text. */
  constructor(image: MetadataImage, nodeId: number, config: BrokerConfig, given: Readonly<Record<string, string>>) {
    this.#image = image
    this.#nodeId = nodeId
    this.#config = config
    this.#given = given
  }

  /** The values that hold now. Dynamic values that cannot be read, as another broker may have left them, do not count. */
  get current(): BrokerConfig {
    const own = this.#dynamic()
    const all = this.#dynamicForAll()
    if (this.#current?.own === own && this.#current.all === all) return this.#current.config
    const live = [...all, ...own].filter(([name]) => changesWhileRunning(name))
    const rows = brokerConfigDefinition.validate({ ...this.#given, ...Object.fromEntries(live) })
    const config = { ...this.#config } as Record<string, unknown>
    for (const { name, value, errors } of rows) if (errors.length === 0) config[name] = value
    this.#current = { own, all, config: config as BrokerConfig }
    return this.#current.config
  }

  /** The same as an object that always shows what holds now: settings that may change are read when they are asked for. */
  live(): BrokerConfig {
    const live = { ...this.#config }
    for (const name of Object.keys(declared).filter(changesWhileRunning)) {
      Object.defineProperty(live, name, { enumerable: true, get: () => this.current[name as keyof BrokerConfig] })
    }
    return live
  }

  /** The value that a setting of Kafka has, as text, whether or not anything here acts upon it; null for none. */
  valueOf(name: string): string | null {
    const setting = settingOf(declared, name)
    if (setting !== undefined) return printed(setting, this.current[name as keyof BrokerConfig])
    return this.synonyms(name)[0]?.value ?? null
  }

  /** Every place that gives a setting a value, the strongest first; a default behind other names only with its own name. */
  synonyms(name: string): ConfigSynonym[] {
    const names = chains.get(name) ?? [name]
    const places: readonly (readonly [number, (name: string) => string | null | undefined])[] = [
      [configSources.dynamicBroker, (each) => this.#dynamic().get(each)],
      [configSources.dynamicDefault, (each) => this.#dynamicForAll().get(each)],
      [configSources.staticBroker, (each) => this.#given[brokerConfigDefinition.resolve(each) ?? each]],
      [configSources.default, defaultOf],
    ]
    const rows = places.flatMap(([source, valueOf]) =>
      names.flatMap((each) => {
        const value = valueOf(each) ?? null
        return value === null ? [] : [{ name: each, value, source }]
      }),
    )
    const first = rows.findIndex((row) => row.name === name)
    return first === -1 ? [] : rows.slice(first)
  }

  /** All settings of this broker. */
  describe(): ConfigRow[] {
    const strangers = [...this.#dynamic().keys(), ...this.#dynamicForAll().keys()].filter((name) => !known(name))
    return [...shownNames, ...new Set(strangers)].map((name) => this.#row(name))
  }

  /** Settings made for all brokers, and nothing else. */
  describeDefaults(): ConfigRow[] {
    return [...this.#dynamicForAll()].map(([name, value]) => {
      const source = configSources.dynamicDefault
      return withoutSecrets({ ...this.#row(name), value, source, synonyms: [{ name, value, source }] })
    })
  }

  /**
   * Checks a change for one broker or, with the name '', for all. Throws INVALID_REQUEST for what cannot change or cannot
   * be read, else INVALID_CONFIG. Names that are not known pass, as they do in Kafka: a plugin may read them.
   */
  check(broker: string, changed: ReadonlyMap<string, string | null>): void {
    const fixed = [...changed.keys()].filter((name) => known(name) && !changesWhileRunning(name))
    if (fixed.length > 0) {
      throw new ProtocolError(
        'INVALID_REQUEST',
        `these settings cannot change while the broker runs: ${fixed.join(', ')}`,
      )
    }
    if (changed.has('min.insync.replicas') && this.#image.feature(elr) > 0) {
      if (broker !== '')
        throw new ProtocolError('INVALID_CONFIG', `min.insync.replicas of one broker cannot change with ${elr} on`)
      if (changed.get('min.insync.replicas') === null) {
        throw new ProtocolError('INVALID_CONFIG', `min.insync.replicas of all brokers cannot be removed with ${elr} on`)
      }
    }
    const values = Object.fromEntries([...changed].filter(([, value]) => value !== null))
    const definition = { ...kafkaSettingsDefinition.settings, ...declared }
    const problems = Object.entries(values).flatMap(([name, value]) => problemsOf(definition, name, value!))
    if (problems.length > 0) throw new ProtocolError('INVALID_REQUEST', problems.join('; '))
    invalidConfig(() => topicDefaults({ ...this.current, ...brokerConfigDefinition.parse(values, 'broker') }))
  }

  #row(name: string): ConfigRow {
    const setting = settingOf(declared, brokerConfigDefinition.resolve(name) ?? name)
    const fact = kafkaSettings.get(name)
    const synonyms = this.synonyms(name)
    const { doc = setting === undefined && fact === undefined ? null : withoutEffect, secret = false } =
      setting?.options ?? {}
    return withoutSecrets({
      name,
      value: settingOf(declared, name) !== undefined ? this.valueOf(name) : (synonyms[0]?.value ?? null),
      source: synonyms[0]?.source ?? configSources.default,
      readOnly: known(name) && !changesWhileRunning(name),
      sensitive: secret || fact?.type === 'PASSWORD' || !known(name),
      type: fact?.type ?? setting?.type,
      doc,
      synonyms,
    })
  }

  #dynamic(): ReadonlyMap<string, string> {
    return this.#image.configOf(configResources.broker, String(this.#nodeId))
  }

  #dynamicForAll(): ReadonlyMap<string, string> {
    return this.#image.configOf(configResources.broker, '')
  }
}

/** Prefixed settings belong to a listener: they are known by what follows its name. */
const known = (name: string): boolean =>
  kafkaSettings.has(name) || settingOf(declared, name) !== undefined || /^listener\.name\.[^.]+\./.test(name)

function defaultOf(name: string): string | null {
  const setting = settingOf(declared, name)
  return setting === undefined ? (kafkaSettings.get(name)?.default ?? null) : printed(setting, setting.options.default)
}

function problemsOf(definition: object, name: string, value: string): string[] {
  const setting = settingOf(definition, name)
  if (setting === undefined) return []
  try {
    const problem = setting.options.check?.(setting.parse(value))
    return problem === undefined ? [] : [`setting '${name}': ${problem}`]
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return [`setting '${name}': ${error.message}, got '${value}'`]
  }
}
