import { type Address, type ClientSocket } from '#core/client/connection/dial.ts'
import { FrameAssembly } from '#core/client/connection/frame-assembly.ts'
import { clientErrors, messageOf } from '#core/client/errors.ts'
import type { ClientPorts } from '#core/client/ports.ts'
import { isKnownError } from '#core/errors/table.ts'
import type { Timer } from '#core/ports/timers.ts'
import { decodeResponse, encodeRequest } from '#core/wire/frame.ts'
import type { Api, Decoded, Encodable, Fields, Message } from '#core/wire/schema.ts'

/** Names of client and limits that every connection has. */
export interface ConnectionOptions {
  readonly clientId: string
  readonly connectTimeoutMs: number
  /** Largest answer that is accepted. */
  readonly maxReplyBytes: number
}

interface Waiting {
  readonly correlationId: number
  readonly api: string
  readonly deadline: number
  readonly timeoutMs: number
  readonly answered: (frame: Buffer) => void
  readonly failed: (error: Error) => void
}

/**
 * One socket to one broker. Requests are pipelined: they leave in the order of the calls, and as a broker answers in that
 * order, the next frame always belongs to the oldest waiting request. Whatever goes wrong ends the connection and fails
 * all that wait, since an answer that is late holds up every later one.
 */
export class Connection {
  readonly address: Address
  readonly #options: ConnectionOptions
  readonly #ports: ClientPorts
  readonly #onClosed: () => void
  readonly #frames: FrameAssembly
  #socket: ClientSocket | undefined
  #state: 'connecting' | 'open' | 'closed' = 'connecting'
  #nextCorrelationId = 0
  readonly #waiting: Waiting[] = []
  #watch: Timer | undefined
  #watchedDeadline = Infinity

  /** Use `Connection.open`. */
  private constructor(address: Address, options: ConnectionOptions, ports: ClientPorts, onClosed: () => void) {
    this.address = address
    this.#options = options
    this.#ports = ports
    this.#onClosed = onClosed
    this.#frames = new FrameAssembly(options.maxReplyBytes, (frame) => this.#receive(frame))
  }

  /** Connects. Rejects with BROKER_UNREACHABLE or CERTIFICATE_REFUSED. `onClosed` is called once when an opened connection has ended. */
  static open(
    address: Address,
    options: ConnectionOptions,
    ports: ClientPorts,
    onClosed: () => void,
  ): Promise<Connection> {
    const connection = new Connection(address, options, ports, onClosed)
    return new Promise((resolve, reject) => connection.#dial(() => resolve(connection), reject))
  }

  /** Requests sent and not answered. */
  get inFlight(): number {
    return this.#waiting.length
  }

  /** Sends a request and resolves with its decoded answer. */
  async send<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    version: number,
    body: Encodable<Message<Q>>,
    timeoutMs: number,
  ): Promise<Decoded<Message<R>>> {
    const frame = await this.sendForFrame(api, version, body, timeoutMs)
    try {
      return decodeResponse(api, version, frame).body
    } catch (cause) {
      const error = clientErrors.REPLY_MALFORMED({ ...this.address, api: api.name, version }, cause)
      this.#end(error)
      throw error
    }
  }

  /** As `send`, with the answer as it came. */
  sendForFrame<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    version: number,
    body: Encodable<Message<Q>>,
    timeoutMs: number,
  ): Promise<Buffer> {
    return new Promise((answered, failed) => {
      if (this.#state !== 'open') return failed(this.#lost('it was closed'))
      const correlationId = this.#nextCorrelationId
      // Encoding may refuse the body: nothing is queued before it is through.
      const frame = encodeRequest(api, version, correlationId, this.#options.clientId, body)
      this.#nextCorrelationId = (correlationId + 1) & 0x7fffffff
      const deadline = this.#ports.clock.monotonic() + timeoutMs
      this.#waiting.push({ correlationId, api: api.name, deadline, timeoutMs, answered, failed })
      this.#socket!.write(frame)
      this.#watchUntil(deadline)
    })
  }

  /** Sends a request that has no answer; resolves when its bytes have left. */
  sendOneWay<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    version: number,
    body: Encodable<Message<Q>>,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#state !== 'open') return reject(this.#lost('it was closed'))
      const correlationId = this.#nextCorrelationId
      const frame = encodeRequest(api, version, correlationId, this.#options.clientId, body)
      this.#nextCorrelationId = (correlationId + 1) & 0x7fffffff
      this.#socket!.write(frame, resolve)
    })
  }

  /** Ends the connection; what waits fails with CONNECTION_LOST. */
  close(reason = 'this client closed it'): void {
    this.#end(this.#lost(reason))
  }

  #dial(opened: () => void, failed: (error: Error) => void): void {
    const { connectTimeoutMs } = this.#options
    const refuse = (problem: string, cause?: unknown): void => {
      timer.cancel()
      this.#state = 'closed'
      this.#socket?.destroy()
      failed(isKnownError(cause) ? cause : clientErrors.BROKER_UNREACHABLE({ ...this.address, problem }, cause))
    }
    const timer = this.#ports.timers.after(connectTimeoutMs, () =>
      refuse(`nothing answered within ${connectTimeoutMs} ms`),
    )
    this.#socket = this.#ports.dial(this.address, {
      opened: () => {
        if (this.#state !== 'connecting') return
        timer.cancel()
        this.#state = 'open'
        opened()
      },
      target: () => this.#frames.target(),
      received: (count) => this.#received(count),
      closed: (error) => {
        if (this.#state === 'connecting') refuse(messageOf(error ?? 'the broker closed it'), error)
        else this.#end(this.#lost(messageOf(error ?? 'the broker closed it'), error))
      },
    })
  }

  #received(count: number): void {
    if (this.#state !== 'open') return
    try {
      this.#frames.received(count)
    } catch (error) {
      this.#end(this.#lost(messageOf(error), error))
    }
  }

  #receive(frame: Buffer): void {
    if (this.#state !== 'open') return
    const oldest = this.#waiting.shift()
    const correlationId = frame.readInt32BE(0)
    if (oldest === undefined) throw new RangeError(`an answer (correlation id ${correlationId}) that nothing asked for`)
    if (oldest.correlationId !== correlationId) {
      this.#waiting.unshift(oldest)
      throw new RangeError(`correlation id ${correlationId} instead of ${oldest.correlationId}`)
    }
    if (this.#waiting.length === 0) {
      this.#watch?.cancel()
      this.#watch = undefined
      this.#watchedDeadline = Infinity
    }
    oldest.answered(frame)
  }

  #watchUntil(deadline: number): void {
    if (deadline >= this.#watchedDeadline) return
    this.#watch?.cancel()
    this.#watchedDeadline = deadline
    this.#watch = this.#ports.timers.after(deadline - this.#ports.clock.monotonic(), () => this.#checkDeadlines())
  }

  #checkDeadlines(): void {
    this.#watch = undefined
    this.#watchedDeadline = Infinity
    const now = this.#ports.clock.monotonic()
    let next = Infinity
    for (const { deadline, api, timeoutMs } of this.#waiting) {
      if (deadline <= now) return this.#end(clientErrors.REQUEST_UNANSWERED({ ...this.address, api, timeoutMs }))
      next = Math.min(next, deadline)
    }
    this.#watchUntil(next)
  }

  #lost(problem: string, cause?: unknown): Error {
    return clientErrors.CONNECTION_LOST({ ...this.address, problem }, cause)
  }

  #end(error: Error): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#watch?.cancel()
    this.#socket?.destroy()
    for (const { failed } of this.#waiting.splice(0)) failed(error)
    this.#onClosed()
  }
}
