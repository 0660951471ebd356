import { type Socket, connect } from 'node:net'

import { decodeResponse, encodeRequest } from '#core/wire/frame.ts'
import type { Api, Decoded, Encodable, Fields } from '#core/wire/schema.ts'

/** One connection on which requests are sent as the wire has them, in any version; answers come in their order. */
export class WireClient {
  readonly #socket: Socket
  readonly #waiting: { resolve(frame: Buffer): void; reject(error: Error): void }[] = []
  #received: Buffer = Buffer.alloc(0)
  #correlationId = 0
  closed = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (bytes: Buffer) => this.#receive(bytes))
    socket.on('error', (error) => this.#end(error))
    socket.on('close', () => this.#end(new Error('the connection was closed')))
  }

  static connect(bootstrap: string): Promise<WireClient> {
    const [host, port] = bootstrap.split(':')
    return new Promise((done, fail) => {
      const socket = connect(Number(port), host)
      socket.once('error', fail)
      socket.once('connect', () => {
        socket.off('error', fail)
        done(new WireClient(socket))
      })
    })
  }

  async call<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    version: number,
    body: Encodable<Api<Q, R>['request']>,
    clientId: string | null = 'wire',
  ): Promise<Decoded<Api<Q, R>['response']>> {
    const id = this.#correlationId++
    const answer = this.send(encodeRequest(api, version, id, clientId, body))
    const { correlationId, body: response } = decodeResponse(api, version, await answer)
    if (correlationId !== id) throw new Error(`answer ${correlationId} to question ${id}`)
    return response
  }

  /** Sends bytes, size and all, and waits for one answer's frame. */
  send(chunks: readonly Buffer[]): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new Error('the connection is closed'))
      this.#waiting.push({ resolve, reject })
      for (const chunk of chunks) this.#socket.write(chunk)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
    while (this.#received.length >= 4) {
      const size = this.#received.readInt32BE(0)
      if (this.#received.length < 4 + size) return
      this.#waiting.shift()?.resolve(Buffer.from(this.#received.subarray(4, 4 + size)))
      this.#received = this.#received.subarray(4 + size)
    }
  }

  #end(error: Error): void {
    this.closed = true
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error)
  }
}
