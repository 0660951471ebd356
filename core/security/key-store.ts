import { X509Certificate, createPrivateKey } from 'node:crypto'

import { jksMagic, readJks } from '#core/security/jks.ts'
import { type StoredKeys, WrongPassword, readPkcs12 } from '#core/security/pkcs12.ts'

/** What a key store or trust store holds, as PEM: keys, and certificates in the order of the file. */
export interface KeyStore {
  readonly keys: readonly string[]
  readonly certificates: readonly string[]
}

/** Passwords of a store and of the key in it; they are often the same. */
export interface StorePasswords {
  readonly store: string | undefined
  readonly key: string | undefined
}

/**
 * Reads a key store: PEM, PKCS#12 or JKS, whichever it is. Java takes PKCS#12 under the name of JKS too, so the bytes decide
 * and not the name of the type. Throws a RangeError that says what is wrong, never with a secret in it.
 */
export function readKeyStore(file: Buffer, passwords: StorePasswords): KeyStore {
  if (file.length > 8 && file.readUInt32BE(0) === jksMagic) {
    return binary('JKS', () => readJks(file, needed(passwords.store), passwords.key ?? needed(passwords.store)))
  }
  if (file[0] === 0x30) return binary('PKCS#12', () => readPkcs12(file, needed(passwords.store)))
  return readPem(file.toString('latin1'), passwords.key ?? passwords.store)
}

/** Reads keys and certificates from PEM text. */
export function readPem(text: string, keyPassword: string | undefined): KeyStore {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g)]
  const of = (pattern: RegExp): string[] => blocks.filter(([, kind]) => pattern.test(kind!)).map(([block]) => block)
  const keys = of(/PRIVATE KEY$/).map((key) => decodeKey(key, keyPassword))
  const certificates = of(/^(TRUSTED |X509 )?CERTIFICATE$/).map((each) => decodeCertificate(each))
  if (keys.length + certificates.length === 0) {
    throw new RangeError(
      'it is neither PEM nor PKCS#12 nor JKS; convert it with keytool -importkeystore -deststoretype PKCS12',
    )
  }
  return { keys, certificates }
}

function needed(password: string | undefined): string {
  if (password === undefined) throw new RangeError('it needs a password')
  return password
}

function binary(kind: string, read: () => StoredKeys): KeyStore {
  try {
    const { keys, certificates } = read()
    return {
      keys: keys.map((der) => pemKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))),
      certificates: certificates.map((der) => decodeCertificate(der)),
    }
  } catch (cause) {
    if (cause instanceof WrongPassword) throw new RangeError(`it is ${kind}, and ${cause.message}`, { cause })
    throw new RangeError(`it looks like ${kind} and cannot be read: ${(cause as Error).message}`, { cause })
  }
}

const pemKey = (key: ReturnType<typeof createPrivateKey>): string =>
  key.export({ type: 'pkcs8', format: 'pem' }).toString()

function decodeKey(pem: string, password: string | undefined): string {
  try {
    return pemKey(createPrivateKey(password === undefined ? pem : { key: pem, passphrase: password }))
  } catch (cause) {
    throw new RangeError('its private key cannot be read: it is damaged, or its password does not fit', { cause })
  }
}

function decodeCertificate(encoded: string | Buffer): string {
  try {
    return new X509Certificate(encoded).toString()
  } catch (cause) {
    throw new RangeError('a certificate in it cannot be read', { cause })
  }
}
