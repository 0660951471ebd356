import { errorTable } from '#core/errors/table.ts'

/** How much a setting matters to somebody who starts; Kafka's words. */
export type Importance = 'high' | 'medium' | 'low'

/** The types that Kafka and Connect show for a setting. */
export type SettingType = 'BOOLEAN' | 'STRING' | 'INT' | 'SHORT' | 'LONG' | 'DOUBLE' | 'LIST' | 'CLASS' | 'PASSWORD'

/** What is said once about a setting. A setting without `default` and not `required` is undefined when absent. */
export interface SettingOptions<T> {
  readonly doc: string
  readonly default?: T
  readonly required?: boolean
  readonly importance?: Importance
  readonly group?: string
  readonly displayName?: string
  readonly dependents?: readonly string[]
  readonly example?: string
  /** Shown as hidden in logs, replies and help. */
  readonly secret?: boolean
  /** May change without a restart. */
  readonly live?: boolean
  /** Older or other names that mean the same. */
  readonly aliases?: readonly string[]
  /** Says what is wrong with a parsed value, or nothing. */
  readonly check?: (value: T) => string | undefined
}

/** A declared setting: its type, its options and how text or JSON becomes a value. */
export interface Setting<T = unknown, Options = SettingOptions<T>> {
  readonly type: SettingType
  readonly options: Options
  /** The form in which Kafka writes the value. */
  print(value: T): string
  /** Throws a RangeError that says what was expected. */
  parse(raw: unknown): T
}

/** A set of declared settings by their dotted names. */
export type Settings = { readonly [name: string]: Setting<never, never> | Setting<any, any> }

type Known<Options> = Options & Record<Exclude<keyof Options, keyof SettingOptions<never>>, never>

type ValueOf<S> =
  S extends Setting<infer T, infer Options>
    ? Options extends { readonly default: unknown } | { readonly required: true }
      ? T
      : T | undefined
    : never

/** The values of declared settings, typed from the declaration. */
export type ConfigOf<D> = D extends ConfigDefinition<infer S> ? { readonly [Name in keyof S]: ValueOf<S[Name]> } : never

const expected = (what: string): never => {
  throw new RangeError(`expected ${what}`)
}

const setting =
  <T>(type: SettingType, parse: (raw: unknown) => T, print: (value: T) => string = String) =>
  <const Options extends SettingOptions<T>>(options: Known<Options>): Setting<T, Options> => ({
    type,
    options: options as Options,
    parse,
    print,
  })

const whole = (low: number, high: number) => (raw: unknown) => {
  const value = typeof raw === 'string' ? (/^\s*[+-]?\d+\s*$/.test(raw) ? Number(raw) : Number.NaN) : raw
  if (typeof value !== 'number' || !Number.isInteger(value)) return expected('a whole number')
  return value >= low && value <= high ? value : expected(`a whole number from ${low} to ${high}`)
}

const scaled = (what: string, units: Readonly<Record<string, number>>) => (raw: unknown) => {
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*$/.exec(String(raw))
  const unit = match ? units[match[2] ?? ''] : undefined
  if (!match || unit === undefined) return expected(what)
  return Math.round(Number(match[1]) * unit)
}

/** Any text. */
export const string = setting<string>('STRING', (raw) =>
  typeof raw === 'object' && raw !== null ? expected('text') : String(raw),
)
/** The name of a class or plugin; not empty. */
export const className = setting<string>('CLASS', (raw) =>
  typeof raw === 'string' && raw.trim() !== '' ? raw.trim() : expected('the name of a class'),
)
/** Text that is never shown. */
export const password = setting<string>('PASSWORD', (raw) => String(raw))
/** true or false, in any case. */
export const boolean = setting<boolean>('BOOLEAN', (raw) => {
  const text = String(raw).trim().toLowerCase()
  return text === 'true' ? true : text === 'false' ? false : expected('true or false')
})
/** A whole number of 16 bits. */
export const short = setting<number>('SHORT', whole(-32768, 32767))
/** A whole number of 32 bits. */
export const int = setting<number>('INT', whole(-2147483648, 2147483647))
/** A 64-bit number within the range that a double holds exactly; Long.MAX_VALUE is taken as "no limit". */
export const long = setting<number>(
  'LONG',
  (raw) =>
    String(raw) === '9223372036854775807' || Number(raw) >= 2 ** 63
      ? Number.MAX_SAFE_INTEGER
      : whole(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)(raw),
  (value) => (value === Number.MAX_SAFE_INTEGER ? '9223372036854775807' : String(value)),
)
/** Any number. */
export const double = setting<number>(
  'DOUBLE',
  (raw) => {
    const value = Number(raw)
    return Number.isNaN(value) || String(raw).trim() === '' ? expected('a number') : value
  },
  // As Java writes it: with a fraction in any case, and large or small ones with an exponent after a capital letter.
  (value) => {
    const text = String(value).toUpperCase().replace('E+', 'E')
    return /^-?\d+$/.test(text) ? `${text}.0` : text
  },
)
/** Words between commas, or a JSON list; blanks around them do not count. */
export const list = setting<readonly string[]>(
  'LIST',
  (raw) =>
    Array.isArray(raw)
      ? raw.map(String)
      : String(raw)
          .split(',')
          .map((item) => item.trim())
          .filter((item) => item !== ''),
  (value) => value.join(','),
)
/** Bytes: a number, or one with a unit such as 8MiB. */
export const size = setting<number>(
  'LONG',
  scaled('a number of bytes, or a size such as 8MiB', {
    '': 1,
    B: 1,
    KB: 1e3,
    MB: 1e6,
    GB: 1e9,
    KiB: 1024,
    MiB: 1024 ** 2,
    GiB: 1024 ** 3,
  }),
)
/** Milliseconds: a number, or one with a unit such as 10s. */
export const duration = setting<number>(
  'LONG',
  scaled('a number of milliseconds, or a time such as 10s', {
    '': 1,
    ms: 1,
    s: 1e3,
    m: 6e4,
    min: 6e4,
    h: 36e5,
    d: 864e5,
  }),
)
/** One of the given words. */
export const oneOf = <const Words extends readonly string[]>(...words: Words) =>
  setting<Words[number]>('STRING', (raw) =>
    words.includes(String(raw)) ? (String(raw) as Words[number]) : expected(`one of ${words.join(', ')}`),
  )

/** One entry of Connect's answer to a validation. */
export interface ValidatedSetting {
  readonly name: string
  readonly setting: Setting<any, SettingOptions<any>>
  readonly value: unknown
  readonly errors: readonly string[]
}

/** Errors of configurations. */
export const configErrors = errorTable({
  CONFIG_INVALID: {
    retry: 'never',
    message: '{what}: {problems}',
    hint: 'Correct the named settings; `--help` and the reference list every one with its type and default.',
  },
})

/** Reports a problem of one setting, found by looking at several. */
export type Complain<S> = (name: keyof S & string, problem: string) => void

/** Declared settings with their checks: the one source of parsing, validation, help and reference. */
export class ConfigDefinition<S extends Settings> {
  readonly settings: S
  readonly #check: ((config: any, complain: Complain<S>) => void) | undefined
  readonly #names = new Map<string, string>()

  constructor(settings: S, check?: (config: any, complain: Complain<S>) => void) {
    this.settings = settings
    this.#check = check
    for (const [name, each] of Object.entries(settings)) {
      this.#names.set(name, name)
      for (const alias of (each.options as SettingOptions<unknown>).aliases ?? []) this.#names.set(alias, name)
    }
  }

  /** The declared name that `name`, maybe an alias, stands for. */
  resolve(name: string): string | undefined {
    return this.#names.get(name)
  }

  /** Every declared setting with its value and what is wrong with it; nothing is thrown. */
  validate(raw: Readonly<Record<string, unknown>>): ValidatedSetting[] {
    const given = new Map<string, unknown>()
    for (const [name, value] of Object.entries(raw)) {
      const declared = this.#names.get(name)
      if (declared !== undefined && value !== undefined && value !== null) given.set(declared, value)
    }
    const rows = Object.entries(this.settings).map(([name, each]) => {
      const { options } = each as Setting<unknown, SettingOptions<unknown>>
      const errors: string[] = []
      let value: unknown = options.default
      if (given.has(name)) {
        try {
          value = each.parse(given.get(name))
          const problem = options.check?.(value)
          if (problem !== undefined) errors.push(`setting "${name}": ${problem}`)
        } catch (error) {
          value = given.get(name)
          errors.push(
            `setting "${name}": ${(error as Error).message}, got "${options.secret ? '[hidden]' : String(value)}"`,
          )
        }
      } else if (options.required && options.default === undefined) {
        errors.push(`missing required setting "${name}": ${options.doc}`)
      }
      return { name, setting: each as Setting<any, SettingOptions<any>>, value, errors }
    })
    if (this.#check && rows.every((row) => row.errors.length === 0)) {
      const byName = new Map(rows.map((row) => [row.name, row]))
      this.#check(Object.fromEntries(rows.map((row) => [row.name, row.value])), (name, problem) =>
        byName.get(name)?.errors.push(`setting "${name}": ${problem}`),
      )
    }
    return rows
  }

  /** Names in `raw` that are not declared. */
  unknown(raw: Readonly<Record<string, unknown>>): string[] {
    return Object.keys(raw).filter((name) => !this.#names.has(name))
  }

  /** Typed values; all problems together in one CONFIG_INVALID error. `what` names the thing configured. */
  parse(raw: Readonly<Record<string, unknown>>, what: string): ConfigOf<ConfigDefinition<S>> {
    const rows = this.validate(raw)
    const problems = rows.flatMap((row) => row.errors)
    if (problems.length > 0) throw configErrors.CONFIG_INVALID({ what, problems: problems.join('; ') })
    return Object.fromEntries(rows.map((row) => [row.name, row.value])) as ConfigOf<ConfigDefinition<S>>
  }
}

/** Declares settings; `check` looks across them once each is right by itself. */
export function defineConfig<const S extends Settings>(
  settings: S,
  check?: (config: ConfigOf<ConfigDefinition<S>>, complain: Complain<S>) => void,
): ConfigDefinition<S> {
  return new ConfigDefinition(settings, check)
}
