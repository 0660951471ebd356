import { atLeast } from '#core/config/checks.ts'
import {
  type ConfigDefinition,
  type ConfigOf,
  boolean,
  configErrors,
  defineConfig,
  duration,
  int,
  list,
  oneOf,
  password,
  size,
  string,
} from '#core/config/define.ts'
import { tlsSettings } from '#core/security/tls-settings.ts'

const notNegative = atLeast(0)

/** Settings that every listener may have its own value of, as `listener.name.NAME.SETTING`. */
export const listenerSettings = {
  ...tlsSettings,
  'ssl.client.auth': oneOf(
    'none',
    'requested',
    'required',
  )({
    doc: 'Whether clients show a certificate: none, requested (may), required (must).',
    default: 'none',
    importance: 'medium',
  }),
  'ssl.principal.mapping.rules': string({
    doc: 'How the subject of a certificate becomes a user: DEFAULT, or RULE:pattern/replacement/[LU], the first that fits.',
    default: 'DEFAULT',
  }),
  'sasl.enabled.mechanisms': list({
    doc: 'SASL mechanisms: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER.',
    default: [],
  }),
  'sasl.jaas.config': password({
    doc: "Users of PLAIN, as Kafka's login module has them; set per mechanism: listener.name.NAME.plain.sasl.jaas.config.",
    importance: 'medium',
    secret: true,
  }),
  'connections.max.reauth.ms': duration({
    doc: 'After this long a client has to log in again; 0: only when its token expires.',
    default: 0,
    check: notNegative,
  }),
  'sasl.server.max.receive.size': size({
    doc: 'Largest message of a client that has not logged in.',
    default: 524_288,
    check: notNegative,
  }),
  'connection.failed.authentication.delay.ms': duration({
    doc: 'How long a client that failed to log in waits for the answer.',
    default: 100,
    importance: 'low',
    check: notNegative,
  }),
  'sasl.oauthbearer.jwks.endpoint.url': string({
    doc: 'Where the keys are by which tokens are signed: https:, http: or file:.',
  }),
  'sasl.oauthbearer.jwks.endpoint.refresh.ms': duration({
    doc: 'How long fetched keys are kept.',
    default: 3_600_000,
    importance: 'low',
    check: notNegative,
  }),
  'sasl.oauthbearer.expected.audience': list({
    doc: 'Audiences of which a token must name one; none: any.',
    default: [],
  }),
  'sasl.oauthbearer.expected.issuer': string({ doc: 'The issuer that a token must name; none: any.' }),
  'sasl.oauthbearer.clock.skew.seconds': int({
    doc: 'How far the clock of the issuer may be off.',
    default: 30,
    check: notNegative,
  }),
  'sasl.oauthbearer.scope.claim.name': string({
    doc: 'The claim that holds the scopes: texts, where a token has it.',
    default: 'scope',
  }),
  'sasl.oauthbearer.sub.claim.name': string({ doc: 'The claim that holds the user.', default: 'sub' }),
  'millrace.allow.unsecured.tokens': boolean({
    doc: 'OAUTHBEARER without keys takes tokens that nobody has signed: for development only.',
    default: false,
  }),
} as const

const definition = defineConfig(listenerSettings)
/** Values of the settings of one listener. */
export type ListenerConfig = ConfigOf<ConfigDefinition<typeof listenerSettings>>

const prefix = 'listener.name.'

/** The settings inside of a listener's that belong to one mechanism, as `listener.name.NAME.MECHANISM.SETTING`. */
const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer', 'gssapi'] as const

/** True for names such as `listener.name.internal.ssl.client.auth`. */
export const isListenerOverride = (name: string): boolean => name.startsWith(prefix)

/** True when the listener has a value of its own for the setting. */
export const isSetFor = (given: Readonly<Record<string, string>>, listener: string, setting: string): boolean =>
  Object.hasOwn(given, `${prefix}${listener.toLowerCase()}.${setting}`)

/**
 * What holds for a listener: the broker's settings, over them its own, over those the mechanism's when one is named.
 * Throws CONFIG_INVALID.
 */
export function listenerConfig(
  given: Readonly<Record<string, string>>,
  listener: string,
  mechanism?: string,
): ListenerConfig {
  const own = `${prefix}${listener.toLowerCase()}.`
  const values: Record<string, string> = {}
  for (const name of Object.keys(listenerSettings)) {
    const specific = mechanism === undefined ? undefined : given[`${own}${mechanism.toLowerCase()}.${name}`]
    const value = specific ?? given[own + name] ?? given[name]
    if (value !== undefined) values[name] = value
  }
  return definition.parse(values, `listener ${listener}`)
}

/**
 * Throws CONFIG_INVALID for a setting of a listener that nobody has heard of. `isKnown` tells of settings that mean something
 * elsewhere: Apache Kafka takes those of any kind for a listener, and here they have no effect.
 */
export function checkListenerOverrides(
  given: Readonly<Record<string, string>>,
  listeners: readonly string[],
  isKnown: (setting: string) => boolean,
): void {
  for (const name of Object.keys(given)) {
    if (!isListenerOverride(name)) continue
    const listener = listeners.find((each) => name.startsWith(`${prefix}${each.toLowerCase()}.`))
    const problem = (text: string) =>
      configErrors.CONFIG_INVALID({ what: 'broker', problems: `setting "${name}": ${text}` })
    if (listener === undefined) throw problem(`no such listener; there are ${listeners.join(', ')}`)
    const rest = name.slice(prefix.length + listener.length + 1)
    const mechanism = mechanisms.find((each) => rest.startsWith(`${each}.`))
    const setting = mechanism === undefined ? rest : rest.slice(mechanism.length + 1)
    if (!(setting in listenerSettings) && !isKnown(setting)) throw problem(`listeners have no setting "${setting}"`)
  }
}
