import {
  type ConfigDefinition,
  type Setting,
  type SettingOptions,
  type SettingType,
  type Settings,
  boolean,
  className,
  defineConfig,
  double,
  int,
  list,
  long,
  password,
  short,
  string,
} from '#core/config/define.ts'

import { kafkaSettingsTable } from './kafka-settings-table.ts'

/** What is known of a broker setting of Apache Kafka. */
export interface KafkaSetting {
  readonly name: string
  readonly type: SettingType
  /** As text; undefined when there is none. */
  readonly default: string | undefined
  /** Bounds or words, in the table's form. */
  readonly allowed: string | undefined
  /** Whether it may change while the broker runs: for all brokers and for one, for one only, or not at all. */
  readonly dynamic: 'cluster' | 'broker' | undefined
  /** Internal there: taken, but not shown. */
  readonly hidden: boolean
}

/** Every broker setting of Apache Kafka 4.3.1 by name. */
export const kafkaSettings: ReadonlyMap<string, KafkaSetting> = new Map(
  kafkaSettingsTable
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', type = '', standard = '-', allowed = '-', mode = '-'] = line.split(' ')
      const row: KafkaSetting = {
        name,
        type: type.toUpperCase() as SettingType,
        default: standard === '-' ? undefined : standard === "''" ? '' : standard,
        allowed: allowed === '-' ? undefined : allowed,
        dynamic: mode === 'cluster' || mode === 'broker' ? mode : undefined,
        hidden: mode === 'hidden',
      }
      return [name, row]
    }),
)

type AnyOptions = SettingOptions<any>
const types: Readonly<Record<SettingType, (options: AnyOptions) => Setting<any, AnyOptions>>> = {
  BOOLEAN: boolean,
  STRING: string,
  INT: int,
  SHORT: short,
  LONG: long,
  DOUBLE: double,
  LIST: list,
  CLASS: className,
  PASSWORD: password,
}

/** Documentation of what is taken because Apache Kafka has it, and does nothing here. */
export const withoutEffect = 'A setting of Apache Kafka that is taken and has no effect on this broker.'

/** The settings as declarations: for reading and checking values of those that nothing here acts upon. */
export const kafkaSettingsDefinition: ConfigDefinition<Settings> = defineConfig(
  Object.fromEntries(
    [...kafkaSettings.values()].map(({ name, type, allowed }) => [
      name,
      types[type]({
        doc: withoutEffect,
        ...(allowed !== undefined && { check: (value: unknown) => problemOf(value, allowed) }),
        ...(type === 'PASSWORD' && { secret: true }),
      }),
    ]),
  ),
)

/** What is wrong with a value, by the table's words for what is allowed; undefined when nothing is. */
export function problemOf(value: unknown, allowed: string): string | undefined {
  const inAnyCase = allowed.endsWith('~')
  const choices = (inAnyCase ? allowed.slice(0, -1) : allowed).split('|')
  const form = (text: string) => (inAnyCase ? text.toUpperCase() : text)
  const fits = (item: unknown) => choices.some((choice) => within(item, choice) ?? form(String(item)) === form(choice))
  const items = Array.isArray(value) ? value : [value]
  const foreign = items.find((item) => !fits(item))
  return foreign === undefined ? undefined : `must be ${inWords(choices)}, got ${String(foreign)}`
}

const bounds = (choice: string): RegExpExecArray | null => /^(-?\d+)\.\.(-?[\d.]+)?$/.exec(choice)

function within(value: unknown, choice: string): boolean | undefined {
  const match = bounds(choice)
  if (match === null) return undefined
  return Number(value) >= Number(match[1]) && (match[2] === undefined || Number(value) <= Number(match[2]))
}

const inWords = (choices: readonly string[]): string =>
  choices
    .map((choice) => {
      const match = bounds(choice)
      if (match === null) return choice
      return match[2] === undefined ? `at least ${match[1]}` : `from ${match[1]} to ${match[2]}`
    })
    .join(choices.length === 2 && bounds(choices[0]!) ? ' or ' : ', ')
    .replace(/^(?=[A-Za-z_]+, )/, 'one of ')
