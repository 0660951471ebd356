import { isIP } from 'node:net'

import { configErrors } from '#core/config/define.ts'

import type { BrokerConfig } from './config.ts'
import { brokerErrors } from './errors.ts'
import type { SecurityProtocol } from './security/protocol.ts'

/** A listener as the settings describe it. */
export interface ListenerSetting {
  readonly name: string
  readonly host: string
  readonly port: number
}

/** The listeners to bind and the addresses to tell clients. */
export interface ListenerPlan {
  readonly clients: readonly (ListenerSetting & {
    readonly securityProtocol: SecurityProtocol
    readonly advertised: ListenerSetting | undefined
  })[]
  /** Where this node's controller would be found; nothing is bound there. */
  readonly controller: ListenerSetting
}

/**
 * Reads `listeners` and what goes with it. Throws CONFIG_INVALID for what cannot be read or needs a protocol other than
 * PLAINTEXT, and LISTENER_OPEN for an address that other machines can reach unless that was asked for.
 */
export function planListeners(config: BrokerConfig): ListenerPlan {
  const all = config.listeners.map((text) => parse('listeners', text))
  const advertised = config['advertised.listeners'].map((text) => parse('advertised.listeners', text))
  const controllers = new Set(config['controller.listener.names'])
  const clients = all
    .filter(({ name }) => !controllers.has(name))
    .map((each) => ({
      ...each,
      securityProtocol: 'PLAINTEXT' as const,
      advertised: advertised.find(({ name }) => name === each.name),
    }))
  checkProtocols(config, clients)
  if (clients.length === 0) throw invalid('listeners', 'name at least one address for clients')
  if (new Set(clients.map(({ name }) => name)).size < clients.length)
    throw invalid('listeners', 'every listener needs a name of its own')
  for (const { name, host } of clients) {
    if (isLoopback(host) || config['millrace.allow.unauthenticated']) continue
    throw brokerErrors.LISTENER_OPEN({ listener: `${name}://${host}` })
  }
  const controller = all.find(({ name }) => controllers.has(name)) ?? {
    name: [...controllers][0] ?? 'CONTROLLER',
    host: '127.0.0.1',
    port: 9093,
  }
  return { clients, controller }
}

function parse(setting: string, text: string): ListenerSetting {
  const match = /^([A-Za-z][A-Za-z0-9_]*):\/\/(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text)
  if (match === null || Number(match[4]) > 65535) throw invalid(setting, `expected NAME://host:port, got "${text}"`)
  return { name: match[1]!.toUpperCase(), host: match[2] ?? (match[3] || '0.0.0.0'), port: Number(match[4]) }
}

/** Only listeners that are used count: settings shipped with Apache Kafka map every protocol there is. */
function checkProtocols(config: BrokerConfig, listeners: readonly ListenerSetting[]): void {
  const mapped = new Map(
    config['listener.security.protocol.map'].map((pair) => pair.toUpperCase().split(':') as [string, string]),
  )
  for (const { name } of listeners) {
    const protocol = mapped.get(name) ?? (/^(SSL|SASL_)/.test(name) ? name : 'PLAINTEXT')
    if (protocol !== 'PLAINTEXT')
      throw invalid('listeners', `listener ${name} needs ${protocol}; only PLAINTEXT is there`)
  }
}

const invalid = (setting: string, problem: string) =>
  configErrors.CONFIG_INVALID({ what: 'broker', problems: `setting "${setting}": ${problem}` })

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
