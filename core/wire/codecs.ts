import { Reader } from '#core/bytes/reader.ts'
import { Writer } from '#core/bytes/writer.ts'
import { interpretRead, interpretWrite } from '#core/wire/codec.ts'
import { type Read, type Write, canCompile, compileRead, compileWrite } from '#core/wire/compile.ts'
import { wireErrors } from '#core/wire/errors.ts'
import type { Decoded, Encodable, Fields, Message } from '#core/wire/schema.ts'
import { isWithin } from '#core/wire/versions.ts'

/** Reads and writes one version of one message. Compiled at first use, for each direction by itself. */
export class Codec {
  readonly message: Message
  readonly version: number
  #read: Read | undefined
  #write: Write | undefined

  constructor(message: Message, version: number) {
    this.message = message
    this.version = version
  }

  /** Reads from the reader's position. Throws MALFORMED_MESSAGE, naming the field. */
  read(reader: Reader): object {
    const begin = reader.position
    try {
      return (this.#read ??= this.#reader())(reader)
    } catch (error) {
      throw this.#malformed(reader, begin, error)
    }
  }

  /** Writes behind what the writer has. Throws UNWRITABLE_MESSAGE, naming the field; then discard what was written. */
  write(writer: Writer, value: object): void {
    try {
      this.#write ??= this.#writer()
      this.#write(writer, value)
    } catch (error) {
      throw this.#unwritable(value, error)
    }
  }

  #reader(): Read {
    const { message, version } = this
    return canCompile ? compileRead(message, version) : (reader) => interpretRead(message, version, reader)
  }

  #writer(): Write {
    const { message, version } = this
    if (canCompile) return compileWrite(message, version)
    return (writer, value) => interpretWrite(message, version, writer, value)
  }

  #malformed(reader: Reader, begin: number, error: unknown): unknown {
    const path: string[] = []
    const again = new Reader(reader.buffer, begin, reader.end)
    return this.#explain(error, path, () => interpretRead(this.message, this.version, again, path), 'MALFORMED_MESSAGE')
  }

  #unwritable(value: object, error: unknown): unknown {
    const path: string[] = []
    const again = new Writer(1024)
    return this.#explain(
      error,
      path,
      () => interpretWrite(this.message, this.version, again, value, path),
      'UNWRITABLE_MESSAGE',
    )
  }

  // The compiled codec only knows that something is wrong; the interpreter, going the same way, knows where.
  #explain(
    error: unknown,
    path: string[],
    again: () => unknown,
    code: 'MALFORMED_MESSAGE' | 'UNWRITABLE_MESSAGE',
  ): unknown {
    try {
      again()
    } catch (explained) {
      const field = path.join('.').replaceAll('.[', '[') || '(message)'
      const problem = explained instanceof Error ? explained.message : String(explained)
      return wireErrors[code]({ message: this.message.name, version: this.version, field, problem }, explained)
    }
    return error
  }
}

const codecs = new WeakMap<Message, (Codec | undefined)[]>()

/** The codec of a version. Throws UNSUPPORTED_MESSAGE_VERSION for one that the message does not have. */
export function codecOf(message: Message, version: number): Codec {
  let ofMessage = codecs.get(message)
  if (ofMessage === undefined) codecs.set(message, (ofMessage = []))
  const known = ofMessage[version]
  if (known !== undefined) return known
  const { low, high } = message.versions
  if (!Number.isInteger(version) || !isWithin(message.versions, version)) {
    throw wireErrors.UNSUPPORTED_MESSAGE_VERSION({ message: message.name, version, low, high })
  }
  return (ofMessage[version] = new Codec(message, version))
}

/** Reads a message; bytes behind it are left alone. */
export function readMessage<F extends Fields>(
  message: Message<F>,
  version: number,
  reader: Reader,
): Decoded<Message<F>> {
  return codecOf(message, version).read(reader) as Decoded<Message<F>>
}

/** Writes a message behind what the writer has. */
export function writeMessage<F extends Fields>(
  message: Message<F>,
  version: number,
  writer: Writer,
  value: Encodable<Message<F>>,
): void {
  codecOf(message, version).write(writer, value)
}
