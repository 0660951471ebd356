import { type ConnectionOptions, type SecureContextOptions, connect } from 'node:tls'
import { isIP } from 'node:net'

import type { Dial } from '#core/client/connection/dial.ts'
import { clientErrors } from '#core/client/errors.ts'

/** How the certificate of a broker is looked at. */
export interface TlsDialOptions {
  readonly context: SecureContextOptions
  /** The name in the certificate must be the one that was dialled. */
  readonly checksName: boolean
}

/** TLS over TCP. A certificate that is not accepted closes the socket with CERTIFICATE_REFUSED. */
export const tlsDial =
  ({ context, checksName }: TlsDialOptions): Dial =>
  ({ host, port }, listener) => {
    let failure: Error | undefined
    const options: ConnectionOptions & { noDelay: boolean; keepAlive: boolean } = {
      ...context,
      host,
      port,
      noDelay: true,
      keepAlive: true,
    }
    if (isIP(host) === 0) options.servername = host
    if (!checksName) options.checkServerIdentity = () => undefined
    const socket = connect(options)
    socket.on('secureConnect', () => listener.opened())
    socket.on('data', (bytes: Buffer) => {
      for (let at = 0; at < bytes.length && !socket.destroyed;) {
        const target = listener.target()
        const count = bytes.copy(target, 0, at)
        at += count
        listener.received(count)
      }
    })
    socket.on('error', (error) => {
      const isRefused = Boolean(socket.authorizationError)
      failure = isRefused ? clientErrors.CERTIFICATE_REFUSED({ host, port, problem: error.message }, error) : error
    })
    socket.on('close', () => listener.closed(failure))
    return {
      write(chunks, sent) {
        socket.cork()
        const last = chunks.length - 1
        chunks.forEach((chunk, index) =>
          index === last && sent ? socket.write(chunk, () => sent()) : socket.write(chunk),
        )
        process.nextTick(() => socket.uncork())
      },
      destroy: () => void socket.destroy(),
    }
  }
