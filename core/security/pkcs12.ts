import { createDecipheriv, createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'

import { type Der, derInteger, derItem, derItems, derOid, derTags, readDer } from '#core/security/der.ts'

/** What a key store holds, all as DER: private keys as PKCS#8, certificates in the order of the file. */
export interface StoredKeys {
  readonly keys: readonly Buffer[]
  readonly certificates: readonly Buffer[]
}

/** The password of a key store is not the one that is given. */
export class WrongPassword extends Error {
  override readonly name = 'WrongPassword'
}

const { sequence, octets, oid, context0, implicit0, integer } = derTags
/** Rounds of hashing that a file may ask for; more would only hold up the start. */
const maxRounds = 10_000_000

const data = '1.2.840.113549.1.7.1'
const encryptedData = '1.2.840.113549.1.7.6'
const keyBag = '1.2.840.113549.1.12.10.1.1'
const shroudedKeyBag = '1.2.840.113549.1.12.10.1.2'
const certificateBag = '1.2.840.113549.1.12.10.1.3'
const pbes2 = '1.2.840.113549.1.5.13'
const pbeTripleDes = '1.2.840.113549.1.12.1.3'

const hashes: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}
const pseudoRandom: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
}
const ciphers: Readonly<Record<string, { readonly name: string; readonly keyBytes: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyBytes: 32 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyBytes: 24 },
}

/**
 * Reads a PKCS#12 file (RFC 7292) as keytool and openssl write it: PBES2 with AES, or PBE with triple DES. Node reads such
 * files itself, but only with a key in them, so not those that only say whom to trust. Throws WrongPassword, and a
 * RangeError that says what cannot be read.
 */
export function readPkcs12(file: Buffer, password: string): StoredKeys {
  const [, content, mac] = derItems(readDer(file).content)
  const safes = explicit(contentOf(content!, data))
  if (mac !== undefined) checkMac(derItems(mac.content), safes, password)
  const found = { keys: [] as Buffer[], certificates: [] as Buffer[] }
  for (const each of derItems(readDer(safes).content)) {
    const type = derOid(derItem(derItems(each.content), 0, oid))
    const bags = type === data ? explicit(contentOf(each, data)) : decryptSafe(contentOf(each, encryptedData), password)
    for (const bag of derItems(readDer(bags).content)) takeBag(derItems(bag.content), password, found)
  }
  return found
}

/** What stands under [0] in a ContentInfo of the type. */
function contentOf(info: Der, type: string): Buffer {
  const items = derItems(info.content)
  const actual = derOid(derItem(items, 0, oid))
  if (actual !== type) throw new RangeError(`content of type ${actual} cannot be read`)
  return derItem(items, 1, context0)
}

const explicit = (bytes: Buffer): Buffer => derItem([readDer(bytes)], 0, octets)

function takeBag(bag: readonly Der[], password: string, found: { keys: Buffer[]; certificates: Buffer[] }): void {
  const type = derOid(derItem(bag, 0, oid))
  const value = derItem(bag, 1, context0)
  if (type === keyBag) found.keys.push(value)
  else if (type === shroudedKeyBag) found.keys.push(decryptKey(value, password))
  else if (type === certificateBag) {
    found.certificates.push(explicit(derItem(derItems(readDer(value).content), 1, context0)))
  }
}

/** Decrypts an EncryptedPrivateKeyInfo to PKCS#8. */
function decryptKey(bytes: Buffer, password: string): Buffer {
  const items = derItems(readDer(bytes).content)
  return decrypt(derItem(items, 0, sequence), derItem(items, 1, octets), password)
}

function decryptSafe(bytes: Buffer, password: string): Buffer {
  const info = derItems(derItem(derItems(readDer(bytes).content), 1, sequence))
  return decrypt(derItem(info, 1, sequence), derItem(info, 2, implicit0), password)
}

function decrypt(algorithm: Buffer, encrypted: Buffer, password: string): Buffer {
  const items = derItems(algorithm)
  const type = derOid(derItem(items, 0, oid))
  const parameters = derItems(derItem(items, 1, sequence))
  if (type === pbes2) return decryptPbes2(parameters, encrypted, password)
  if (type !== pbeTripleDes) {
    throw new RangeError(
      `encryption ${type} is out of date or unknown; write the file anew with a current keytool or openssl`,
    )
  }
  const salt = derItem(parameters, 0, octets)
  const rounds = roundsOf(derItem(parameters, 1, integer))
  const key = derive('sha1', password, salt, rounds, 1, 24)
  return decipher('des-ede3-cbc', key, derive('sha1', password, salt, rounds, 2, 8), encrypted)
}

function decryptPbes2(parameters: readonly Der[], encrypted: Buffer, password: string): Buffer {
  const derivation = derItems(derItem(derItems(derItem(parameters, 0, sequence)), 1, sequence))
  const scheme = derItems(derItem(parameters, 1, sequence))
  const type = derOid(derItem(scheme, 0, oid))
  const cipher = ciphers[type]
  if (cipher === undefined) throw new RangeError(`cipher ${type} is not known`)
  const prf = derivation.find(({ tag }) => tag === sequence)
  const hash = prf === undefined ? 'sha1' : pseudoRandom[derOid(derItem(derItems(prf.content), 0, oid))]
  if (hash === undefined) throw new RangeError('a hash is not known')
  const rounds = roundsOf(derItem(derivation, 1, integer))
  const key = pbkdf2Sync(password, derItem(derivation, 0, octets), rounds, cipher.keyBytes, hash)
  return decipher(cipher.name, key, derItem(scheme, 1, octets), encrypted)
}

function decipher(cipher: string, key: Buffer, iv: Buffer, encrypted: Buffer): Buffer {
  const stream = createDecipheriv(cipher, key, iv)
  try {
    return Buffer.concat([stream.update(encrypted), stream.final()])
  } catch (cause) {
    throw new WrongPassword('the password does not fit', { cause })
  }
}

function roundsOf(content: Buffer): number {
  const rounds = derInteger(content)
  if (rounds < 1 || rounds > maxRounds) throw new RangeError(`${rounds} rounds of hashing`)
  return rounds
}

function checkMac(mac: readonly Der[], safes: Buffer, password: string): void {
  const digest = derItems(derItem(mac, 0, sequence))
  const hash = hashes[derOid(derItem(derItems(derItem(digest, 0, sequence)), 0, oid))]
  // Newer files (PBMAC1) carry their parameters elsewhere; a wrong password shows when they are decrypted.
  if (hash === undefined) return
  const rounds = mac[2] === undefined ? 1 : roundsOf(derItem(mac, 2, integer))
  const expected = derItem(digest, 1, octets)
  const key = derive(hash, password, derItem(mac, 1, octets), rounds, 3, expected.length)
  const actual = createHmac(hash, key).update(safes).digest()
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) {
    throw new WrongPassword('the password does not fit')
  }
}

/** The key derivation of RFC 7292, appendix B. `purpose`: 1 key, 2 initial vector, 3 MAC. */
function derive(hash: string, password: string, salt: Buffer, rounds: number, purpose: number, size: number): Buffer {
  const block = hash === 'sha384' || hash === 'sha512' ? 128 : 64
  const text = Buffer.alloc(password.length * 2 + 2)
  for (let i = 0; i < password.length; i++) text.writeUInt16BE(password.charCodeAt(i), i * 2)
  const stretch = (bytes: Buffer) => Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes)
  const input = Buffer.concat([salt.length === 0 ? salt : stretch(salt), stretch(text)])
  const made: Buffer[] = []
  for (let got = 0; got < size;) {
    let digest = createHash(hash).update(Buffer.alloc(block, purpose)).update(input).digest()
    for (let i = 1; i < rounds; i++) digest = createHash(hash).update(digest).digest()
    made.push(digest)
    got += digest.length
    addOneAnd(Buffer.alloc(block, digest), input)
  }
  return Buffer.concat(made).subarray(0, size)
}

/** Adds `addend` + 1 to each block of `input`, as big-endian numbers that wrap around. */
function addOneAnd(addend: Buffer, input: Buffer): void {
  for (let start = 0; start < input.length; start += addend.length) {
    let carry = 1
    for (let i = addend.length - 1; i >= 0; i--) {
      carry += input[start + i]! + addend[i]!
      input[start + i] = carry & 255
      carry >>= 8
    }
  }
}
