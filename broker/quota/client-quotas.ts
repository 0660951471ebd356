/** What can be limited, by Kafka's names. */
const quotaKeys = [
  'producer_byte_rate',
  'consumer_byte_rate',
  'request_percentage',
  'controller_mutation_rate',
  'connection_creation_rate',
] as const
/** Bytes a second, percent of one thread, partitions a second, or connections a second. */
export type QuotaKey = (typeof quotaKeys)[number]

/** Whom a quota is for. A part that is missing does not matter; null is the default, for all that have none of their own. */
export interface QuotaEntity {
  readonly user?: string | null
  readonly clientId?: string | null
  readonly ip?: string | null
}

/** The quotas of an entity. */
export interface EntityQuotas {
  readonly entity: QuotaEntity
  readonly values: ReadonlyMap<string, number>
}

/** A limit and who uses it up together: everybody with the same `sharedBy`. */
export interface Limit {
  readonly bound: number
  readonly sharedBy: string
}

/** All quotas of the cluster. Who has several is bound by the most specific one. */
export class ClientQuotas {
  readonly #byEntity = new Map<string, { entity: QuotaEntity; values: Map<string, number> }>()
  readonly #counts = new Map<string, number>()

  /** True when there is any quota of this kind: while there is none, nobody has to be measured. */
  has(key: QuotaKey): boolean {
    return (this.#counts.get(key) ?? 0) > 0
  }

  all(): Iterable<EntityQuotas> {
    return this.#byEntity.values()
  }

  valuesOf(entity: QuotaEntity): ReadonlyMap<string, number> {
    return this.#byEntity.get(keyOf(entity))?.values ?? none
  }

  set(entity: QuotaEntity, key: string, value: number): void {
    const id = keyOf(entity)
    let quotas = this.#byEntity.get(id)
    if (quotas === undefined) this.#byEntity.set(id, (quotas = { entity, values: new Map() }))
    if (!quotas.values.has(key)) this.#count(key, 1)
    quotas.values.set(key, value)
  }

  remove(entity: QuotaEntity, key: string): void {
    const id = keyOf(entity)
    const quotas = this.#byEntity.get(id)
    if (quotas?.values.delete(key) !== true) return
    this.#count(key, -1)
    if (quotas.values.size === 0) this.#byEntity.delete(id)
  }

  /**
   * The quota for a user and client: eight places are looked at, from the user with this client-id to the default of all
   * client-ids. A quota for users is used up by all their clients together, one for client-ids by all their users.
   */
  limitFor(key: QuotaKey, user: string, clientId: string): Limit | undefined {
    for (const users of [user, null]) {
      for (const clients of [clientId, null]) {
        const bound = this.valuesOf({ user: users, clientId: clients }).get(key)
        if (bound !== undefined) return { bound, sharedBy: keyOf({ user, clientId }) }
      }
      const bound = this.valuesOf({ user: users }).get(key)
      if (bound !== undefined) return { bound, sharedBy: keyOf({ user }) }
    }
    for (const clients of [clientId, null]) {
      const bound = this.valuesOf({ clientId: clients }).get(key)
      if (bound !== undefined) return { bound, sharedBy: keyOf({ clientId }) }
    }
    return undefined
  }

  /** The quota of an address, which is not shared. */
  limitForIp(key: QuotaKey, ip: string): number | undefined {
    return this.valuesOf({ ip }).get(key) ?? this.valuesOf({ ip: null }).get(key)
  }

  #count(key: string, by: number): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by)
  }
}

const none: ReadonlyMap<string, number> = new Map()

const part = (name: string | null | undefined): string => (name === undefined ? '' : name === null ? '*' : `=${name}`)

const keyOf = ({ user, clientId, ip }: QuotaEntity): string => `${part(user)}\0${part(clientId)}\0${part(ip)}`
