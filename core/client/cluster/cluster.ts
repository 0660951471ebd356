import { Coordinators } from '#core/client/cluster/coordinators.ts'
import { Links } from '#core/client/cluster/links.ts'
import { Metadata, type TopicMetadata } from '#core/client/cluster/metadata.ts'
import { MetadataRefresh, type RefreshListener } from '#core/client/cluster/metadata-refresh.ts'
import { BrokerLink, type BodyFor, type LinkOptions, type SendOptions } from '#core/client/connection/broker-link.ts'
import type { Address } from '#core/client/connection/dial.ts'
import { clientErrors, isConnectionFault, isMetadataStale, isRetriable, refusal } from '#core/client/errors.ts'
import type { ClientPorts } from '#core/client/ports.ts'
import { type Backoff, retry } from '#core/errors/retry.ts'
import { errorCodes } from '#core/wire/errors.ts'
import type { Api, Decoded, Fields, Message } from '#core/wire/schema.ts'

/** What one client goes by. `bootstrap` is asked while no broker of the metadata answers. */
export interface ClusterOptions extends LinkOptions {
  readonly bootstrap: readonly Address[]
  readonly retryBackoff: Backoff
  /** How long a call goes on trying by itself. */
  readonly callTimeoutMs: number
  readonly metadataMaxAgeMs: number
}

/**
 * A cluster as one client sees it: which brokers there are, who leads what, who coordinates whom, and ways to reach
 * them. Shared by all producers and consumers of the client.
 */
export class Cluster {
  readonly metadata = new Metadata()
  readonly coordinators: Coordinators
  readonly ports: ClientPorts
  readonly options: ClusterOptions
  readonly #control: Links
  readonly #bootstrap: readonly BrokerLink[]
  readonly #refresh: MetadataRefresh
  #closed = false

  constructor(options: ClusterOptions, ports: ClientPorts) {
    this.options = options
    this.ports = ports
    this.#control = this.links()
    this.#bootstrap = options.bootstrap.map((address) => new BrokerLink(address, options, ports))
    this.#refresh = new MetadataRefresh(this, options.metadataMaxAgeMs)
    this.coordinators = new Coordinators(this)
  }

  get closed(): boolean {
    return this.#closed
  }

  /** A set of connections for one user alone; close it. */
  links(): Links {
    return new Links(this.metadata, this.options, this.ports)
  }

  /** Sends to one broker over the shared connections. */
  async send<Q extends Fields, R extends Fields>(
    broker: number,
    api: Api<Q, R>,
    body: BodyFor<Q>,
    options?: SendOptions,
  ): Promise<Decoded<Message<R>>> {
    return this.#control.to(broker).send(api, body, options)
  }

  /** Sends to whichever broker answers: those of the metadata first, then the bootstrap list. */
  async sendToAny<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    body: BodyFor<Q>,
    options?: SendOptions,
  ): Promise<Decoded<Message<R>>> {
    let failure: unknown = clientErrors.CLIENT_CLOSED({ what: 'client' })
    for (const link of this.#candidates()) {
      if (this.#closed) break
      try {
        return await link.send(api, body, options)
      } catch (error) {
        if (!isConnectionFault(error)) throw error
        failure = error
      }
    }
    throw failure
  }

  /** Sends to the controller, or to a broker that passes it on. */
  async sendToController<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    body: BodyFor<Q>,
    options?: SendOptions,
  ): Promise<Decoded<Message<R>>> {
    const { controllerId } = this.metadata
    return this.metadata.brokers.has(controllerId)
      ? this.send(controllerId, api, body, options)
      : this.sendToAny(api, body, options)
  }

  /** Asks for these topics again, and remembers them for the periodic refresh. Rejects when no broker answers. */
  refresh(topics: Iterable<string>, allowAutoTopicCreation = false): Promise<void> {
    return this.#refresh.topics(topics, allowAutoTopicCreation)
  }

  /** Asks for all topics of the cluster. */
  refreshAll(): Promise<void> {
    return this.#refresh.all()
  }

  /** Calls back after every metadata answer until the returned function is called. */
  onRefresh(listener: RefreshListener): () => void {
    return this.#refresh.listen(listener)
  }

  /** A topic from the cache, or asked for until it is there. Rejects with the cluster's last word about it. */
  async topic(name: string, allowAutoTopicCreation = false): Promise<TopicMetadata> {
    const known = this.metadata.topic(name)
    if (known !== undefined) return known
    return this.retrying(async () => {
      await this.refresh([name], allowAutoTopicCreation)
      const found = this.metadata.topic(name)
      if (found === undefined)
        throw refusal(this.metadata.errorOf(name) || errorCodes.UNKNOWN_TOPIC_OR_PARTITION.code, `topic "${name}"`)
      return found
    })
  }

  /** The one retry of this client: goes on with pauses while errors are retriable, asking for metadata when it is stale. */
  retrying<T>(
    attempt: () => Promise<T>,
    options: {
      readonly timeoutMs?: number
      readonly topics?: Iterable<string>
      readonly retriable?: (error: unknown) => boolean
    } = {},
  ): Promise<T> {
    const topics = new Set(options.topics)
    const allowed = options.retriable ?? isRetriable
    let stale = false
    return retry(
      this.ports,
      {
        backoff: this.options.retryBackoff,
        timeoutMs: options.timeoutMs ?? this.options.callTimeoutMs,
        retriable: (error) => !this.#closed && allowed(error),
      },
      async () => {
        try {
          if (stale) await this.refresh(topics)
          stale = false
          return await attempt()
        } catch (error) {
          stale ||= isMetadataStale(error)
          throw error
        }
      },
    )
  }

  close(): void {
    this.#closed = true
    this.#refresh.close()
    this.#control.close()
    for (const link of this.#bootstrap) link.close()
  }

  *#candidates(): Generator<BrokerLink> {
    const known = [...this.metadata.brokers.keys()]
    const first = Math.floor(this.ports.random.next() * known.length)
    const rotated = [...known.slice(first), ...known.slice(0, first)]
    // Open connections first: a broker that is down would cost its connect timeout.
    rotated.sort((a, b) => Number(this.#control.isConnected(b)) - Number(this.#control.isConnected(a)))
    for (const id of rotated) yield this.#control.to(id)
    yield* this.#bootstrap
  }
}
