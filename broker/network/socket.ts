import { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** Bytes read at a time, for all connections of the process: one is read and handled before the next. */
const readBuffer = Buffer.allocUnsafeSlow(262_144)

interface Detachable {
  _handle?: unknown
}

/**
 * Takes an accepted, paused socket over so that it reads into one buffer shared by all connections. `received` gets a
 * view that is good until it returns. A buffer of its own for every read, which is what streams do, costs the broker
 * more in garbage collection than everything else it does with a produced byte. Node lets only sockets that it is told
 * to make read so, hence a second socket on the handle of the first; where that is not to be had, as with TLS, the first
 * one stays.
 */
export function readShared(accepted: Socket, received: (bytes: Buffer) => void): Socket {
  const handle = (accepted as Detachable)._handle
  if (handle === undefined || handle === null || accepted instanceof TLSSocket) {
    accepted.on('data', received)
    return accepted
  }
  const callback = (count: number, bytes: Uint8Array): boolean => {
    received((bytes as Buffer).subarray(0, count))
    return true
  }
  const options = {
    handle,
    allowHalfOpen: true,
    writableHighWaterMark: accepted.writableHighWaterMark,
    onread: { buffer: readBuffer, callback },
  }
  const socket = new Socket(options as ConstructorParameters<typeof Socket>[0])
  ;(accepted as Detachable)._handle = null
  return socket
}
