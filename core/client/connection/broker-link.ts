import { Connection, type ConnectionOptions } from '#core/client/connection/connection.ts'
import type { Address } from '#core/client/connection/dial.ts'
import type { Authenticate } from '#core/client/connection/sasl.ts'
import { negotiate, versionFor, type VersionTable } from '#core/client/connection/versions.ts'
import { clientErrors, messageOf } from '#core/client/errors.ts'
import type { ClientPorts } from '#core/client/ports.ts'
import { type Backoff, backoffMs, sleep } from '#core/errors/retry.ts'
import type { Timer } from '#core/ports/timers.ts'
import type { Log } from '#core/telemetry/log.ts'
import type { Api, Decoded, Encodable, Fields, Message } from '#core/wire/schema.ts'

/** What all links of a client have in common; requests may have a shorter time. */
export interface LinkOptions extends ConnectionOptions {
  readonly requestTimeoutMs: number
  readonly reconnectBackoff: Backoff
  readonly log: Log
  /** Runs on a fresh connection before anything else is sent, and again before the login ends. */
  readonly authenticate?: Authenticate | undefined
}

/** Of one request; without `timeoutMs` it has the link's `requestTimeoutMs`. */
export interface SendOptions {
  readonly timeoutMs?: number
  /** The highest version to use, when the caller cannot fill a later one. */
  readonly maxVersion?: number
}

/** Shares of a login's life between which it is renewed, as Java clients do: not all clients at the same time. */
const earliestRenewal = 0.85
const latestRenewal = 0.95

/** A request body, or how to make it for the version that was agreed on. */
export type BodyFor<Q extends Fields> = Encodable<Message<Q>> | ((version: number) => Encodable<Message<Q>>)

/**
 * The way to one broker: connects when there is something to send, agrees on versions, connects anew after a loss, and
 * waits longer after each connection that fails. Requests are never sent twice: whoever made one decides that.
 */
export class BrokerLink {
  readonly address: Address
  readonly #options: LinkOptions
  readonly #ports: ClientPorts
  readonly #stop = new AbortController()
  #opening: Promise<Connection> | undefined
  #connection: Connection | undefined
  #versions: VersionTable = new Map()
  #failures = 0
  #notBefore = 0
  #renewal: Timer | undefined

  constructor(address: Address, options: LinkOptions, ports: ClientPorts) {
    this.address = address
    this.#options = options
    this.#ports = ports
  }

  get connected(): boolean {
    return this.#connection !== undefined
  }

  /** Sends in the version that both sides know best. Rejects with errors of `clientErrors`. */
  async send<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    body: BodyFor<Q>,
    options: SendOptions = {},
  ): Promise<Decoded<Message<R>>> {
    const connection = this.#connection ?? (await this.#open())
    const version = versionFor(api, this.#versions, this.address, options.maxVersion)
    const filled = typeof body === 'function' ? body(version) : body
    return connection.send(api, version, filled, options.timeoutMs ?? this.#options.requestTimeoutMs)
  }

  /** Sends what has no answer (Produce with acks 0); resolves when the bytes have left. */
  async sendOneWay<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    body: BodyFor<Q>,
    options: SendOptions = {},
  ): Promise<void> {
    const connection = this.#connection ?? (await this.#open())
    const version = versionFor(api, this.#versions, this.address, options.maxVersion)
    return connection.sendOneWay(api, version, typeof body === 'function' ? body(version) : body)
  }

  close(): void {
    this.#stop.abort()
    this.#renewal?.cancel()
    this.#connection?.close()
  }

  #open(): Promise<Connection> {
    this.#opening ??= this.#connect().finally(() => (this.#opening = undefined))
    return this.#opening
  }

  async #connect(): Promise<Connection> {
    const { clock, timers, random } = this.#ports
    const pause = this.#notBefore - clock.monotonic()
    if (pause > 0) await sleep(timers, pause, this.#stop.signal)
    if (this.#stop.signal.aborted) throw clientErrors.CLIENT_CLOSED({ what: 'connection' })
    try {
      return await this.#handshake()
    } catch (error) {
      this.#failures++
      this.#tell(error)
      this.#notBefore = clock.monotonic() + backoffMs(this.#options.reconnectBackoff, this.#failures, random)
      throw error
    }
  }

  /** The first failure and then ever fewer: who waits for a broker should know, and not drown. */
  #tell(error: unknown): void {
    if (!Number.isInteger(Math.log2(this.#failures)) || this.#stop.signal.aborted) return
    this.#options.log('warn', messageOf(error), { failures: this.#failures })
  }

  async #handshake(): Promise<Connection> {
    const connection: Connection = await Connection.open(this.address, this.#options, this.#ports, () => {
      if (this.#connection === connection) this.#connection = undefined
      this.#renewal?.cancel()
    })
    try {
      this.#versions = await negotiate(connection, this.#options.requestTimeoutMs)
      await this.#login(connection)
    } catch (error) {
      connection.close(messageOf(error))
      throw error
    }
    if (this.#stop.signal.aborted) {
      connection.close()
      throw clientErrors.CLIENT_CLOSED({ what: 'connection' })
    }
    this.#failures = 0
    this.#connection = connection
    return connection
  }

  /** Logs in, and plans to do so again in good time. */
  async #login(connection: Connection): Promise<void> {
    const lifetimeMs = await this.#options.authenticate?.(connection, this.#versions)
    if (lifetimeMs === undefined || lifetimeMs === 0) return
    const { timers, random } = this.#ports
    const share = earliestRenewal + random.next() * (latestRenewal - earliestRenewal)
    this.#renewal = timers.after(lifetimeMs * share, () => this.#renew(connection))
  }

  /** Logs in anew on a connection in use. Whoever wants to send meanwhile waits, as for a new connection. */
  #renew(connection: Connection): void {
    if (this.#connection !== connection) return
    this.#connection = undefined
    const renewed = this.#login(connection).then(() => (this.#connection = connection))
    this.#opening = renewed.finally(() => (this.#opening = undefined))
    // Who waits is told as well; who sends later connects anew.
    this.#opening.catch((error) => {
      connection.close(messageOf(error))
      this.#failures++
      this.#tell(error)
    })
  }
}
