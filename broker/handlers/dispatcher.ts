import type { Log } from '#core/telemetry/log.ts'
import { decodeRequest, encodeResponse, readRequestHeader } from '#core/wire/frame.ts'
import { ProtocolError, errorCodes } from '#core/wire/errors.ts'

import { demand } from './authorization.ts'
import type { Call, Served } from './handler.ts'
import type { Node } from '../node.ts'
import type { Connection, Pending } from '../network/connection.ts'

const apiVersionsKey = 18
/** What fits into an answer, and into a timer. */
const longestPauseMs = 2_147_483_647

/** A request between arrival and answer. */
class PendingCall implements Call, Pending {
  readonly apiVersion: number
  readonly clientId: string | null
  readonly client: Connection
  readonly blocks: boolean
  readonly correlationId: number
  readonly served: Served
  readonly requestBytes: number
  readonly #node: Node
  /** When it came, where anybody wants to know how long it took. */
  readonly #arrivedMs: number
  #pauseMs = 0
  reservedBytes = 0
  answer: readonly Buffer[] | undefined
  abandoned: (() => void) | undefined
  sent: ((intact: boolean) => void) | undefined

  constructor(
    node: Node,
    served: Served,
    client: Connection,
    header: { readonly apiVersion: number; readonly correlationId: number; readonly clientId: string | null },
    requestBytes: number,
  ) {
    this.#node = node
    this.#arrivedMs = node.meters === undefined ? 0 : performance.now()
    this.served = served
    this.apiVersion = header.apiVersion
    this.correlationId = header.correlationId
    this.clientId = header.clientId
    this.client = client
    this.requestBytes = requestBytes
    this.blocks = !served.pipelined
  }

  pause(ms: number): void {
    this.#pauseMs = Math.min(longestPauseMs, Math.max(this.#pauseMs, ms))
  }

  #mute(): void {
    const { metrics, timers } = this.#node
    metrics.values.broker_throttled_requests_total++
    metrics.values.broker_throttle_ms_total += this.#pauseMs
    this.client.mute()
    timers.after(this.#pauseMs, () => this.client.unmute())
  }

  respond(body: unknown): void {
    if (this.client.closed) this.sent?.(false)
    if (this.answer !== undefined || this.client.closed) return
    this.settle(body)
    this.abandoned = undefined
    this.client.answered()
  }

  /** Makes the answer of a body. */
  settle(body: unknown): void {
    let told = body as object
    if (this.#pauseMs > 0) {
      told = { ...told, throttleTimeMs: this.#pauseMs }
      this.#mute()
    }
    this.#measure((body as { readonly errorCode?: number }).errorCode)
    this.answer = encodeResponse(this.served.api, this.apiVersion, this.correlationId, told as never)
  }

  #measure(errorCode = 0): void {
    const { meters } = this.#node
    if (meters === undefined) return
    const { key, name } = this.served.api
    const now = performance.now()
    meters.answered(key, name, this.apiVersion, now - this.#arrivedMs, now, errorCode)
  }

  respondNothing(): void {
    if (this.answer !== undefined) return
    this.answer = []
    this.#measure(0)
    if (this.#pauseMs > 0) this.#mute()
    this.abandoned = undefined
    this.client.answered()
  }
}

/** Finds the handler of a frame, runs it, and turns what it returns or throws into the answer. */
export class Dispatcher {
  readonly #node: Node
  readonly #log: Log
  readonly #byKey: (Served | undefined)[] = []

  constructor(node: Node, served: readonly Served[]) {
    this.#node = node
    this.#log = node.log
    for (const each of served) this.#byKey[each.api.key] = each
  }

  /** Throws when the frame cannot be read or asks for what is not served: the connection is to be closed. */
  readonly take = (frame: Buffer, connection: Connection): Pending => {
    if (frame.length < 8) throw new RangeError(`a request of ${frame.length} bytes has no header`)
    const apiKey = frame.readInt16BE(0)
    const apiVersion = frame.readInt16BE(2)
    const served = this.#byKey[apiKey]
    if (served === undefined) throw new RangeError(`unknown API key ${apiKey}`)
    if (apiVersion < served.versions.low || apiVersion > served.versions.high) {
      if (apiKey === apiVersionsKey) return this.#refuseVersion(served, frame, connection)
      throw new RangeError(`version ${apiVersion} of ${served.api.name} is not served`)
    }
    const { metrics } = this.#node
    metrics.values.broker_requests_total++
    metrics.values.broker_request_bytes_total += frame.length
    const header = readRequestHeader(frame)
    const call = new PendingCall(this.#node, served, connection, header, frame.length)
    const bytes = served.borrows ? frame : Buffer.from(frame)
    const request = decodeRequest(served.api, apiVersion, bytes, header.bodyStart) as never
    this.#run(call, request)
    return call
  }

  /** The answer that refuses a request, where its API has room for an error; the request is not handled. */
  refuse(frame: Buffer, errorCode: number): readonly Buffer[] | undefined {
    const { apiKey, apiVersion, correlationId, bodyStart } = readRequestHeader(frame)
    const served = this.#byKey[apiKey]
    if (served?.refuse === undefined || apiVersion < served.versions.low || apiVersion > served.versions.high) return
    const request = decodeRequest(served.api, apiVersion, frame, bodyStart) as never
    const body = served.refuse(request, errorCode, { apiVersion } as Call<never>, null)
    return encodeResponse(served.api, apiVersion, correlationId, body as never)
  }

  #run(call: PendingCall, request: never): void {
    const { served } = call
    try {
      if (served.requires !== undefined && this.#node.authorizer.enabled) {
        const right = served.requires(request, call as Call<never>)
        if (right !== undefined) demand(this.#node, call.client, ...right)
      }
      const result = this.#handle(call, request)
      if (result === undefined) return
      if (result instanceof Promise) {
        // An answer that cannot be written is a fault like any other, and not a rejection that nobody sees.
        result.then((body) => call.respond(body)).catch((error) => this.#failed(call, request, error))
        return
      }
      call.settle(result)
    } catch (error) {
      this.#failed(call, request, error)
    }
  }

  /** Runs the handler; where there are quotas on the thread's time, what the handler takes of it at once is counted. */
  #handle(call: PendingCall, request: never): unknown {
    const { quotas, clock } = this.#node
    if (!quotas.request.active) return call.served.handle(this.#node, request, call as Call<never>)
    const begun = clock.monotonic()
    try {
      return call.served.handle(this.#node, request, call as Call<never>)
    } finally {
      const percent = (clock.monotonic() - begun) / 10
      call.pause(quotas.request.record(call.client.principal.name, call.clientId ?? '', percent))
    }
  }

  /** Answers with the error where the API has a place for it; a fault of ours is logged, whatever the client asked. */
  #failed(call: PendingCall, request: never, error: unknown): void {
    const { served } = call
    const known = error instanceof ProtocolError
    if (!known) this.#log('error', `${served.api.name} failed`, { error: (error as Error)?.stack ?? String(error) })
    const code = known ? error.errorCode : errorCodes.UNKNOWN_SERVER_ERROR.code
    const message = known ? error.message : null
    try {
      if (served.refuse !== undefined) call.respond(served.refuse(request, code, call as Call<never>, message))
      else call.client.close(`${served.api.name} failed: ${(error as Error).message}`)
    } catch (second) {
      call.client.close(`${served.api.name} failed: ${(second as Error).message}`)
    }
  }

  /** KIP-511: a too new ApiVersions gets a version 0 answer that names the versions served, so that the client can ask again. */
  #refuseVersion(served: Served, frame: Buffer, connection: Connection): Pending {
    const header = { apiVersion: 0, correlationId: frame.readInt32BE(4), clientId: null }
    const call = new PendingCall(this.#node, served, connection, header, frame.length)
    call.answer = encodeResponse(served.api, 0, call.correlationId, {
      errorCode: errorCodes.UNSUPPORTED_VERSION.code,
      apiKeys: [{ apiKey: apiVersionsKey, minVersion: served.versions.low, maxVersion: served.versions.high }],
    } as never)
    return call
  }
}
