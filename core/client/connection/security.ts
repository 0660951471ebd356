import { configErrors, defineConfig, list, oneOf, password, string } from '#core/config/define.ts'
import { type Dial, tcpDial } from '#core/client/connection/dial.ts'
import { type Authenticate, type ClientMechanism, saslAuthentication } from '#core/client/connection/sasl.ts'
import { type Login, bearerMechanism, plainMechanism, scramMechanism } from '#core/client/connection/sasl-mechanisms.ts'
import { tlsDial } from '#core/client/connection/tls-dial.ts'
import { tokenSource } from '#core/client/connection/token-source.ts'
import { messageOf } from '#core/client/errors.ts'
import { parseJaas } from '#core/security/jaas.ts'
import { isScram, scramMechanisms } from '#core/security/scram.ts'
import { secureContext, tlsSettings } from '#core/security/tls-settings.ts'

/** How a client reaches brokers and proves who it is, by Kafka's names. */
const securitySettings = {
  ...tlsSettings,
  'security.protocol': oneOf(
    'PLAINTEXT',
    'SSL',
    'SASL_PLAINTEXT',
    'SASL_SSL',
  )({ doc: 'How brokers are reached.', default: 'PLAINTEXT', importance: 'medium' }),
  'ssl.endpoint.identification.algorithm': string({
    doc: 'https: the certificate of a broker must have the name that was dialled; empty: any name.',
    default: 'https',
  }),
  'sasl.mechanism': string({ doc: 'PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER.', importance: 'medium' }),
  'sasl.jaas.config': password({ doc: 'The login module with its options.', importance: 'medium', secret: true }),
  'sasl.oauthbearer.token.endpoint.url': string({ doc: 'Where tokens come from: https:, http: or file:.' }),
  'bootstrap.servers': list({ doc: 'Not looked at here; taken so that a whole file of client settings can be.' }),
} as const

const definition = defineConfig(securitySettings)

/** What the settings come to. */
export interface ClientSecurity {
  readonly dial: Dial
  readonly authenticate: Authenticate | undefined
}

/**
 * Reads a client's settings; files are read now. `token` gives the token of OAUTHBEARER instead of what settings say.
 * Throws CONFIG_INVALID, never with a secret in it.
 */
export function clientSecurity(
  settings: Readonly<Record<string, string>>,
  options: { readonly token?: (() => string | Promise<string>) | undefined; readonly timeoutMs: number },
): ClientSecurity {
  const config = definition.parse(settings, 'client')
  const protocol = config['security.protocol']
  const dial =
    protocol === 'SSL' || protocol === 'SASL_SSL'
      ? tlsDial({
          context: secureContext(config, 'client', false),
          checksName: config['ssl.endpoint.identification.algorithm'].toLowerCase() === 'https',
        })
      : tcpDial
  if (!protocol.startsWith('SASL_')) return { dial, authenticate: undefined }
  const name = config['sasl.mechanism']
  if (name === undefined) throw invalid('sasl.mechanism', 'name a mechanism')
  const jaas = config['sasl.jaas.config']
  const login = jaas === undefined ? {} : refusing('sasl.jaas.config', () => parseJaas(jaas).options)
  const endpoint = config['sasl.oauthbearer.token.endpoint.url']
  const token = () => options.token ?? refusing('sasl.jaas.config', () => tokenSource({ endpoint, login }))
  return { dial, authenticate: saslAuthentication(mechanism(name, login, token), options.timeoutMs) }
}

function mechanism(
  name: string,
  login: Readonly<Record<string, string>>,
  token: () => () => string | Promise<string>,
): ClientMechanism {
  if (name === 'PLAIN') return plainMechanism(credentials(login))
  if (isScram(name)) return scramMechanism(scramMechanisms[name], credentials(login))
  if (name === 'OAUTHBEARER') return bearerMechanism(token())
  throw invalid('sasl.mechanism', `there is no ${name}; there are PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER`)
}

function credentials({ username, password: secret }: Readonly<Record<string, string>>): Login {
  if (!username || !secret) throw invalid('sasl.jaas.config', 'it must have username="…" and password="…"')
  return { username, password: secret }
}

function refusing<T>(setting: string, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    throw invalid(setting, messageOf(cause), cause)
  }
}

const invalid = (setting: string, problem: string, cause?: unknown) =>
  configErrors.CONFIG_INVALID({ what: 'client', problems: `setting "${setting}": ${problem}` }, cause)
