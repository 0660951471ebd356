import { configErrors } from '#core/config/define.ts'
import { parseJaas } from '#core/security/jaas.ts'
import { isScram, scramMechanisms } from '#core/security/scram.ts'
import { secureContext } from '#core/security/tls-settings.ts'

import type { Guard } from '../network/listener.ts'
import { type ListenerConfig, isSetFor, listenerConfig } from './config.ts'
import { type SecurityProtocol, isEncrypted, isSasl } from './protocol.ts'
import { BearerExchange } from './sasl/oauthbearer.ts'
import type { Exchange, Mechanism } from './sasl/mechanism.ts'
import { PlainExchange, plainUsers } from './sasl/plain.ts'
import { type FindCredential, ScramExchange } from './sasl/scram.ts'
import { type SaslPorts, SaslSession } from './sasl/session.ts'
import { tokenCheck } from './sasl/token-check.ts'
import { principalMapping } from './tls/principal-mapping.ts'
import { tlsAcceptor } from './tls/tls-acceptor.ts'

/** What a guard needs of the broker. */
export interface GuardPorts extends Omit<SaslPorts, 'mechanisms' | 'maxReceiveBytes' | 'failureDelayMs'> {
  readonly findCredential: FindCredential
  /** A TLS handshake failed. */
  handshakeFailed(address: string, reason: string): void
}

/**
 * What a listener asks of its clients, made from its settings: files are read and every setting is looked at now, and not
 * when the first client comes. Throws CONFIG_INVALID.
 */
export function guard(
  listener: { readonly name: string; readonly securityProtocol: SecurityProtocol },
  given: Readonly<Record<string, string>>,
  ports: GuardPorts,
): Guard {
  const { name, securityProtocol } = listener
  const config = listenerConfig(given, name)
  return {
    ...(isEncrypted(securityProtocol) && { secure: acceptor(listener, given, config, ports) }),
    ...(isSasl(securityProtocol) && { gate: gates(name, given, config, ports) }),
  }
}

function acceptor(
  { name, securityProtocol }: { readonly name: string; readonly securityProtocol: SecurityProtocol },
  given: Readonly<Record<string, string>>,
  config: ListenerConfig,
  ports: GuardPorts,
): Guard['secure'] {
  // As in Apache Kafka: where clients log in by SASL, certificates are only asked for when the listener itself says so.
  const asked = !isSasl(securityProtocol) || isSetFor(given, name, 'ssl.client.auth')
  const clientAuth = asked ? config['ssl.client.auth'] : 'none'
  const setting = 'ssl.principal.mapping.rules'
  const mapping = refusing(name, setting, () => principalMapping(config[setting]))
  const context = secureContext(config, `listener ${name}`, true)
  return tlsAcceptor(context, { clientAuth, mapping, failed: ports.handshakeFailed })
}

function gates(
  name: string,
  given: Readonly<Record<string, string>>,
  config: ListenerConfig,
  ports: GuardPorts,
): Guard['gate'] {
  const enabled = config['sasl.enabled.mechanisms']
  if (enabled.length === 0) {
    throw invalid(
      name,
      'sasl.enabled.mechanisms',
      'name at least one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER',
    )
  }
  const shared: SaslPorts = {
    ...ports,
    mechanisms: new Map(enabled.map((each) => [each, mechanism(name, each, given, ports.findCredential)])),
    maxReceiveBytes: config['sasl.server.max.receive.size'],
    failureDelayMs: config['connection.failed.authentication.delay.ms'],
  }
  return () => new SaslSession(shared)
}

function mechanism(
  listener: string,
  name: string,
  given: Readonly<Record<string, string>>,
  find: FindCredential,
): Mechanism {
  const config = listenerConfig(given, listener, name)
  return { name, maxReauthMs: config['connections.max.reauth.ms'], begin: exchanges(listener, name, config, find) }
}

function exchanges(listener: string, name: string, config: ListenerConfig, find: FindCredential): () => Exchange {
  if (name === 'PLAIN') {
    const users = plainUsers(loginOptions(listener, name, config))
    return () => new PlainExchange(users)
  }
  if (isScram(name)) return () => new ScramExchange(scramMechanisms[name], find)
  if (name === 'OAUTHBEARER') {
    const check = bearerCheck(listener, config)
    return () => new BearerExchange(check)
  }
  const known = 'PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER'
  throw invalid(listener, 'sasl.enabled.mechanisms', `there is no ${name}; there are ${known}`)
}

function loginOptions(listener: string, name: string, config: ListenerConfig): Readonly<Record<string, string>> {
  const setting = 'sasl.jaas.config'
  const text = config[setting]
  if (text === undefined) {
    const full = `listener.name.${listener.toLowerCase()}.${name.toLowerCase()}.${setting}`
    throw invalid(listener, setting, `${name} needs users: set ${full}`)
  }
  return refusing(listener, setting, () => parseJaas(text)).options
}

function bearerCheck(listener: string, config: ListenerConfig) {
  const setting = 'sasl.oauthbearer.jwks.endpoint.url'
  const jwksUrl = config[setting]
  if (jwksUrl === undefined && !config['millrace.allow.unsecured.tokens']) {
    const problem = 'OAUTHBEARER needs the keys of the issuer; millrace.allow.unsecured.tokens=true takes any token'
    throw invalid(listener, setting, problem)
  }
  return refusing(listener, setting, () =>
    tokenCheck({
      jwksUrl,
      refreshMs: config['sasl.oauthbearer.jwks.endpoint.refresh.ms'],
      audience: config['sasl.oauthbearer.expected.audience'],
      issuer: config['sasl.oauthbearer.expected.issuer'],
      clockSkewSeconds: config['sasl.oauthbearer.clock.skew.seconds'],
      subjectClaim: config['sasl.oauthbearer.sub.claim.name'],
      scopeClaim: config['sasl.oauthbearer.scope.claim.name'],
    }),
  )
}

function refusing<T>(listener: string, setting: string, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    throw invalid(listener, setting, (cause as Error).message, cause)
  }
}

const invalid = (listener: string, setting: string, problem: string, cause?: unknown) =>
  configErrors.CONFIG_INVALID({ what: `listener ${listener}`, problems: `setting "${setting}": ${problem}` }, cause)
