import type { Dispatcher } from './handlers/dispatcher.ts'
import type { ListenerEvents } from './network/listener.ts'
import type { Node } from './node.ts'

/** What becomes of connections and their requests: counted, logged, admitted by the quotas, dispatched. */
export function listenerEvents({ metrics: { values }, quotas, log }: Node, { take }: Dispatcher): ListenerEvents {
  return {
    take,
    admit: (address) => quotas.connections.admit(address),
    opened() {
      values.broker_connections_opened_total++
      values.broker_connections++
    },
    closed({ clientHost }, reason) {
      values.broker_connections--
      if (reason === undefined) return
      values.broker_connections_dropped_total++
      log('debug', 'connection closed', { client: clientHost, reason })
    },
    refused(address, reason) {
      values.broker_connections_refused_total++
      log('warn', 'connection refused', { address, reason })
    },
  }
}
