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
  server.on('tlsClientError', (error, socket) => failed(addressOf(socket), error.message))
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
    accepted.once('close', () => waiting.delete(peer))
    server.emit('connection', accepted)
  }
}

/** Who the client is by its certificate, or why it is refused. A certificate that is asked for but bad counts as none does not. */
function principalOf(socket: TLSSocket, clientAuth: ClientAuth, mapping: PrincipalMapping): Principal | string {
  const certificate = clientAuth === 'none' ? undefined : socket.getPeerX509Certificate()
  if (certificate === undefined) return anonymous
  if (!socket.authorized) return `the certificate of the client is not trusted: ${String(socket.authorizationError)}`
  try {
    const subject = subjectOf(certificate.raw)
    const name = mapping(subject)
    return name === undefined ? `no rule of ssl.principal.mapping.rules fits "${subject}"` : user(name)
  } catch (error) {
    return `the certificate of the client cannot be read: ${(error as Error).message}`
  }
}

const addressOf = (socket: Socket): string => socket.remoteAddress ?? 'unknown'
const peerOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`
