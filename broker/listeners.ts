import { isIP } from 'node:net'

import { configErrors } from '#core/config/define.ts'

import { type BrokerConfig, brokerConfigDefinition } from './config.ts'
import { brokerErrors } from './errors.ts'
import { checkListenerOverrides, listenerConfig } from './security/config.ts'
import { type SecurityProtocol, isSasl, isSecurityProtocol, securityProtocols } from './security/protocol.ts'
import { kafkaSettings } from './settings/kafka-settings.ts'

/** A listener as the settings describe it. */
export interface ListenerSetting {
  readonly name: string
  readonly host: string
  readonly port: number
}

/** A listener for clients. */
export interface ClientListener extends ListenerSetting {
  readonly securityProtocol: SecurityProtocol
  readonly advertised: ListenerSetting | undefined
  /** Connections at a time of this listener alone. */
  readonly maxConnections: number
}

/** The listeners to bind and the addresses to tell clients. */
export interface ListenerPlan {
  readonly clients: readonly ClientListener[]
  /** Where this node's controller would be found; nothing is bound there. */
  readonly controller: ListenerSetting
}

type Given = Readonly<Record<string, string>>

/**
 * Reads `listeners` and what goes with it; `given` are the settings as text, with those of single listeners. Throws
 * CONFIG_INVALID for what cannot be read, and LISTENER_OPEN for an address that other machines can reach and where nobody
 * has to prove who he is, unless that was asked for.
 */
export function planListeners(config: BrokerConfig, given: Given): ListenerPlan {
  const all = config.listeners.map((text) => parse('listeners', text))
  const advertised = config['advertised.listeners'].map((text) => parse('advertised.listeners', text))
  const controllers = new Set(config['controller.listener.names'].map((name) => name.toUpperCase()))
  const protocols = protocolMap(config)
  const clients = all
    .filter(({ name }) => !controllers.has(name))
    .map((each) => ({
      ...each,
      securityProtocol: protocolOf(each.name, protocols),
      advertised: advertised.find(({ name }) => name === each.name),
      maxConnections: maxConnectionsOf(each.name, given),
    }))
  if (clients.length === 0) throw invalid('listeners', 'name at least one address for clients')
  const names = new Set(all.map(({ name }) => name))
  if (names.size < all.length) throw invalid('listeners', 'every listener needs a name of its own')
  const stray = advertised.find(({ name }) => !names.has(name))
  if (stray !== undefined) throw invalid('advertised.listeners', `there is no listener ${stray.name}`)
  const nowhere = advertised.find(({ host }) => isWildcard(host))
  if (nowhere !== undefined) throw invalid('advertised.listeners', `nobody can connect to "${nowhere.host}"`)
  checkListenerOverrides(given, [...names, ...controllers, ...protocols.keys()], isKnown)
  const bound = clients.map((each) => withHost(each, config, given))
  const controller = [...advertised, ...all].find(({ name }) => controllers.has(name))
  const standard = { name: [...controllers][0] ?? 'CONTROLLER', host: '127.0.0.1', port: 9093 }
  if (controller === undefined) return { clients: bound, controller: standard }
  return {
    clients: bound,
    controller: isWildcard(controller.host) ? { ...controller, host: standard.host } : controller,
  }
}

const isKnown = (setting: string): boolean =>
  kafkaSettings.has(setting) || brokerConfigDefinition.resolve(setting) !== undefined

function maxConnectionsOf(listener: string, given: Given): number {
  const setting = `listener.name.${listener.toLowerCase()}.max.connections`
  const text = given[setting]
  if (text === undefined) return Number.POSITIVE_INFINITY
  if (!/^\d{1,10}$/.test(text)) throw invalid(setting, `expected a whole number, got "${text}"`)
  return Number(text)
}

function parse(setting: string, text: string): ListenerSetting {
  const match = /^([A-Za-z][A-Za-z0-9_-]*):\/\/(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text)
  if (match === null || Number(match[4]) > 65535) throw invalid(setting, `expected NAME://host:port, got "${text}"`)
  return { name: match[1]!.toUpperCase(), host: match[2] ?? match[3]!, port: Number(match[4]) }
}

function protocolMap(config: BrokerConfig): ReadonlyMap<string, string> {
  const setting = 'listener.security.protocol.map'
  const map = new Map<string, string>()
  for (const pair of config[setting]) {
    const [name, protocol, ...more] = pair.toUpperCase().split(':') as [string, ...string[]]
    if (protocol === undefined || more.length > 0) throw invalid(setting, `expected NAME:PROTOCOL, got "${pair}"`)
    if (map.has(name)) throw invalid(setting, `listener ${name} is named twice`)
    if (!isSecurityProtocol(protocol)) {
      throw invalid(setting, `"${protocol}" is none of ${Object.keys(securityProtocols).join(', ')}`)
    }
    map.set(name, protocol)
  }
  return map
}

/** Without an entry a listener is what its name says. */
function protocolOf(name: string, map: ReadonlyMap<string, string>): SecurityProtocol {
  const protocol = map.get(name) ?? name
  if (isSecurityProtocol(protocol)) return protocol
  throw invalid('listener.security.protocol.map', `it does not say which protocol listener ${name} has`)
}

/**
 * A listener without a host, as in the settings that Apache Kafka ships, is bound to every address where clients have to
 * prove who they are, else to this machine only. Throws LISTENER_OPEN for one that is open and was not meant to be.
 */
function withHost(listener: ClientListener, config: BrokerConfig, given: Given): ClientListener {
  const { name, host } = listener
  const guarded = isGuarded(listener, given) || config['millrace.allow.unauthenticated']
  if (host === '') return { ...listener, host: guarded ? '0.0.0.0' : '127.0.0.1' }
  if (!guarded && !isLoopback(host)) throw brokerErrors.LISTENER_OPEN({ listener: `${name}://${host}` })
  return listener
}

const isGuarded = ({ name, securityProtocol }: ClientListener, given: Given): boolean =>
  isSasl(securityProtocol) ||
  (securityProtocol === 'SSL' && listenerConfig(given, name)['ssl.client.auth'] === 'required')

const invalid = (setting: string, problem: string) =>
  configErrors.CONFIG_INVALID({ what: 'broker', problems: `setting "${setting}": ${problem}` })

const isWildcard = (host: string): boolean => host === '' || host === '0.0.0.0' || host === '::'

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
