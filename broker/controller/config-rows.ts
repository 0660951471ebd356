import type { Setting, SettingOptions } from '#core/config/define.ts'

/** Where a value comes from, by Kafka's numbers. */
export const configSources = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefault: 3,
  staticBroker: 4,
  default: 5,
  brokerLogger: 6,
  clientMetrics: 7,
  group: 8,
} as const

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
  /** Kafka's name of the type; undefined for a setting of which nothing is known. */
  readonly type: string | undefined
  readonly doc: string | null
  /** Every place that gives the setting a value, the strongest first. */
  readonly synonyms: readonly ConfigSynonym[]
}

/** A declared setting, its type forgotten. */
export type AnySetting = Setting<unknown, SettingOptions<unknown>>

/** A declared setting by name; undefined when there is none. */
export const settingOf = (settings: object, name: string): AnySetting | undefined =>
  Object.hasOwn(settings, name) ? (settings as Record<string, AnySetting>)[name] : undefined

/** A value in the form in which Kafka writes it; null for none. */
export const printed = (setting: AnySetting, value: unknown): string | null =>
  value === undefined ? null : (setting.print as (value: unknown) => string)(value)

/** A row without its secrets: of those not even the synonyms show values. */
export function withoutSecrets(row: ConfigRow): ConfigRow {
  if (!row.sensitive) return row
  return { ...row, value: null, synonyms: row.synonyms.map((each) => ({ ...each, value: null })) }
}
