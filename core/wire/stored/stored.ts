import { Reader } from '#core/bytes/reader.ts'
import { Writer } from '#core/bytes/writer.ts'
import { readMessage, writeMessage } from '#core/wire/codecs.ts'
import { wireErrors } from '#core/wire/errors.ts'
import type { Decoded, Encodable, Fields, Message } from '#core/wire/schema.ts'
import { type Versions, versionRange } from '#core/wire/versions.ts'

/** A format kept in a topic's keys or values. */
export interface StoredMessage<F extends Fields = Fields> extends Message<F> {
  /** Where a reader finds the version: in two bytes before the message, or in its first field. */
  readonly versionIn: 'prefix' | 'first-field'
}

/** Declares a stored format. */
export function storedMessage<const F extends Fields>(declared: {
  readonly name: string
  readonly versions: Versions
  readonly flexible: Versions
  readonly versionIn?: StoredMessage['versionIn']
  readonly fields: F
}): StoredMessage<F> {
  return {
    name: declared.name,
    versions: versionRange(declared.versions),
    flexible: versionRange(declared.flexible),
    versionIn: declared.versionIn ?? 'prefix',
    fields: declared.fields,
  }
}

const writer = new Writer()

/** What `write` writes, as a buffer of its own that may be kept. */
export function bytesOf(write: (writer: Writer) => void): Buffer {
  try {
    write(writer)
  } catch (error) {
    writer.discard()
    throw error
  }
  return Buffer.concat(writer.finish())
}

/** The bytes of a stored message. Throws UNWRITABLE_MESSAGE and UNSUPPORTED_MESSAGE_VERSION. */
export function encodeStored<F extends Fields>(
  message: StoredMessage<F>,
  version: number,
  value: Encodable<Message<F>>,
): Buffer {
  return bytesOf((w) => {
    if (message.versionIn === 'prefix') w.int16(version)
    writeMessage(message, version, w, value)
  })
}

/** The version of stored bytes, without reading more. Throws MALFORMED_MESSAGE. */
export function storedVersion(message: Message, bytes: Buffer): number {
  if (bytes.length < 2) {
    throw wireErrors.MALFORMED_MESSAGE({
      message: message.name,
      version: '?',
      field: 'version',
      problem: `${bytes.length} bytes are too few`,
    })
  }
  return bytes.readInt16BE(0)
}

/**
 * Reads stored bytes. Bytes in the result are views on them: copy what lives longer than they should. Throws
 * MALFORMED_MESSAGE and UNSUPPORTED_MESSAGE_VERSION.
 */
export function decodeStored<F extends Fields>(message: StoredMessage<F>, bytes: Buffer): Decoded<Message<F>> {
  const version = storedVersion(message, bytes)
  return readMessage(message, version, new Reader(bytes, message.versionIn === 'prefix' ? 2 : 0))
}
