import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Exposition } from './exposition.ts'

/** What a broker is doing. Only when `ready` does it serve clients. */
export type BrokerPhase = 'starting' | 'ready' | 'stopping'

/** Connections at a time: one scraper, one or two who look after health, and somebody curious. */
const maxConnections = 64
/** A request is a line and a few headers. */
const requestTimeoutMs = 10_000

/**
 * The HTTP endpoint of those who operate a broker: `/metrics` for Prometheus, `/health/live` (200 while the process answers),
 * `/health/ready` and `/health` (200 while clients are served, else 503). It speaks before the broker is ready.
 */
export class OperationsServer {
  phase: BrokerPhase = 'starting'
  /** What `/metrics` tells, once there is something to tell. */
  exposition: Exposition | undefined
  readonly #server: Server
  #address = ''

  constructor() {
    this.#server = createServer(
      { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs },
      (request, response) => {
        this.#answer(request, response).catch((error: Error) => {
          if (!response.headersSent) reply(response, 500, 'text/plain', `${error.message}\n`)
          else response.destroy()
        })
      },
    )
    this.#server.maxConnections = maxConnections
    this.#server.unref()
  }

  /** `host:port`, when it listens. */
  get address(): string {
    return this.#address
  }

  /** Rejects with the reason when the address cannot be bound. */
  async start(host: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    const bound = this.#server.address() as AddressInfo
    this.#address = `${host.includes(':') ? `[${host}]` : host}:${bound.port}`
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?')[0]
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      return reply(response, 405, 'text/plain', 'only GET and HEAD\n')
    }
    if (path === '/metrics') {
      if (this.exposition === undefined) return reply(response, 503, 'text/plain', 'the broker is starting\n')
      return reply(response, 200, this.exposition.contentType, await this.exposition.text())
    }
    const ready = this.phase === 'ready'
    const body = `${JSON.stringify({ status: this.phase, live: true, ready })}\n`
    if (path === '/health/live') return reply(response, 200, 'application/json', body)
    if (path === '/health' || path === '/health/ready')
      return reply(response, ready ? 200 : 503, 'application/json', body)
    reply(response, 404, 'text/plain', 'there are /metrics, /health, /health/live and /health/ready\n')
  }
}

function reply(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
