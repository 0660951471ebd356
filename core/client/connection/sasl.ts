import type { Connection } from '#core/client/connection/connection.ts'
import { type VersionTable, versionFor } from '#core/client/connection/versions.ts'
import { clientErrors, messageOf } from '#core/client/errors.ts'
import { saslHandshake } from '#core/wire/api/17-sasl-handshake.ts'
import { saslAuthenticate } from '#core/wire/api/36-sasl-authenticate.ts'

/** The client's side of one exchange of a mechanism. */
export interface ClientExchange {
  /** The first message. */
  first(): Buffer | Promise<Buffer>
  /** The answer to a message of the broker; undefined when the exchange is over. Throws for a broker that is not to be trusted. */
  next(challenge: Buffer): Buffer | undefined
}

/** A mechanism by its SASL name. */
export interface ClientMechanism {
  readonly name: string
  begin(): ClientExchange
}

/** Logs in on a fresh connection, or anew on one that is in use. Resolves with how long that holds, ms; 0: for ever. */
export type Authenticate = (connection: Connection, versions: VersionTable) => Promise<number>

/** Logs in by SASL. Rejects with AUTHENTICATION_FAILED, and with what connections reject with. */
export const saslAuthentication =
  (mechanism: ClientMechanism, timeoutMs: number): Authenticate =>
  async (connection, versions) => {
    const { address } = connection
    const failed = (problem: string, cause?: unknown) =>
      clientErrors.AUTHENTICATION_FAILED({ ...address, mechanism: mechanism.name, problem }, cause)
    const handshakeVersion = versionFor(saslHandshake, versions, address)
    if (handshakeVersion === 0) throw failed('the broker is too old')
    const offer = await connection.send(saslHandshake, handshakeVersion, { mechanism: mechanism.name }, timeoutMs)
    if (offer.errorCode !== 0) throw failed(`the broker offers ${offer.mechanisms.join(', ') || 'no mechanism'}`)
    const version = versionFor(saslAuthenticate, versions, address)
    const exchange = mechanism.begin()
    for (let token: Buffer | undefined = await exchange.first(); ;) {
      const answer = await connection.send(saslAuthenticate, version, { authBytes: token }, timeoutMs)
      if (answer.errorCode !== 0) throw failed(answer.errorMessage ?? `error ${answer.errorCode}`)
      try {
        token = exchange.next(answer.authBytes)
      } catch (cause) {
        throw failed(messageOf(cause), cause)
      }
      if (token === undefined) return answer.sessionLifetimeMs
    }
  }
