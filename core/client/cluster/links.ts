import type { Metadata } from '#core/client/cluster/metadata.ts'
import { BrokerLink, type LinkOptions } from '#core/client/connection/broker-link.ts'
import { clientErrors } from '#core/client/errors.ts'
import type { ClientPorts } from '#core/client/ports.ts'

/**
 * One link to each broker, made when first used. Producers and consumers have sets of their own, so that a fetch that
 * waits for data or a join that waits for members holds up nobody else's requests.
 */
export class Links {
  readonly #metadata: Metadata
  readonly #options: LinkOptions
  readonly #ports: ClientPorts
  readonly #links = new Map<number, BrokerLink>()
  #closed = false

  constructor(metadata: Metadata, options: LinkOptions, ports: ClientPorts) {
    this.#metadata = metadata
    this.#options = options
    this.#ports = ports
  }

  /** The link to a broker of the metadata. Throws BROKER_UNKNOWN. */
  to(brokerId: number): BrokerLink {
    if (this.#closed) throw clientErrors.CLIENT_CLOSED({ what: 'client' })
    const node = this.#metadata.brokers.get(brokerId)
    const known = this.#links.get(brokerId)
    if (
      known !== undefined &&
      (node === undefined || (node.host === known.address.host && node.port === known.address.port))
    ) {
      return known
    }
    known?.close()
    if (node === undefined) throw clientErrors.BROKER_UNKNOWN({ broker: brokerId })
    const link = new BrokerLink({ host: node.host, port: node.port }, this.#options, this.#ports)
    this.#links.set(brokerId, link)
    return link
  }

  /** True when a connection to the broker stands. */
  isConnected(brokerId: number): boolean {
    return this.#links.get(brokerId)?.connected ?? false
  }

  close(): void {
    this.#closed = true
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
  }
}
