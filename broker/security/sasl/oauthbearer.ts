import { type BearerMessage, decodeBearer } from '#core/security/oauthbearer.ts'
import { AuthenticationFailure, type Exchange, type Identity, type Step, nothing } from './mechanism.ts'

/** Checks a token and tells whose it is. Rejects with whatever is wrong with it. */
export type CheckToken = (token: string) => Promise<Identity>

/**
 * The server's side of OAUTHBEARER (RFC 7628): one message with a token. A token that is refused is answered by a document
 * that says so, and the client's next message ends the exchange.
 */
export class BearerExchange implements Exchange {
  readonly #check: CheckToken
  #refusal: AuthenticationFailure | undefined

  constructor(check: CheckToken) {
    this.#check = check
  }

  async take(token: Buffer): Promise<Step> {
    if (this.#refusal !== undefined) throw this.#refusal
    const message = read(token)
    let identity: Identity
    try {
      identity = await this.#check(message.token)
    } catch (error) {
      const document = JSON.stringify({ status: 'invalid_token' })
      this.#refusal = new AuthenticationFailure(document, `the token is refused: ${(error as Error).message}`)
      return { reply: Buffer.from(document) }
    }
    const { authorizationId } = message
    if (authorizationId !== '' && authorizationId !== identity.name) {
      throw new AuthenticationFailure(
        "Authentication failed: Client requested an authorization id that is different from the token's principal name",
      )
    }
    return { reply: nothing, identity }
  }
}

function read(token: Buffer): BearerMessage {
  try {
    return decodeBearer(token)
  } catch (error) {
    throw new AuthenticationFailure((error as Error).message)
  }
}
