import type { ScramName } from '#core/security/scram.ts'

/** A part of whom a quota is for. A null name is the default: everybody of that type without a quota of his own. */
export interface QuotaPart {
  readonly type: 'user' | 'client-id' | 'ip'
  readonly name: string | null
}

/** What a part of a quota's entity must be like; without a name any will do. */
export type QuotaPartFilter = Pick<QuotaPart, 'type'> & Partial<QuotaPart>

/** The quotas of one user, client, user with a client, or address, by Kafka's names. */
export interface EntityQuotas {
  readonly entity: readonly QuotaPart[]
  /** Bytes, changes or connections a second; percent of a thread for `request_percentage`. */
  readonly quotas: Readonly<Record<string, number>>
}

/** That a user can log in by a SCRAM mechanism; never with what. */
export interface ScramLogin {
  readonly user: string
  readonly mechanism: ScramName
  readonly iterations: number
}

/** A password to be, and how often it is hashed. Brokers take 4096 to 16384 times. */
export interface ScramPassword {
  readonly password: string
  readonly iterations: number
}
