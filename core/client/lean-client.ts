import { LeanAdmin } from '#core/client/admin/lean-admin.ts'
import type { Admin, Client, Consumer, ConsumerOptions, Producer, ProducerOptions } from '#core/client/client.ts'
import { parseBootstrap } from '#core/client/cluster/bootstrap.ts'
import { Cluster } from '#core/client/cluster/cluster.ts'
import { clientSecurity } from '#core/client/connection/security.ts'
import { clientErrors } from '#core/client/errors.ts'
import { LeanConsumer } from '#core/client/consumer/lean-consumer.ts'
import { type ClientPorts, systemClientPorts } from '#core/client/ports.ts'
import { LeanProducer } from '#core/client/producer/lean-producer.ts'
import { type Log, silentLog } from '#core/telemetry/log.ts'

/** How to reach a cluster. Times in ms. */
export interface LeanClientOptions {
  /** Brokers to ask first: `host:port`, a list of them, or several in one text with commas between. */
  readonly bootstrapServers: string | readonly string[]
  /** The name under which brokers log and limit this client. */
  readonly clientId?: string
  readonly log?: Log
  /**
   * TLS and SASL by the names that Kafka's clients have: security.protocol, ssl.*, sasl.mechanism, sasl.jaas.config … Without
   * them connections are plain.
   */
  readonly properties?: Readonly<Record<string, string>>
  /** Gives the token of OAUTHBEARER, at every login. */
  readonly token?: () => string | Promise<string>
  readonly ports?: Partial<ClientPorts>
  /** How long a broker may take for an answer. Default 30 s. */
  readonly requestTimeoutMs?: number
  readonly connectTimeoutMs?: number
  /** How long a call (not a poll) goes on trying by itself. Default 60 s. */
  readonly callTimeoutMs?: number
  /** Age at which metadata is asked for again though nothing failed: new partitions are seen so. Default 5 min. */
  readonly metadataMaxAgeMs?: number
}

/** Makes a client on Millrace's own wire code. Connects when first used. Throws BOOTSTRAP_INVALID and CONFIG_INVALID. */
export function createClient(options: LeanClientOptions): Client {
  return new LeanClient(options)
}

class LeanClient implements Client {
  readonly #cluster: Cluster
  readonly #log: Log
  readonly #open = new Set<{ close(): Promise<void> }>()
  #closed = false

  constructor(options: LeanClientOptions) {
    this.#log = options.log ?? silentLog
    const requestTimeoutMs = options.requestTimeoutMs ?? 30_000
    const { dial, authenticate } = clientSecurity(options.properties ?? {}, {
      token: options.token,
      timeoutMs: requestTimeoutMs,
    })
    this.#cluster = new Cluster(
      {
        bootstrap: parseBootstrap(options.bootstrapServers),
        clientId: options.clientId ?? 'millrace',
        connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
        requestTimeoutMs,
        authenticate,
        callTimeoutMs: options.callTimeoutMs ?? 60_000,
        metadataMaxAgeMs: options.metadataMaxAgeMs ?? 300_000,
        log: this.#log,
        maxReplyBytes: 0x7fffffff,
        reconnectBackoff: { firstMs: 50, mostMs: 1000 },
        retryBackoff: { firstMs: 100, mostMs: 1000 },
      },
      { ...systemClientPorts(), dial, ...options.ports },
    )
  }

  producer(options: ProducerOptions = {}): Producer {
    this.#assertOpen()
    const producer: LeanProducer = new LeanProducer(this.#cluster, options, () => this.#open.delete(producer))
    this.#open.add(producer)
    return producer
  }

  consumer(options: ConsumerOptions = {}): Consumer {
    this.#assertOpen()
    const consumer: LeanConsumer = new LeanConsumer(this.#cluster, options, this.#log, () =>
      this.#open.delete(consumer),
    )
    this.#open.add(consumer)
    return consumer
  }

  admin(): Admin {
    this.#assertOpen()
    return new LeanAdmin(this.#cluster)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const results = await Promise.allSettled([...this.#open].map((each) => each.close()))
    this.#cluster.close()
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  #assertOpen(): void {
    if (this.#closed) throw clientErrors.CLIENT_CLOSED({ what: 'client' })
  }
}
