import type { Clock } from '#core/ports/clock.ts'
import type { Timers } from '#core/ports/timers.ts'
import { saslHandshake } from '#core/wire/api/17-sasl-handshake.ts'
import { apiVersions } from '#core/wire/api/18-api-versions.ts'
import { type SaslAuthenticateResponseInput, saslAuthenticate } from '#core/wire/api/36-sasl-authenticate.ts'
import { errorCodes } from '#core/wire/errors.ts'
import { decodeRequest, encodeResponse, readRequestHeader } from '#core/wire/frame.ts'
import type { Api, Fields } from '#core/wire/schema.ts'

import type { Connection, Pending, Take } from '../../network/connection.ts'
import type { Gate } from '../../network/listener.ts'
import { type Principal, user } from '../principal.ts'
import { AuthenticationFailure, type Exchange, type Mechanism, type Step } from './mechanism.ts'

/** What all sessions of a listener share. */
export interface SaslPorts {
  readonly clock: Clock
  readonly timers: Timers
  readonly mechanisms: ReadonlyMap<string, Mechanism>
  /** Largest message before a client has logged in (`sasl.server.max.receive.size`). */
  readonly maxReceiveBytes: number
  /** How long a client that failed waits for the bad news (`connection.failed.authentication.delay.ms`). */
  readonly failureDelayMs: number
  /** Takes the requests of clients that have logged in, and ApiVersions of those that have not. */
  readonly forward: Take
  /** The answer to a request that may not come now, where its API has room for an error. */
  refuse(frame: Buffer, errorCode: number): readonly Buffer[] | undefined
  succeeded(connection: Connection, mechanism: string): void
  failed(connection: Connection, mechanism: string, reason: string): void
}

/** Between two authentications of a connection at least this much time passes, as in Apache Kafka. */
const reauthenticationPauseMs = 1000

/** A message of the exchange on its way to an answer; later ones wait for it. */
class PendingToken implements Pending {
  readonly blocks = true
  reservedBytes = 0
  answer: readonly Buffer[] | undefined
  abandoned: (() => void) | undefined
  sent: ((intact: boolean) => void) | undefined
}

/**
 * Stands before one connection of a SASL listener. Until the client has logged in, only ApiVersions, SaslHandshake and the
 * messages of the mechanism come through; afterwards everything, until the login expires. After a handshake of version 0
 * the messages are bare tokens, after one of version 1 they are SaslAuthenticate requests.
 */
export class SaslSession implements Gate {
  readonly #ports: SaslPorts
  #state: 'greeting' | 'handshake' | 'requests' | 'tokens' | 'ready' = 'greeting'
  #mechanism: Mechanism | undefined
  #exchange: Exchange | undefined
  /** Whom the client may not cease to be when it logs in again. */
  #before: { readonly principal: Principal; readonly mechanism: string } | undefined
  /** By the monotonic clock; undefined: never. */
  #expiresAtMs: number | undefined
  #reauthenticatedAtMs = -reauthenticationPauseMs

  constructor(ports: SaslPorts) {
    this.#ports = ports
  }

  get maxFrameBytes(): number {
    return this.#ports.maxReceiveBytes
  }

  /** Throws when the connection is to be closed without an answer. */
  readonly take: Take = (frame, connection) => {
    if (this.#state === 'tokens') return this.#takeToken(Buffer.from(frame), connection)
    if (frame.length < 8) throw new RangeError(`a request of ${frame.length} bytes has no header`)
    const apiKey = frame.readInt16BE(0)
    switch (this.#state) {
      case 'ready':
        return this.#forward(apiKey, frame, connection)
      case 'requests':
        return this.#takeRequest(apiKey, Buffer.from(frame), connection)
      default:
        if (apiKey === saslHandshake.key) return this.#handshake(Buffer.from(frame), connection)
        if (apiKey === apiVersions.key && this.#state === 'greeting') return this.#greet(frame, connection)
        return this.#refuse(connection, undefined, `API ${apiKey} before the handshake`)
    }
  }

  #greet(frame: Buffer, connection: Connection): Pending {
    // A version that is too new is answered with those that are known, and the client asks again.
    if (frame.readInt16BE(2) <= apiVersions.versions.high) this.#state = 'handshake'
    return this.#ports.forward(frame, connection)
  }

  #forward(apiKey: number, frame: Buffer, connection: Connection): Pending {
    const expires = this.#expiresAtMs
    if (expires === undefined) return this.#ports.forward(frame, connection)
    const now = this.#ports.clock.monotonic()
    if (apiKey === saslHandshake.key && now - this.#reauthenticatedAtMs >= reauthenticationPauseMs) {
      this.#reauthenticatedAtMs = now
      this.#before = { principal: connection.principal, mechanism: this.#mechanism!.name }
      return this.#handshake(Buffer.from(frame), connection)
    }
    if (now > expires) throw new RangeError('the session has expired and the client has not logged in again')
    return this.#ports.forward(frame, connection)
  }

  #handshake(frame: Buffer, connection: Connection): Pending {
    const { mechanisms } = this.#ports
    const { version, correlationId, body } = requestOf(saslHandshake, frame)
    const mechanism = mechanisms.get(body.mechanism)
    const reply = (errorCode: number) =>
      encodeResponse(saslHandshake, version, correlationId, { errorCode, mechanisms: [...mechanisms.keys()] })
    if (mechanism === undefined) {
      const answer = reply(errorCodes.UNSUPPORTED_SASL_MECHANISM.code)
      return this.#refuse(connection, answer, 'the mechanism is not enabled')
    }
    this.#mechanism = mechanism
    if (this.#before !== undefined && this.#before.mechanism !== mechanism.name) {
      // The handshake itself is answered, as in Apache Kafka.
      return this.#refuse(connection, reply(0), `${this.#before.mechanism} cannot be followed by ${mechanism.name}`)
    }
    this.#exchange = mechanism.begin()
    this.#state = version === 0 ? 'tokens' : 'requests'
    const pending = new PendingToken()
    pending.answer = reply(0)
    return pending
  }

  #takeRequest(apiKey: number, frame: Buffer, connection: Connection): Pending {
    if (apiKey !== saslAuthenticate.key) {
      const answer = this.#ports.refuse(frame, errorCodes.ILLEGAL_SASL_STATE.code)
      return this.#refuse(connection, answer, `API ${apiKey} in the middle of the exchange`)
    }
    const { version, correlationId, body } = requestOf(saslAuthenticate, frame)
    const encode = (answer: SaslAuthenticateResponseInput) =>
      encodeResponse(saslAuthenticate, version, correlationId, answer)
    return this.#run(connection, Buffer.from(body.authBytes), {
      step: ({ reply }, sessionLifetimeMs) =>
        encode({ errorCode: 0, errorMessage: '', authBytes: reply, sessionLifetimeMs }),
      failure: (errorMessage) =>
        encode({ errorCode: errorCodes.SASL_AUTHENTICATION_FAILED.code, errorMessage, authBytes: Buffer.alloc(0) }),
    })
  }

  #takeToken(token: Buffer, connection: Connection): Pending {
    return this.#run(connection, token, { step: ({ reply }) => withSize(reply), failure: () => undefined })
  }

  #run(connection: Connection, token: Buffer, forms: TokenForms): Pending {
    const pending = new PendingToken()
    const took = (step: Step): void => {
      const lifetimeMs = step.identity === undefined ? 0 : this.#login(connection, step.identity)
      pending.answer = forms.step(step, lifetimeMs)
    }
    const failed = (error: unknown): void => {
      const known = error instanceof AuthenticationFailure
      const reason = known ? error.reason : `the exchange failed: ${(error as Error).message}`
      const told = known ? error.message : 'Authentication failed due to an error of the broker'
      this.#fail(connection, pending, forms.failure(told), reason)
    }
    try {
      const step = this.#exchange!.take(token)
      if (step instanceof Promise) {
        step
          .then((late) => {
            took(late)
            connection.answered()
          })
          .catch(failed)
      } else took(step)
    } catch (error) {
      failed(error)
    }
    return pending
  }

  /** Takes the identity over and returns how long it holds, ms; 0: for ever. */
  #login(connection: Connection, identity: { readonly name: string; readonly expiresAtMs?: number }): number {
    const { clock } = this.#ports
    const { name, maxReauthMs } = this.#mechanism!
    const principal = user(identity.name)
    const before = this.#before?.principal
    if (before !== undefined && before.name !== principal.name) {
      throw new AuthenticationFailure(
        `Cannot change principals during re-authentication from ${before.type}.${before.name}: ${principal.type}.${principal.name}`,
      )
    }
    const bounds = [
      ...(identity.expiresAtMs === undefined ? [] : [identity.expiresAtMs - clock.now()]),
      ...(maxReauthMs > 0 ? [maxReauthMs] : []),
    ]
    const lifetimeMs = Math.max(0, Math.min(...bounds))
    this.#expiresAtMs = bounds.length === 0 ? undefined : clock.monotonic() + lifetimeMs
    this.#state = 'ready'
    this.#exchange = undefined
    connection.principal = principal
    connection.maxFrameBytes = Number.POSITIVE_INFINITY
    this.#ports.succeeded(connection, name)
    return bounds.length === 0 ? 0 : lifetimeMs
  }

  #refuse(connection: Connection, answer: readonly Buffer[] | undefined, reason: string): Pending {
    const pending = new PendingToken()
    this.#fail(connection, pending, answer, reason)
    return pending
  }

  /** Lets a client that failed wait, so that guessing is slow, then tells it, if there is anything to tell, and hangs up. */
  #fail(connection: Connection, pending: Pending, answer: readonly Buffer[] | undefined, reason: string): void {
    if (connection.closed) return
    const { timers, failureDelayMs } = this.#ports
    this.#ports.failed(connection, this.#mechanism?.name ?? 'none', reason)
    const closing = `authentication failed: ${reason}`
    const timer = timers.after(failureDelayMs, () => {
      if (answer === undefined) return connection.close(closing)
      pending.answer = answer
      pending.abandoned = undefined
      pending.sent = () => connection.close(closing)
      connection.answered()
    })
    pending.abandoned = () => timer.cancel()
  }
}

/** How the answers look: bare tokens or those of SaslAuthenticate. */
interface TokenForms {
  step(step: Step, sessionLifetimeMs: number): readonly Buffer[]
  failure(message: string): readonly Buffer[] | undefined
}

/** Reads a request in a version that is known. Throws a RangeError for others. */
function requestOf<Q extends Fields, R extends Fields>(api: Api<Q, R>, frame: Buffer) {
  const version = frame.readInt16BE(2)
  if (version < api.versions.low || version > api.versions.high) {
    throw new RangeError(`version ${version} of ${api.name} is not served`)
  }
  const header = readRequestHeader(frame)
  return { version, correlationId: header.correlationId, body: decodeRequest(api, version, frame, header.bodyStart) }
}

function withSize(token: Buffer): Buffer[] {
  const size = Buffer.alloc(4)
  size.writeInt32BE(token.length)
  return [size, token]
}
