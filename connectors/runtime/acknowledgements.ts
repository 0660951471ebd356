import type { SourceBatch, SourceOffset, SourceOffsetEntry, SourcePartition } from '../api/records.ts'
import { canonicalJson } from './offsets/offset-store.ts'

/** A batch on its way: counts down what of it is still unacknowledged. */
export interface SentBatch {
  /** One record is acknowledged, or passed over. */
  settle(): void
}

interface Lane {
  readonly partition: SourcePartition
  /** Batches in the order in which they were read; only the head may leave. */
  readonly queue: { open: number; readonly offset: SourceOffset | null }[]
  /** After the last batch that was read. */
  latest: SourceOffset | null
}

/**
 * Which offsets may be stored: of each source partition the one up to which every batch is acknowledged. A record that
 * failed never settles, and holds back all that follows it in its partition.
 */
export class Acknowledgements {
  readonly #lanes = new Map<string, Lane>()
  #open = 0

  /** Takes note of a batch before its records are sent. */
  begin(batch: SourceBatch): SentBatch {
    const key = canonicalJson(batch.partition)
    let lane = this.#lanes.get(key)
    if (!lane) this.#lanes.set(key, (lane = { partition: batch.partition, queue: [], latest: null }))
    lane.latest = batch.offset
    const sent = { open: batch.records.length, offset: batch.offset }
    lane.queue.push(sent)
    this.#open += sent.open
    return {
      settle: () => {
        sent.open--
        this.#open--
      },
    }
  }

  /** Records not yet settled. */
  get open(): number {
    return this.#open
  }

  /** Where reading goes on in this run; undefined when nothing of the partition was read in it. */
  latest(partition: SourcePartition): SourceOffset | null | undefined {
    return this.#lanes.get(canonicalJson(partition))?.latest
  }

  /** Every partition read in this run, and where it stands. */
  allLatest(): SourceOffsetEntry[] {
    return [...this.#lanes.values()].map(({ partition, latest }) => ({ partition, offset: latest }))
  }

  /** These are stored: of partitions that are over nothing needs to be known any more. */
  forget(entries: readonly SourceOffsetEntry[]): void {
    for (const { partition } of entries) {
      const key = canonicalJson(partition)
      const lane = this.#lanes.get(key)
      if (lane?.latest === null && lane.queue.length === 0) this.#lanes.delete(key)
    }
  }

  /** Offsets that have become storable since the last call. */
  take(): SourceOffsetEntry[] {
    const entries: SourceOffsetEntry[] = []
    for (const lane of this.#lanes.values()) {
      let settled: { readonly offset: SourceOffset | null } | undefined
      while (lane.queue.length > 0 && lane.queue[0]!.open === 0) settled = lane.queue.shift()
      if (settled) entries.push({ partition: lane.partition, offset: settled.offset })
    }
    return entries
  }
}
