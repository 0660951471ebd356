/** What the members of a storm were told, and what of it cannot be. */
export class StormLedger {
  /** Per generation (classic) who got which partition. */
  readonly #generations = new Map<number, Map<number, string>>()
  /** Who has a partition now, as far as members know (newer protocol). */
  readonly #holders = new Map<number, string>()
  /** Two that were told to have one partition; only true when the older one turns out to have been a member still. */
  readonly #suspicions = new Map<string, string[]>()
  /** The highest offset of a partition that was acknowledged. */
  readonly #acknowledged: number[]
  readonly violations: string[] = []
  rebalances = 0
  commits = 0
  fetches = 0
  joins = 0
  crashes = 0

  constructor(partitions: number) {
    this.#acknowledged = Array.from({ length: partitions }, () => 0)
  }

  /** A member of a classic group was given partitions in a generation. */
  assigned(generation: number, memberId: string, partitions: readonly number[]): void {
    let owners = this.#generations.get(generation)
    if (owners === undefined) {
      this.#generations.set(generation, (owners = new Map()))
      this.rebalances++
    }
    for (const partition of partitions) {
      const other = owners.get(partition)
      if (other !== undefined && other !== memberId)
        this.violations.push(`generation ${generation}: partition ${partition} belongs to ${other} and ${memberId}`)
      owners.set(partition, memberId)
    }
  }

  /** A member of the newer protocol was told what it may have from now on. */
  holds(memberId: string, partitions: readonly number[]): void {
    this.rebalances++
    this.gone(memberId, false)
    for (const partition of partitions) {
      const other = this.#holders.get(partition)
      if (other !== undefined) {
        const suspicions = this.#suspicions.get(other) ?? []
        suspicions.push(`partition ${partition} was given to ${memberId} while ${other} had it`)
        this.#suspicions.set(other, suspicions)
      }
      this.#holders.set(partition, memberId)
    }
  }

  /** A heartbeat of a member was answered well: whatever was taken from it before that was sent was taken too early. */
  lives(memberId: string, suspicionsBefore: number): void {
    const suspicions = this.#suspicions.get(memberId) ?? []
    this.violations.push(...suspicions.splice(0, suspicionsBefore))
  }

  suspicions(memberId: string): number {
    return this.#suspicions.get(memberId)?.length ?? 0
  }

  /** A member holds nothing any more, by its own will or because it was told so. */
  gone(memberId: string, isOver = true): void {
    for (const [partition, holder] of this.#holders) if (holder === memberId) this.#holders.delete(partition)
    if (isOver) this.#suspicions.delete(memberId)
  }

  acknowledged(partition: number, offset: number): void {
    this.commits++
    this.#acknowledged[partition] = Math.max(this.#acknowledged[partition]!, offset)
  }

  /** The highest offsets acknowledged so far: what a fetch that is sent now may not stay behind. */
  floor(): readonly number[] {
    return this.#acknowledged.slice()
  }

  fetched(partition: number, offset: number, floor: readonly number[]): void {
    this.fetches++
    if (offset <= 0) this.violations.push(`partition ${partition}: offset ${offset} was served`)
    else if (offset < floor[partition]!)
      this.violations.push(`partition ${partition}: offset ${offset} after ${floor[partition]!} was acknowledged`)
  }
}
