import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

/** What differs between the SCRAM mechanisms; `type` is Kafka's number. Kafka takes 4096 to 16384 iterations. */
export interface ScramMechanism {
  readonly name: ScramName
  readonly type: number
  readonly hash: 'sha256' | 'sha512'
}

/** SASL's names of the SCRAM mechanisms. */
export type ScramName = 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

/** The SCRAM mechanisms by name. */
export const scramMechanisms: Readonly<Record<ScramName, ScramMechanism>> = {
  'SCRAM-SHA-256': { name: 'SCRAM-SHA-256', type: 1, hash: 'sha256' },
  'SCRAM-SHA-512': { name: 'SCRAM-SHA-512', type: 2, hash: 'sha512' },
}

/** Bounds of the iterations. */
export const scramIterations = { least: 4096, most: 16_384 } as const

/** True for the name of a SCRAM mechanism. */
export const isScram = (name: string): name is ScramName => Object.hasOwn(scramMechanisms, name)

/** What a server keeps of a password; it cannot be turned back into one. */
export interface ScramCredential {
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
  readonly iterations: number
}

const hmac = (hash: string, key: Buffer, text: string | Buffer): Buffer => createHmac(hash, key).update(text).digest()

/** RFC 5802's Hi(): the password, salted and hashed `iterations` times. */
export function saltedPassword({ hash }: ScramMechanism, password: string, salt: Buffer, iterations: number): Buffer {
  return pbkdf2Sync(password, salt, iterations, hash === 'sha256' ? 32 : 64, hash)
}

/** The credential that a server keeps of a salted password. */
export function scramCredential(
  { hash }: ScramMechanism,
  salted: Buffer,
  salt: Buffer,
  iterations: number,
): ScramCredential {
  const clientKey = hmac(hash, salted, 'Client Key')
  const storedKey = createHash(hash).update(clientKey).digest()
  return { salt, storedKey, serverKey: hmac(hash, salted, 'Server Key'), iterations }
}

/** The proof of a client that knows the salted password. */
export function clientProof({ hash }: ScramMechanism, salted: Buffer, authMessage: string): Buffer {
  const clientKey = hmac(hash, salted, 'Client Key')
  const storedKey = createHash(hash).update(clientKey).digest()
  return xor(clientKey, hmac(hash, storedKey, authMessage))
}

/** What the stored key would be if the proof were right. */
export function storedKeyOf({ hash }: ScramMechanism, storedKey: Buffer, proof: Buffer, authMessage: string): Buffer {
  const signature = hmac(hash, storedKey, authMessage)
  return createHash(hash)
    .update(proof.length === signature.length ? xor(proof, signature) : proof)
    .digest()
}

/** By which a server shows that it knows the user. */
export const serverSignature = ({ hash }: ScramMechanism, serverKey: Buffer, authMessage: string): Buffer =>
  hmac(hash, serverKey, authMessage)

/** A name as it stands in a message: commas and equal signs are escaped. */
export const saslName = (name: string): string => name.replaceAll('=', '=3D').replaceAll(',', '=2C')

/** A name as it stood in a message. Throws a RangeError for an escape that there is not. */
export function fromSaslName(text: string): string {
  if (/=(?!2C|3D)/.test(text)) throw new RangeError('a name has an unknown escape')
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

const xor = (a: Buffer, b: Buffer): Buffer => a.map((byte, i) => byte ^ b[i]!) as Buffer
