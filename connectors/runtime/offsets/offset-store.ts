import type { Json, SourceOffset, SourceOffsetEntry, SourcePartition } from '../../api/records.ts'

/** An offset to be stored; null forgets the partition. */
export interface OffsetChange extends SourceOffsetEntry {
  readonly connector: string
}

/** Where the offsets of sources are kept. Everything is in memory after `start`, so that reading never waits. */
export interface OffsetStore {
  start(): Promise<void>
  get(connector: string, partition: SourcePartition): SourceOffset | undefined
  /** All of one connector. */
  all(connector: string): SourceOffsetEntry[]
  /** Resolves when the changes are durable. */
  set(changes: readonly OffsetChange[]): Promise<void>
  stop(): Promise<void>
}

/** JSON with the members of objects in order of name: equal for equal values, whoever wrote them. */
export function canonicalJson(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${canonicalJson(each)}`).join(',')}}`
}

interface Row {
  readonly partition: SourcePartition
  readonly offset: SourceOffset
}

/** The offsets in memory, by connector and partition. */
export class OffsetTable {
  readonly #connectors = new Map<string, Map<string, Row>>()

  get(connector: string, partition: SourcePartition): SourceOffset | undefined {
    return this.#connectors.get(connector)?.get(canonicalJson(partition))?.offset
  }

  all(connector: string): SourceOffsetEntry[] {
    return [...(this.#connectors.get(connector)?.values() ?? [])]
  }

  everything(): OffsetChange[] {
    return [...this.#connectors].flatMap(([connector, rows]) =>
      [...rows.values()].map((row) => ({ connector, ...row })),
    )
  }

  /** False for a change that changes nothing, as forgetting what is not known. */
  differs({ connector, partition, offset }: OffsetChange): boolean {
    const known = this.get(connector, partition)
    return known === undefined ? offset !== null : offset === null || canonicalJson(known) !== canonicalJson(offset)
  }

  set({ connector, partition, offset }: OffsetChange): void {
    let rows = this.#connectors.get(connector)
    if (!rows) this.#connectors.set(connector, (rows = new Map()))
    const key = canonicalJson(partition)
    if (offset === null) rows.delete(key)
    else rows.set(key, { partition, offset })
  }
}
