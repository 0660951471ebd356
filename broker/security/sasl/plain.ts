import { createHash, timingSafeEqual } from 'node:crypto'

import { AuthenticationFailure, type Exchange, nothing } from './mechanism.ts'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
/** Compared with when there is no such user, so that the time tells nothing. */
const nobody = digest('')

/** PLAIN (RFC 4616): one message of authorization id, user and password. Passwords are kept as digests. */
export class PlainExchange implements Exchange {
  readonly #digests: ReadonlyMap<string, Buffer>

  constructor(digests: ReadonlyMap<string, Buffer>) {
    this.#digests = digests
  }

  take(token: Buffer): { readonly reply: Buffer; readonly identity: { readonly name: string } } {
    const parts = token.toString('utf8').split('\0')
    if (parts.length !== 3) throw new AuthenticationFailure('Authentication failed: invalid PLAIN message')
    const [authorizationId, name, password] = parts as [string, string, string]
    if (name === '') throw new AuthenticationFailure('Authentication failed: username not specified')
    if (password === '') throw new AuthenticationFailure('Authentication failed: password not specified')
    const expected = this.#digests.get(name)
    const same = timingSafeEqual(digest(password), expected ?? nobody)
    if (expected === undefined || !same) {
      throw new AuthenticationFailure('Authentication failed: Invalid username or password')
    }
    if (authorizationId !== '' && authorizationId !== name) {
      throw new AuthenticationFailure(
        'Authentication failed: Client requested an authorization id that is different from username',
      )
    }
    return { reply: nothing, identity: { name } }
  }
}

/** The users that PLAIN knows: every option `user_NAME` of the login module, by name, with the digest of the password. */
export function plainUsers(options: Readonly<Record<string, string>>): ReadonlyMap<string, Buffer> {
  return new Map(
    Object.entries(options).flatMap(([name, password]) =>
      name.startsWith('user_') ? [[name.slice('user_'.length), digest(password)]] : [],
    ),
  )
}
