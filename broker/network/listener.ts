import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { hostname } from 'node:os'

import { Connection } from './connection.ts'
import type { ConnectionPorts, Endpoint, Take } from './connection.ts'
import { type Principal, anonymous } from '../security/principal.ts'
import type { SecurityProtocol } from '../security/protocol.ts'

/** Told of a socket that is encrypted now, and who its client is by its certificate. */
export type Secured = (socket: Socket, principal: Principal) => void
/** Encrypts an accepted socket; one for which that fails is closed. */
export type Secure = (accepted: Socket, secured: Secured) => void

/** Stands before one connection until its client has proved who it is. */
export interface Gate {
  readonly take: Take
  /** Largest frame until then. */
  readonly maxFrameBytes: number
}

/** What a listener asks of its clients before their requests count; nothing for PLAINTEXT. */
export interface Guard {
  readonly secure?: Secure | undefined
  /** Makes the gate of a new connection. */
  readonly gate?: (() => Gate) | undefined
}

/** What a listener is told. `port` 0 takes a free one. */
export interface ListenerOptions {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly securityProtocol: SecurityProtocol
  /** The address that clients are told to come back to; without it the bound one. */
  readonly advertised?: { readonly host: string; readonly port: number } | undefined
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  readonly guard: Guard
}

/** Events that a listener reports. */
export interface ListenerEvents {
  opened(connection: Connection): void
  closed(connection: Connection, reason: string | undefined): void
  refused(address: string, reason: string): void
  /** Counts a new connection; it may have to wait, and may be closed then. */
  admit(address: string): { readonly waitMs: number; readonly refused: boolean }
  readonly take: Take
}

/** Bytes that a socket may hold unsent before the next request of its connection has to wait. */
const unsentBytes = 262_144

/** One bound address and the connections that came in through it. */
export class Listener {
  readonly connections = new Set<Connection>()
  readonly #options: ListenerOptions
  readonly #ports: Pick<ConnectionPorts, 'memory' | 'buffers' | 'limits'>
  readonly #events: ListenerEvents
  readonly #server: Server
  readonly #perAddress = new Map<string, number>()
  /** Accepted sockets that wait, or are not yet encrypted. */
  readonly #unsecured = new Set<Socket>()
  #endpoint: Endpoint | undefined
  #nextId = 1
  /** Sockets let in and not closed, with those that are not yet encrypted. */
  #letIn = 0
  #stopped: (() => void) | undefined

  constructor(
    options: ListenerOptions,
    ports: Pick<ConnectionPorts, 'memory' | 'buffers' | 'limits'>,
    events: ListenerEvents,
  ) {
    this.#options = options
    this.#ports = ports
    this.#events = events
    // Half-open, so that answers still go out to a client that has shut down its sending side.
    this.#server = createServer(
      { noDelay: true, keepAlive: true, allowHalfOpen: true, pauseOnConnect: true, highWaterMark: unsentBytes },
      (socket) => this.#accept(socket),
    )
  }

  /** The address clients are given; known once `start` has resolved. */
  get endpoint(): Endpoint {
    if (this.#endpoint === undefined) throw new Error(`listener ${this.#options.name} is not bound`)
    return this.#endpoint
  }

  /** Binds and accepts. Rejects with the system's error (EADDRINUSE, EACCES …). */
  start(): Promise<Endpoint> {
    const { name, host, port, advertised, securityProtocol } = this.#options
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port, backlog: 511 }, () => {
        this.#server.off('error', reject)
        this.#server.on('error', (error) => this.#events.refused(host, error.message))
        const bound = this.#server.address() as AddressInfo
        this.#endpoint = {
          name,
          host: advertised?.host ?? reachable(host),
          port: advertised?.port || bound.port,
          securityProtocol,
        }
        resolve(this.#endpoint)
      })
    })
  }

  /** Accepts no more. */
  close(): void {
    this.#server.close()
  }

  /** Lets every connection finish what it has begun, for at most `graceMs`, then closes what is left. */
  stop(graceMs: number): Promise<void> {
    this.close()
    for (const socket of this.#unsecured) socket.destroy()
    for (const connection of this.connections) connection.stop()
    if (this.connections.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        for (const connection of this.connections) connection.close()
      }, graceMs)
      this.#stopped = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress ?? ''
    const count = this.#perAddress.get(address) ?? 0
    const { maxConnections, maxConnectionsPerAddress } = this.#options
    if (this.#letIn >= maxConnections || count >= maxConnectionsPerAddress) {
      const bound = this.#letIn >= maxConnections ? 'max.connections' : 'max.connections.per.ip'
      this.#events.refused(address, `${bound} reached`)
      socket.on('error', () => socket.destroy())
      socket.destroy()
      return
    }
    this.#letIn++
    this.#perAddress.set(address, count + 1)
    const { waitMs, refused } = this.#events.admit(address.replace(/^::ffff:/, ''))
    if (waitMs === 0) this.#greet(socket, address)
    else this.#hold(socket, address, waitMs, refused)
  }

  #greet(socket: Socket, address: string): void {
    const { guard } = this.#options
    if (guard.secure === undefined) this.#open(socket, address, anonymous)
    else this.#secure(guard.secure, socket, address)
  }

  /** Keeps a socket unread for a while. */
  #hold(socket: Socket, address: string, waitMs: number, refused: boolean): void {
    const dropped = (): void => {
      this.#unsecured.delete(socket)
      this.#letGo(address)
    }
    const failed = (): void => void socket.destroy()
    this.#unsecured.add(socket)
    socket.once('close', dropped)
    socket.on('error', failed)
    const timer = setTimeout(() => {
      if (socket.destroyed) return
      if (refused) {
        this.#events.refused(address, 'connection_creation_rate exceeded')
        socket.destroy()
        return
      }
      this.#unsecured.delete(socket)
      socket.off('close', dropped).off('error', failed)
      this.#greet(socket, address)
    }, waitMs)
    timer.unref()
  }

  #secure(secure: Secure, accepted: Socket, address: string): void {
    const dropped = (): void => this.#letGo(address)
    accepted.once('close', dropped)
    this.#unsecured.add(accepted)
    accepted.once('close', () => this.#unsecured.delete(accepted))
    secure(accepted, (socket, principal) => {
      accepted.off('close', dropped)
      this.#unsecured.delete(accepted)
      this.#open(socket, address, principal)
    })
  }

  #open(socket: Socket, address: string, principal: Principal): void {
    const gate = this.#options.guard.gate?.()
    const connection = new Connection(this.#nextId++, socket, this.endpoint, {
      ...this.#ports,
      take: gate?.take ?? this.#events.take,
      closed: (which, reason) => this.#closed(which, address, reason),
    })
    connection.principal = principal
    if (gate !== undefined) connection.maxFrameBytes = gate.maxFrameBytes
    this.connections.add(connection)
    this.#events.opened(connection)
  }

  #closed(connection: Connection, address: string, reason: string | undefined): void {
    this.connections.delete(connection)
    this.#letGo(address)
    this.#events.closed(connection, reason)
    if (this.connections.size === 0) this.#stopped?.()
  }

  #letGo(address: string): void {
    this.#letIn--
    const count = this.#perAddress.get(address) ?? 1
    if (count === 1) this.#perAddress.delete(address)
    else this.#perAddress.set(address, count - 1)
  }
}

/** A name under which others can reach what is bound to every address of the machine. */
const reachable = (host: string): string => (host === '0.0.0.0' || host === '::' ? hostname() : host)
