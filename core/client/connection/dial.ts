import { connect } from 'node:net'

/** Where a broker listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Told what happens on a socket, in this order: opened once, then data, then closed once. */
export interface SocketListener {
  opened(): void
  /** Where the next bytes should go; asked for before each read. */
  target(): Buffer
  /** So many bytes have come to the start of the target. */
  received(count: number): void
  /** Nothing follows; without an error the other side closed. */
  closed(error: Error | undefined): void
}

/** A stream of bytes to a broker. */
export interface ClientSocket {
  /** Queues bytes; what is written in one turn of the loop leaves together. `sent` is called when they have left. */
  write(chunks: readonly Uint8Array[], sent?: () => void): void
  destroy(): void
}

/** Opens a connection. TLS is another Dial; SASL happens above it. */
export type Dial = (address: Address, listener: SocketListener) => ClientSocket

/** Plain TCP. */
export const tcpDial: Dial = ({ host, port }, listener) => {
  let failure: Error | undefined
  let corked = false
  // Reading into memory of the listener's choice spares a fresh buffer for each read, and large answers a copy.
  const onread = {
    buffer: () => listener.target(),
    callback: (count: number) => {
      listener.received(count)
      return true
    },
  }
  const socket = connect({ host, port, noDelay: true, keepAlive: true, onread })
  socket.on('connect', () => listener.opened())
  socket.on('error', (error) => (failure = error))
  socket.on('close', () => listener.closed(failure))
  return {
    write(chunks, sent) {
      if (!corked) {
        corked = true
        socket.cork()
        process.nextTick(() => {
          corked = false
          socket.uncork()
        })
      }
      const last = chunks.length - 1
      chunks.forEach((chunk, index) =>
        index === last && sent ? socket.write(chunk, () => sent()) : socket.write(chunk),
      )
    },
    destroy: () => void socket.destroy(),
  }
}
