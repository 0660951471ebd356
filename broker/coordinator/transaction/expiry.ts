import type { KnownId } from './known-id.ts'
import { isAtRest } from './transaction.ts'

/** What Apache Kafka uses for a transaction that never times out (two-phase commit). */
const noTimeoutMs = 2_147_483_647

/** True when the transaction is open for longer than its producer wanted it to be. */
export function isTimedOut({ current, pending }: KnownId, nowMs: number): boolean {
  if (pending !== undefined || current.state !== 'Ongoing' || current.timeoutMs === noTimeoutMs) return false
  return current.startMs + current.timeoutMs < nowMs
}

/** True when the id was not used for so long that nobody will come back to it. */
export function isExpired({ current, pending }: KnownId, nowMs: number, expirationMs: number): boolean {
  return pending === undefined && isAtRest(current.state) && current.lastUpdateMs <= nowMs - expirationMs
}
