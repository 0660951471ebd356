import type { Api, Decoded, Encodable, Fields, Message } from '#core/wire/schema.ts'
import { type VersionRange, type Versions, versionRange } from '#core/wire/versions.ts'

import type { Endpoint } from '../network/connection.ts'
import type { Node } from '../node.ts'
import type { Right } from './authorization.ts'
import type { Principal } from '../security/principal.ts'

/** What a handler may know of the connection that a request came in on. */
export interface Client {
  /** Names the connection while it lives. */
  readonly id: number
  /** The address under which clients of this listener reach the broker. */
  readonly endpoint: Endpoint
  /** Who the client has proved to be; User:ANONYMOUS when it has proved nothing. */
  readonly principal: Principal
  /** The client's address in Kafka's form, `/127.0.0.1`. */
  readonly clientHost: string
  /** Name and version that the client's ApiVersions request gave. */
  clientSoftware: string
  close(reason?: string): void
}

/** One request on its way through: who asked, and how to answer later. */
export interface Call<Response = unknown> {
  readonly apiVersion: number
  readonly clientId: string | null
  readonly client: Client
  /** The size of the request on the wire. */
  readonly requestBytes: number
  /**
   * Makes the client pause for so many ms: the answer tells it, and its next requests wait (KIP-219). The longest of several
   * pauses counts.
   */
  pause(ms: number): void
  /** Answers a request whose handler returned undefined. Only the first answer counts. */
  respond(body: Response): void
  /** Ends a request that gets no answer. */
  respondNothing(): void
  /** Called when the client goes away before the answer. */
  abandoned: (() => void) | undefined
  /** Called when nobody needs the answer any more; `intact`: all of it was sent, and its memory may be used again. */
  sent: ((intact: boolean) => void) | undefined
}

/** A handler returns the answer, a promise of it, or undefined when it will call `respond` itself. */
export type Handle<Request, Response> = (
  node: Node,
  request: Request,
  call: Call<Response>,
) => Response | undefined | Promise<Response>

/** How an API is served. */
export interface ServedOptions<Request, Response> {
  /** The versions that are accepted. */
  readonly versions: Versions
  /** The lowest version that ApiVersions shows, where it differs from what is accepted. */
  readonly advertisedFrom?: number
  /** Later requests of a connection are handled while this one waits; answers keep their order. */
  readonly pipelined?: boolean
  /** The handler looks at bytes of the request only until it returns, so they need not be copied for it. */
  readonly borrows?: boolean
  /** The right that the request as a whole needs, if any; who lacks it gets what `refuse` makes of the error. */
  readonly requires?: (request: Request, call: Call<Response>) => Right | undefined
  /** The answer that carries an error the handler threw. Without it the connection is closed. */
  readonly refuse?: (request: Request, errorCode: number, call: Call<Response>, errorMessage: string | null) => Response
  readonly handle: Handle<Request, Response>
}

/** A registered API, its types forgotten. */
export interface Served {
  readonly api: Api
  readonly versions: VersionRange
  readonly advertisedFrom: number
  readonly pipelined: boolean
  readonly borrows: boolean
  readonly requires: ((request: never, call: Call<never>) => Right | undefined) | undefined
  readonly refuse:
    | ((request: never, errorCode: number, call: Call<never>, errorMessage: string | null) => unknown)
    | undefined
  readonly handle: Handle<never, never>
}

/** Registers a handler for an API. */
export function serve<Request extends Fields, Response extends Fields>(
  api: Api<Request, Response>,
  options: ServedOptions<Decoded<Message<Request>>, Encodable<Message<Response>>>,
): Served {
  const versions = versionRange(options.versions)
  return {
    api,
    versions,
    advertisedFrom: options.advertisedFrom ?? versions.low,
    pipelined: options.pipelined === true,
    borrows: options.borrows === true,
    requires: options.requires as Served['requires'],
    refuse: options.refuse as Served['refuse'],
    handle: options.handle as unknown as Served['handle'],
  }
}
