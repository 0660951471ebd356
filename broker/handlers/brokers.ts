import type { Node } from '../node.ts'
import type { Client } from './handler.ts'

/** A broker's address as clients of a listener are told. */
export interface BrokerAddress {
  readonly nodeId: number
  readonly brokerId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  readonly isFenced: boolean
}

/** Every broker of the cluster that has an address on the listener by which the client came in. */
export function brokersFor(node: Node, client: Client): BrokerAddress[] {
  const { endpoint } = client
  return [...node.controller.image.brokers.values()].flatMap((broker) => {
    const { id, rack, fenced: isFenced } = broker
    const address = id === node.id ? endpoint : broker.endpoints.find(({ name }) => name === endpoint.name)
    if (address === undefined) return []
    return [{ nodeId: id, brokerId: id, host: address.host, port: address.port, rack, isFenced }]
  })
}
