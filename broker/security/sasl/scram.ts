import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

import {
  type ScramCredential,
  type ScramMechanism,
  fromSaslName,
  scramIterations,
  serverSignature,
  storedKeyOf,
} from '#core/security/scram.ts'
import { AuthenticationFailure, type Exchange, type Step } from './mechanism.ts'

/** Finds the credential of a user for a mechanism. */
export type FindCredential = (mechanism: ScramMechanism, user: string) => ScramCredential | undefined

/** Mixed into the salt that is shown for users that do not exist: the same for the same name, and not to be told from a real one. */
const shade = randomBytes(32)

interface ClientFirst {
  readonly header: string
  readonly bare: string
  readonly name: string
  readonly nonce: string
}

const refused = (reason: string): AuthenticationFailure =>
  new AuthenticationFailure('Authentication failed: Invalid user credentials', reason)

/**
 * The server's side of SCRAM (RFC 5802) without channel binding. A name that is not known gets a salt and fails at the
 * end like a wrong password, after the same work.
 */
export class ScramExchange implements Exchange {
  readonly #mechanism: ScramMechanism
  readonly #find: FindCredential
  #first: ClientFirst | undefined
  #serverFirst = ''
  #nonce = ''
  #credential: ScramCredential | undefined

  constructor(mechanism: ScramMechanism, find: FindCredential) {
    this.#mechanism = mechanism
    this.#find = find
  }

  take(token: Buffer): Step {
    const text = token.toString('utf8')
    return this.#first === undefined ? this.#begin(text) : this.#finish(this.#first, text)
  }

  #begin(text: string): Step {
    const first = readFirst(text)
    this.#first = first
    const credential = this.#find(this.#mechanism, first.name)
    if (credential !== undefined && credential.iterations < scramIterations.least) {
      throw refused(`the credential has ${credential.iterations} iterations, the least is ${scramIterations.least}`)
    }
    this.#credential = credential
    this.#nonce = first.nonce + randomBytes(18).toString('base64url')
    const salt = credential?.salt ?? createHmac('sha256', shade).update(first.name).digest().subarray(0, 20)
    const iterations = credential?.iterations ?? scramIterations.least
    this.#serverFirst = `r=${this.#nonce},s=${salt.toString('base64')},i=${iterations}`
    return { reply: Buffer.from(this.#serverFirst) }
  }

  #finish(first: ClientFirst, text: string): Step {
    const match = /^(c=([^,]+),r=([^,]+)(?:,[A-Za-z]=[^,]*)*),p=([A-Za-z0-9+/=]+)$/.exec(text)
    if (match === null) throw new AuthenticationFailure('Authentication failed: Invalid client final message')
    const [, withoutProof, channel, nonce, proof] = match as unknown as [string, string, string, string, string]
    if (nonce !== this.#nonce) throw refused('the nonce of the last message is not the one that was agreed on')
    if (Buffer.from(channel, 'base64').toString('utf8') !== first.header) throw refused('the header changed on the way')
    const mechanism = this.#mechanism
    const authMessage = `${first.bare},${this.#serverFirst},${withoutProof}`
    const bytes = mechanism.hash === 'sha256' ? 32 : 64
    const { storedKey, serverKey } = this.#credential ?? {
      storedKey: Buffer.alloc(bytes),
      serverKey: Buffer.alloc(bytes),
    }
    const shown = storedKeyOf(mechanism, storedKey, Buffer.from(proof, 'base64'), authMessage)
    const same = shown.length === storedKey.length && timingSafeEqual(shown, storedKey)
    if (this.#credential === undefined) throw refused('the user is not known')
    if (!same) throw refused('the password is wrong')
    const signature = serverSignature(mechanism, serverKey, authMessage).toString('base64')
    return { reply: Buffer.from(`v=${signature}`), identity: { name: first.name } }
  }
}

/** Reads the first message: header, name, nonce; extensions are ignored, but for delegation tokens, which are not there. */
function readFirst(text: string): ClientFirst {
  const match = /^(n,(?:a=([^,]+))?,)(n=([^,]+),r=([\x21-\x2B\x2D-\x7E]+)((?:,[A-Za-z]+=[^,]*)*))$/.exec(text)
  if (match === null) throw new AuthenticationFailure('Authentication failed: Invalid client first message')
  const [, header, authorizationId, bare, encoded, nonce, extensions] = match
  try {
    const name = fromSaslName(encoded!)
    if (authorizationId !== undefined && fromSaslName(authorizationId) !== name) {
      throw new AuthenticationFailure(
        'Authentication failed: Client requested an authorization id that is different from username',
      )
    }
    if (/,tokenauth=true/.test(extensions!)) throw refused('delegation tokens are not supported')
    return { header: header!, bare: bare!, name, nonce: nonce! }
  } catch (error) {
    if (error instanceof RangeError)
      throw new AuthenticationFailure('Authentication failed: Invalid client first message')
    throw error
  }
}
