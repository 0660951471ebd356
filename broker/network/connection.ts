import type { Socket } from 'node:net'

import { type Principal, anonymous } from '../security/principal.ts'
import type { SecurityProtocol } from '../security/protocol.ts'
import type { BufferPool } from './buffer-pool.ts'

import { FrameReader } from './frame-reader.ts'
import type { Cursor } from './frame-reader.ts'
import { hostAddress } from './host-address.ts'
import type { RequestMemory } from './request-memory.ts'
import { readShared } from './socket.ts'

/** Bounds that hold for each connection. */
export interface ConnectionLimits {
  /** Largest frame (`socket.request.max.bytes`). */
  readonly maxFrameBytes: number
  /** Requests that may be unanswered at a time (`queued.max.requests`). */
  readonly maxUnanswered: number
  /** Silence after which the connection is closed (`connections.max.idle.ms`); 0: never. */
  readonly idleMs: number
}

/** Where a client came in, and under which address clients should come back. */
export interface Endpoint {
  /** The listener's name. */
  readonly name: string
  readonly host: string
  readonly port: number
  readonly securityProtocol: SecurityProtocol
}

/**
 * A request that a connection has taken and not yet answered. The connection keeps these in the order of arrival and
 * sends their answers in that order.
 */
export interface Pending {
  /** Later requests of the connection wait until this one is answered. */
  readonly blocks: boolean
  /** Bytes of shared request memory to give back. */
  reservedBytes: number
  /** The encoded answer once there is one; an empty list where the client expects none. */
  answer: readonly Buffer[] | undefined
  /** Called when the connection closes before the answer. */
  abandoned: (() => void) | undefined
  /**
   * Called when the connection is done with the answer's bytes: `intact` when the system has taken them all, so that their
   * memory may be used again; else they may still be looked at.
   */
  sent: ((intact: boolean) => void) | undefined
}

/** Handles a frame at once and returns it pending or answered; the frame's bytes are good until it returns. */
export type Take = (frame: Buffer, connection: Connection) => Pending

/** What a connection needs of the rest. */
export interface ConnectionPorts {
  readonly take: Take
  closed(connection: Connection, reason: string | undefined): void
  readonly memory: RequestMemory
  readonly buffers: BufferPool
  readonly limits: ConnectionLimits
}

/** Frames up to this size do not reserve shared memory: one chunk of the socket is about as large. */
const smallFrameBytes = 65_536
/** Bytes that may wait unparsed behind a blocking request before the socket is paused. */
const maxUnparsedBytes = 131_072

/**
 * One client. Requests are handled in order and answered in order; a request that waits (a long poll, a joining
 * member) holds up later ones of this connection only. Reading stops when too much waits: unparsed bytes, unanswered
 * requests, unsent answers, or shared memory.
 */
export class Connection {
  readonly id: number
  readonly endpoint: Endpoint
  /** The client's address in Kafka's form, `/127.0.0.1`. */
  readonly clientHost: string
  /** Name and version that the client's ApiVersions request gave. */
  clientSoftware = 'unknown unknown'
  /** Who the client has proved to be. */
  principal: Principal = anonymous

  readonly #socket: Socket
  readonly #ports: ConnectionPorts
  readonly #reader: FrameReader
  readonly #cursor: Cursor = { position: 0 }
  readonly #unparsed: Buffer[] = []
  #unparsedBytes = 0
  readonly #unanswered: Pending[] = []
  #blocking: Pending | undefined
  #out: Buffer[] = []
  /** Whom to tell when what is in `out` has been sent. */
  #outSent: ((intact: boolean) => void)[] = []
  #reserved = 0
  #withdraw: (() => void) | undefined
  #consuming = false
  #scheduled = false
  #paused = false
  /** How many reasons there are to take no more requests for a while. */
  #mutes = 0
  #stopping = false
  #closed = false

  /** Takes over an accepted socket that does not read yet. */
  constructor(id: number, accepted: Socket, endpoint: Endpoint, ports: ConnectionPorts) {
    this.id = id
    this.endpoint = endpoint
    this.clientHost = `/${hostAddress(accepted.remoteAddress ?? 'unknown')}`
    this.#ports = ports
    this.#reader = new FrameReader(ports.limits.maxFrameBytes, ports.buffers)
    this.#socket = readShared(accepted, (bytes) => this.#received(bytes))
    const socket = this.#socket
    if (ports.limits.idleMs > 0) socket.setTimeout(ports.limits.idleMs)
    socket.on('drain', () => this.#consume())
    socket.on('end', () => this.#ended())
    socket.on('error', (error) => this.close(error.message))
    socket.on('close', () => this.close())
    socket.on('timeout', () => this.close('idle for longer than connections.max.idle.ms'))
    socket.resume()
  }

  /** Frames larger than this close the connection; it can only be less than its limits say. */
  set maxFrameBytes(bytes: number) {
    this.#reader.maxFrameBytes = Math.min(bytes, this.#ports.limits.maxFrameBytes)
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Requests taken and not answered. */
  get unanswered(): number {
    return this.#unanswered.length
  }

  /** Called when a pending request has got its answer; the bytes go out at the end of this turn of the loop. */
  answered(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    process.nextTick(this.#wake)
  }

  /** Takes no more requests until `unmute` has been called as often; what was taken is answered. */
  mute(): void {
    this.#mutes++
  }

  unmute(): void {
    if (--this.#mutes === 0) this.answered()
  }

  /** Takes no more requests, sends the answers that are due, then closes. */
  stop(): void {
    this.#stopping = true
    this.#finishStop()
  }

  /** Drops the connection and all it holds. */
  close(reason?: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#withdraw?.()
    this.#reader.drop()
    let reserved = this.#reserved
    for (const pending of this.#unanswered) {
      reserved += pending.reservedBytes
      pending.abandoned?.()
      pending.sent?.(false)
    }
    for (const sent of this.#outSent) sent(false)
    this.#outSent = []
    if (reserved > 0) this.#ports.memory.release(reserved)
    this.#reserved = 0
    this.#unanswered.length = 0
    this.#unparsed.length = 0
    this.#out = []
    this.#socket.destroy()
    this.#ports.closed(this, reason)
  }

  readonly #wake = (): void => {
    this.#scheduled = false
    this.#sendAnswers()
    this.#consume()
    this.#finishStop()
  }

  /** `bytes` are borrowed: what cannot be handled at once is copied. */
  #received(bytes: Buffer): void {
    const waits = this.#unparsed.length > 0
    const chunk = waits ? Buffer.from(bytes) : bytes
    this.#unparsed.push(chunk)
    this.#unparsedBytes += chunk.length
    this.#consume()
    if (waits || this.#unparsed.length === 0) return
    const rest = Buffer.from(bytes.subarray(this.#cursor.position))
    this.#unparsed[0] = rest
    this.#unparsedBytes = rest.length
    this.#cursor.position = 0
  }

  /** The client will send no more: what is about to be answered still goes out, what waits for something does not. */
  #ended(): void {
    if (this.#unanswered.length === 0 || this.#blocking !== undefined) this.close()
    else this.stop()
  }

  #finishStop(): void {
    if (this.#stopping && !this.#closed && this.#unanswered.length === 0) this.#socket.end()
  }

  #mayTake(): boolean {
    return (
      this.#blocking === undefined &&
      this.#unanswered.length < this.#ports.limits.maxUnanswered &&
      this.#withdraw === undefined &&
      this.#mutes === 0 &&
      !this.#socket.writableNeedDrain &&
      !this.#stopping &&
      !this.#closed
    )
  }

  #consume(): void {
    if (this.#consuming) return
    this.#consuming = true
    try {
      while (this.#unparsed.length > 0 && this.#mayTake()) {
        const chunk = this.#unparsed[0]!
        const frame = this.#reader.next(chunk, this.#cursor, this.#admit)
        if (this.#cursor.position === chunk.length) this.#nextChunk(chunk)
        if (frame !== undefined) this.#take(frame)
      }
      this.#send()
    } catch (error) {
      this.close((error as Error).message)
    } finally {
      this.#consuming = false
    }
    this.#regulate()
  }

  #nextChunk(used: Buffer): void {
    this.#unparsed.shift()
    this.#unparsedBytes -= used.length
    this.#cursor.position = 0
  }

  #take(frame: Buffer): void {
    const { lent } = this.#reader
    let pending: Pending | undefined
    try {
      pending = this.#ports.take(frame, this)
    } finally {
      if (lent && pending !== undefined) this.#ports.buffers.give(frame)
      else if (lent) this.#ports.buffers.forget(frame)
    }
    // The handler may have closed the connection, and then all that it held is given back already.
    if (this.#closed) return
    pending.reservedBytes = this.#reserved
    this.#reserved = 0
    this.#unanswered.push(pending)
    if (pending.answer !== undefined) this.#sendAnswers()
    else if (pending.blocks) this.#blocking = pending
  }

  readonly #admit = (size: number): boolean => {
    if (size <= smallFrameBytes || this.#reserved > 0) return true
    if (this.#ports.memory.reserve(size)) {
      this.#reserved = size
      return true
    }
    this.#withdraw = this.#ports.memory.wait(size, () => {
      this.#withdraw = undefined
      this.#reserved = size
      this.answered()
    })
    return false
  }

  /** Moves the answers that are next in order to the outgoing list. */
  #sendAnswers(): void {
    const queue = this.#unanswered
    let count = 0
    while (count < queue.length && queue[count]!.answer !== undefined) {
      const pending = queue[count++]!
      for (const chunk of pending.answer!) pushAdjoined(this.#out, chunk)
      if (pending.sent !== undefined) this.#outSent.push(pending.sent)
      if (pending.reservedBytes > 0) this.#ports.memory.release(pending.reservedBytes)
      if (pending === this.#blocking) this.#blocking = undefined
    }
    if (count === queue.length) queue.length = 0
    else if (count > 0) queue.splice(0, count)
  }

  #send(): void {
    const out = this.#out
    if (out.length === 0 || this.#closed) return
    this.#out = []
    const last = out.pop()!
    if (out.length > 0) {
      this.#socket.cork()
      for (const chunk of out) this.#socket.write(chunk)
    }
    if (this.#outSent.length === 0) this.#socket.write(last)
    else this.#socket.write(last, this.#tellSent())
    if (out.length > 0) this.#socket.uncork()
  }

  /** The callback of a write that tells those whose answers go out with it. */
  #tellSent(): (error?: Error | null) => void {
    const told = this.#outSent
    this.#outSent = []
    return (error) => {
      for (const sent of told) sent(!error)
    }
  }

  /** Pauses or resumes reading, whichever the bounds ask for. */
  #regulate(): void {
    if (this.#closed) return
    const pause = this.#unparsedBytes - this.#cursor.position > maxUnparsedBytes || this.#withdraw !== undefined
    if (pause === this.#paused) return
    this.#paused = pause
    if (pause) this.#socket.pause()
    else this.#socket.resume()
  }
}

/** Adds a chunk; one that lies in memory right behind the last, as small answers of one turn do, is joined with it. */
function pushAdjoined(chunks: Buffer[], chunk: Buffer): void {
  const last = chunks.at(-1)
  if (last !== undefined && last.buffer === chunk.buffer && last.byteOffset + last.length === chunk.byteOffset) {
    chunks[chunks.length - 1] = Buffer.from(last.buffer, last.byteOffset, last.length + chunk.length)
  } else chunks.push(chunk)
}
