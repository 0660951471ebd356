import { randomBytes, timingSafeEqual } from 'node:crypto'

import type { ClientExchange, ClientMechanism } from '#core/client/connection/sasl.ts'
import { encodeBearer } from '#core/security/oauthbearer.ts'
import {
  type ScramCredential,
  type ScramMechanism,
  clientProof,
  saltedPassword,
  saslName,
  scramCredential,
  scramIterations,
  serverSignature,
} from '#core/security/scram.ts'

/** Who logs in. */
export interface Login {
  readonly username: string
  readonly password: string
}

/** PLAIN: the password itself, so only over TLS. */
export const plainMechanism = ({ username, password }: Login): ClientMechanism => ({
  name: 'PLAIN',
  begin: () => ({ first: () => Buffer.from(`\0${username}\0${password}`), next: () => undefined }),
})

/** OAUTHBEARER with a token that is asked for at every login. */
export const bearerMechanism = (token: () => string | Promise<string>): ClientMechanism => ({
  name: 'OAUTHBEARER',
  begin: () => ({
    first: async () => encodeBearer({ token: await token(), authorizationId: '', extensions: {} }),
    // A broker that refuses a token says so in a document, and the exchange has to be ended by this sign.
    next: (challenge) => (challenge.length === 0 ? undefined : Buffer.from([1])),
  }),
})

/** SCRAM: neither side shows the password, and the broker has to prove that it knows it too. */
export const scramMechanism = (mechanism: ScramMechanism, login: Login): ClientMechanism => ({
  name: mechanism.name,
  begin: () => new ScramClientExchange(mechanism, login),
})

const header = 'n,,'

class ScramClientExchange implements ClientExchange {
  readonly #mechanism: ScramMechanism
  readonly #login: Login
  readonly #nonce = randomBytes(24).toString('base64url')
  readonly #bare: string
  #expected: Buffer | undefined

  constructor(mechanism: ScramMechanism, login: Login) {
    this.#mechanism = mechanism
    this.#login = login
    this.#bare = `n=${saslName(login.username)},r=${this.#nonce}`
  }

  first(): Buffer {
    return Buffer.from(header + this.#bare)
  }

  next(challenge: Buffer): Buffer | undefined {
    const text = challenge.toString('utf8')
    if (this.#expected === undefined) return this.#prove(text)
    const signature = Buffer.from(/^v=([A-Za-z0-9+/=]+)/.exec(text)?.[1] ?? '', 'base64')
    if (signature.length !== this.#expected.length || !timingSafeEqual(signature, this.#expected)) {
      throw new RangeError('the broker does not know the password: it may be another one that stands in its place')
    }
    return undefined
  }

  #prove(text: string): Buffer {
    const match = /^r=([^,]+),s=([A-Za-z0-9+/=]+),i=(\d{1,9})(?:,|$)/.exec(text)
    if (match === null) throw new RangeError('the first message of the broker cannot be read')
    const [, nonce, encodedSalt, count] = match as unknown as [string, string, string, string]
    const iterations = Number(count)
    if (!nonce.startsWith(this.#nonce) || nonce === this.#nonce) throw new RangeError('the nonce is not the one sent')
    if (iterations < scramIterations.least) throw new RangeError(`${iterations} iterations are too few`)
    const salt = Buffer.from(encodedSalt, 'base64')
    const salted = saltedPassword(this.#mechanism, this.#login.password, salt, iterations)
    const withoutProof = `c=${Buffer.from(header).toString('base64')},r=${nonce}`
    const authMessage = `${this.#bare},${text},${withoutProof}`
    const { serverKey }: ScramCredential = scramCredential(this.#mechanism, salted, salt, iterations)
    this.#expected = serverSignature(this.#mechanism, serverKey, authMessage)
    const proof = clientProof(this.#mechanism, salted, authMessage).toString('base64')
    return Buffer.from(`${withoutProof},p=${proof}`)
  }
}
