import type { JoinGroupResponseInput } from '#core/wire/api/11-join-group.ts'
import type { SyncGroupResponseInput } from '#core/wire/api/14-sync-group.ts'
import type { ErrorName } from '#core/wire/errors.ts'
import type { Alarm } from '../alarm.ts'
import { code } from '../codes.ts'

/** Hands an answer to a request that has waited for it; called once. */
export type Reply<Response> = (response: Response) => void

/** An assignment strategy that a member knows, with what the member says to whoever applies it. */
export interface Protocol {
  readonly name: string
  readonly metadata: Buffer
}

/** The metadata or assignment of a member that has none. */
export const noBytes: Buffer = Buffer.alloc(0)

/** One member of a group. The part that `__consumer_offsets` keeps is all but the waiting requests and the session. */
export interface Member {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  /** In the member's order of preference. */
  protocols: readonly Protocol[]
  assignment: Buffer
  /** Joined and not yet answered: it may be dropped although it waits, because it cannot send heartbeats. */
  isNew: boolean
  joining: Reply<JoinGroupResponseInput> | null
  syncing: Reply<SyncGroupResponseInput> | null
  /** Rings when the member was silent for its session timeout. */
  readonly session: Alarm
}

/** What the member says under a protocol; nothing under one that it does not know. */
export function metadataOf(member: Member, protocolName: string | null): Buffer {
  return member.protocols.find((protocol) => protocol.name === protocolName)?.metadata ?? noBytes
}

/** True when the member asked for exactly these protocols, in this order, with the same metadata. */
export function hasProtocols(member: Member, protocols: readonly Protocol[]): boolean {
  return (
    member.protocols.length === protocols.length &&
    member.protocols.every(
      (mine, i) => mine.name === protocols[i]!.name && mine.metadata.equals(protocols[i]!.metadata),
    )
  )
}

/** The answer to a JoinGroup that leads nowhere. */
export function joinProblem(problem: ErrorName, memberId: string): JoinGroupResponseInput {
  return { errorCode: code(problem), protocolName: null, leader: '', memberId, members: [] }
}

/** The answer to a SyncGroup that leads nowhere. */
export function syncProblem(problem: ErrorName): SyncGroupResponseInput {
  return { errorCode: code(problem), assignment: noBytes }
}

/** Copies of a request's protocols: the request's bytes are part of a frame that is not ours to keep. */
export function keepProtocols(protocols: readonly Protocol[]): Protocol[] {
  return protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }))
}
