import type { Socket } from 'node:net'
import { type SecureContextOptions, type TLSSocket, createServer } from 'node:tls'

import type { Secure, Secured } from '../../network/listener.ts'
import { type Principal, anonymous, user } from '../principal.ts'
import { subjectOf } from './distinguished-name.ts'
import type { PrincipalMapping } from './principal-mapping.ts'

/** Whether clients show a certificate (`ssl.client.auth`). */
export type ClientAuth = 'none' | 'requested' | 'required'

/** What a listener asks in the handshake, and whom it tells of those that fail. */
export interface TlsAcceptorOptions {
  readonly clientAuth: ClientAuth
  readonly mapping: PrincipalMapping
  failed(address: string, reason: string): void
}

/** How long a client may take to agree on keys. */
const handshakeTimeoutMs = 30_000

/**
 * Leads the TLS handshake on accepted sockets. The server of `node:tls` listens nowhere: it gets the sockets that a
 * listener has counted and let in. A socket whose handshake fails is closed.
 */
export function tlsAcceptor(context: SecureContextOptions, options: TlsAcceptorOptions): Secure {
  const { clientAuth, mapping, failed } = options
  /** Who waits for the socket of a peer. */
  const waiting = new Map<string, Secured>()
  const server = createServer({
    ...context,
    handshakeTimeout: handshakeTimeoutMs,
    allowHalfOpen: true,
    requestCert: clientAuth !== 'none',
    rejectUnauthorized: clientAuth === 'required',
  })
  server.on('tlsClientError', (error: NodeJS.ErrnoException & { readonly reason?: string }, socket) => {
    if (socket.authorizationError) failed(addressOf(socket), distrust(socket))
    // Who only looks whether the port is open has not failed.
    else if (error.code !== 'ECONNRESET') failed(addressOf(socket), error.reason ?? error.message)
  })
  server.on('secureConnection', (socket) => {
    const secured = waiting.get(peerOf(socket))
    const principal = principalOf(socket, clientAuth, mapping)
    if (secured !== undefined && typeof principal !== 'string') return secured(socket, principal)
    socket.on('error', () => socket.destroy())
    socket.destroy()
    if (typeof principal === 'string') failed(addressOf(socket), principal)
  })
  return (accepted, secured) => {
    const peer = peerOf(accepted)
    waiting.set(peer, secured)
    accepted.once('close', () => {
      // The peer may be back on the same port by now.
      if (waiting.get(peer) === secured) waiting.delete(peer)
    })
    server.emit('connection', accepted)
  }
}

/** Who the client is by its certificate, or why it is refused. A bad one is refused also where none would do. */
function principalOf(socket: TLSSocket, clientAuth: ClientAuth, mapping: PrincipalMapping): Principal | string {
  const certificate = clientAuth === 'none' ? undefined : socket.getPeerX509Certificate()
  if (certificate === undefined) return anonymous
  if (!socket.authorized) return distrust(socket)
  try {
    const subject = subjectOf(certificate.raw)
    const name = mapping(subject)
    return name === undefined ? `no rule of ssl.principal.mapping.rules fits "${subject}"` : user(name)
  } catch (error) {
    return `the certificate of the client cannot be read: ${(error as Error).message}`
  }
}

const distrust = ({ authorizationError }: TLSSocket): string =>
  `the certificate of the client is not trusted: ${String(authorizationError)}`
/** A socket that is closed has forgotten its peer; the one below it was asked before. */
const addressOf = (socket: Socket & { readonly _parent?: Socket }): string =>
  socket.remoteAddress ?? socket._parent?.remoteAddress ?? 'unknown'
const peerOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`
