import type { Dispatcher } from './handlers/dispatcher.ts'
import type { Node } from './node.ts'
import type { GuardPorts } from './security/guard.ts'

/** What listeners need of the broker to have their clients prove who they are. Failures are counted and logged. */
export function guardPorts(node: Node, dispatcher: Dispatcher): GuardPorts {
  const { clock, timers, log, metrics } = node
  const { scram } = node.controller.image
  const failed = (client: string, details: Readonly<Record<string, string>>): void => {
    metrics.values.broker_authentication_failures_total++
    log('warn', 'authentication failed', { client, ...details })
  }
  return {
    clock,
    timers,
    forward: dispatcher.take,
    refuse: (frame, errorCode) => dispatcher.refuse(frame, errorCode),
    findCredential: ({ type }, name) => scram.get(type, name),
    succeeded: () => void metrics.values.broker_authentications_total++,
    failed: ({ clientHost, endpoint }, mechanism, reason) =>
      failed(clientHost, { listener: endpoint.name, mechanism, reason }),
    handshakeFailed: (address, reason) => failed(`/${address}`, { mechanism: 'TLS', reason: reason.trim() }),
  }
}
