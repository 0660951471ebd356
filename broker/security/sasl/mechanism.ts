/** A user that has proved who he is. */
export interface Identity {
  readonly name: string
  /** When the proof ends, ms since the epoch: the life of a token. */
  readonly expiresAtMs?: number
}

/** What a server says to one token of a client; with an identity the exchange is over. */
export interface Step {
  readonly reply: Buffer
  readonly identity?: Identity
}

/** The server's side of one exchange of a mechanism. */
export interface Exchange {
  /** Takes the client's next token. Throws or rejects with an AuthenticationFailure. */
  take(token: Buffer): Step | Promise<Step>
}

/** A SASL mechanism as a listener offers it. */
export interface Mechanism {
  readonly name: string
  /** Longest time for which one authentication holds (`connections.max.reauth.ms`); 0: no bound. */
  readonly maxReauthMs: number
  begin(): Exchange
}

/** A client could not prove who it is. `message` is told to the client, `reason` to the log; neither holds a secret. */
export class AuthenticationFailure extends Error {
  override readonly name = 'AuthenticationFailure'
  readonly reason: string

  constructor(message: string, reason = message) {
    super(message)
    this.reason = reason
  }
}

/** The last reply of mechanisms that have nothing left to tell the client. */
export const nothing: Buffer = Buffer.alloc(0)
