import { type AccessControlEntry, patternTypes, wildcard } from './acl.ts'

/** Entries of one pattern by whom they are about (`User:name`). */
export type EntriesByPrincipal = ReadonlyMap<string, readonly AccessControlEntry[]>

/** The patterns of one type of resource. */
class Patterns {
  readonly literal = new Map<string, Map<string, AccessControlEntry[]>>()
  readonly prefixed = new Map<string, Map<string, AccessControlEntry[]>>()
  /** Lengths that prefixes have, each once, the shortest first: a name is looked up by as many of its beginnings. */
  prefixLengths: readonly number[] = []
  readonly #prefixesOfLength = new Map<number, number>()

  of(patternType: number): Map<string, Map<string, AccessControlEntry[]>> {
    return patternType === patternTypes.PREFIXED ? this.prefixed : this.literal
  }

  /** Keeps the lengths when a pattern has come (1) or gone (-1). */
  count(entry: AccessControlEntry, by: 1 | -1): void {
    if (entry.patternType !== patternTypes.PREFIXED) return
    const { length } = entry.resourceName
    const before = this.#prefixesOfLength.get(length) ?? 0
    if (before + by === 0) this.#prefixesOfLength.delete(length)
    else this.#prefixesOfLength.set(length, before + by)
    if (before === 0 || before + by === 0) {
      this.prefixLengths = [...this.#prefixesOfLength.keys()].sort((a, b) => a - b)
    }
  }
}

/** All access control entries, found by id and by what they are about. */
export class AclIndex {
  readonly #byId = new Map<string, AccessControlEntry>()
  readonly #byType = new Map<number, Patterns>()

  get size(): number {
    return this.#byId.size
  }

  get(id: string): AccessControlEntry | undefined {
    return this.#byId.get(id)
  }

  all(): Iterable<AccessControlEntry> {
    return this.#byId.values()
  }

  /** Adds an entry; one of the same id gives way. */
  add(entry: AccessControlEntry): void {
    this.remove(entry.id)
    this.#byId.set(entry.id, entry)
    let patterns = this.#byType.get(entry.resourceType)
    if (patterns === undefined) this.#byType.set(entry.resourceType, (patterns = new Patterns()))
    const byName = patterns.of(entry.patternType)
    let byPrincipal = byName.get(entry.resourceName)
    if (byPrincipal === undefined) {
      byName.set(entry.resourceName, (byPrincipal = new Map()))
      patterns.count(entry, 1)
    }
    const entries = byPrincipal.get(entry.principal)
    if (entries === undefined) byPrincipal.set(entry.principal, [entry])
    else entries.push(entry)
  }

  /** False when there is no such entry. */
  remove(id: string): boolean {
    const entry = this.#byId.get(id)
    if (entry === undefined) return false
    this.#byId.delete(id)
    const patterns = this.#byType.get(entry.resourceType)!
    const byName = patterns.of(entry.patternType)
    const byPrincipal = byName.get(entry.resourceName)!
    const left = byPrincipal.get(entry.principal)!.filter((each) => each !== entry)
    if (left.length > 0) byPrincipal.set(entry.principal, left)
    else byPrincipal.delete(entry.principal)
    if (byPrincipal.size > 0) return true
    byName.delete(entry.resourceName)
    patterns.count(entry, -1)
    return true
  }

  /** The patterns that apply to a resource: its name, every prefix of it, and the wildcard. */
  matching(resourceType: number, name: string): EntriesByPrincipal[] {
    const found: EntriesByPrincipal[] = []
    const patterns = this.#byType.get(resourceType)
    if (patterns === undefined) return found
    const push = (entries: EntriesByPrincipal | undefined): void => {
      if (entries !== undefined) found.push(entries)
    }
    push(patterns.literal.get(name))
    if (name !== wildcard) push(patterns.literal.get(wildcard))
    for (const length of patterns.prefixLengths) {
      if (length > name.length) break
      push(patterns.prefixed.get(name.slice(0, length)))
    }
    return found
  }

  /** Every entry for a type of resource that is about one of the principals. */
  *about(resourceType: number, principals: readonly string[]): Generator<AccessControlEntry> {
    const patterns = this.#byType.get(resourceType)
    if (patterns === undefined) return
    for (const byName of [patterns.literal, patterns.prefixed]) {
      for (const byPrincipal of byName.values()) {
        for (const principal of principals) yield* byPrincipal.get(principal) ?? []
      }
    }
  }
}
