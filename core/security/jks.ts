import { createHash, timingSafeEqual } from 'node:crypto'

import { derItem, derItems, derOid, derTags, readDer } from '#core/security/der.ts'
import { type StoredKeys, WrongPassword } from '#core/security/pkcs12.ts'

/** The first four bytes of a JKS file. */
export const jksMagic = 0xfeedfeed
/** What the digest at the end of a file is salted with. */
const whitener = 'Mighty Aphrodite'
/** The identifier of the only way in which JKS protects keys. */
const keyProtector = '1.3.6.1.4.1.42.2.17.1.1'
const digestBytes = 20

/**
 * Reads Java's own key store format (JKS): big-endian, entries of a key with its chain or of one trusted certificate, a
 * salted SHA-1 at the end. Throws WrongPassword, and a RangeError that says what cannot be read.
 */
export function readJks(file: Buffer, storePassword: string, keyPassword: string): StoredKeys {
  const body = file.subarray(0, file.length - digestBytes)
  const digest = createHash('sha1').update(characters(storePassword)).update(whitener).update(body).digest()
  if (!timingSafeEqual(digest, file.subarray(file.length - digestBytes))) {
    throw new WrongPassword('the password does not fit')
  }
  const reader = new JksReader(body)
  reader.skip(4)
  const version = reader.uint32()
  if (version !== 1 && version !== 2) throw new RangeError(`version ${version} of JKS is not known`)
  const certificate = (): Buffer => {
    if (version === 2) reader.block(reader.uint16())
    return reader.block(reader.uint32())
  }
  const keys: Buffer[] = []
  const certificates: Buffer[] = []
  for (let left = reader.uint32(); left > 0; left--) {
    const tag = reader.uint32()
    reader.block(reader.uint16())
    reader.skip(8)
    if (tag === 1) {
      keys.push(recoverKey(reader.block(reader.uint32()), keyPassword))
      for (let chain = reader.uint32(); chain > 0; chain--) certificates.push(certificate())
    } else if (tag === 2) certificates.push(certificate())
    else throw new RangeError(`an entry of kind ${tag} cannot be read`)
  }
  return { keys, certificates }
}

/** A cursor whose reads throw a RangeError at the end. */
class JksReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  uint32(): number {
    this.skip(4)
    return this.#bytes.readUInt32BE(this.#at - 4)
  }

  uint16(): number {
    this.skip(2)
    return this.#bytes.readUInt16BE(this.#at - 2)
  }

  block(size: number): Buffer {
    this.skip(size)
    return this.#bytes.subarray(this.#at - size, this.#at)
  }

  skip(size: number): void {
    this.#at += size
    if (this.#at > this.#bytes.length) throw new RangeError('it ends in the middle of an entry')
  }
}

const characters = (password: string): Buffer => Buffer.from(password, 'utf16le').swap16()

/** A key is masked by a chain of SHA-1 over password and salt, and followed by the SHA-1 of password and key. */
function recoverKey(bytes: Buffer, password: string): Buffer {
  const items = derItems(readDer(bytes).content)
  const algorithm = derOid(derItem(derItems(derItem(items, 0, derTags.sequence)), 0, derTags.oid))
  if (algorithm !== keyProtector) throw new RangeError(`a key is protected by ${algorithm}, which is not known`)
  const masked = derItem(items, 1, derTags.octets)
  const key = Buffer.from(masked.subarray(digestBytes, masked.length - digestBytes))
  const text = characters(password)
  let mask = masked.subarray(0, digestBytes)
  for (let i = 0; i < key.length; i++) {
    if (i % digestBytes === 0) mask = createHash('sha1').update(text).update(mask).digest()
    key[i] = key[i]! ^ mask[i % digestBytes]!
  }
  const digest = createHash('sha1').update(text).update(key).digest()
  if (!timingSafeEqual(digest, masked.subarray(masked.length - digestBytes))) {
    throw new WrongPassword('the password of the key does not fit')
  }
  return key
}
