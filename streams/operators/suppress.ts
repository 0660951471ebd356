import { streamsErrors } from '../errors.ts'
import type { Change, StreamRecord } from '../record.ts'
import type { SuppressionBuffer } from '../state/suppression-buffer.ts'
import type { Windowed } from '../state/windowed.ts'
import type { Getter, ValueGetter } from './getter.ts'
import type { NodeOperator } from './operator.ts'
import { operator } from './operator.ts'

/** How long updates are held back. */
export interface SuppressOptions {
  readonly store: string
  /** `windowClose`: until the key's window has ended; `timeLimit`: from the first update of a key. */
  readonly until: 'windowClose' | 'timeLimit'
  /** Stream time that must pass after that, ms. */
  readonly waitMs: number
  /** Most updates held back at once. */
  readonly maxRecords: number
  /** What happens above that. */
  readonly whenFull: 'emit' | 'fail'
}

/**
 * Holds updates of a table back and lets only the last one of each key through when its time has come, which is looked at
 * whenever a record arrives. Results keep timestamp and headers of the update. Final results (`windowClose`) leave
 * deletions out.
 */
export const suppress = <K, V>({
  store: name,
  until,
  waitMs,
  maxRecords,
  whenFull,
}: SuppressOptions): NodeOperator<StreamRecord<K, Change<V>>, StreamRecord<K, Change<V>>> =>
  operator((emit, context) => {
    const { task } = context
    const buffer = context.store<SuppressionBuffer<K, V>>(name)
    const final = until === 'windowClose'
    let observed = -1
    const release = (more: () => boolean): void => {
      const { origin, record: current } = task
      try {
        buffer.evictWhile(more, (record, from) => {
          if (final && record.value.newValue === null) return
          task.origin = from
          task.record = record
          emit(record)
        })
      } finally {
        task.origin = origin
        task.record = current
      }
    }
    if (final) task.onCloseWindows(() => release(() => true))
    return (record) => {
      const { key, timestamp } = record
      if (timestamp > observed) observed = timestamp
      buffer.put(final ? (key as Windowed<unknown>).end : timestamp, record)
      const due = observed - waitMs
      if (buffer.minTime <= due) release(() => buffer.minTime <= due)
      if (buffer.size <= maxRecords) return
      if (whenFull === 'fail') {
        throw streamsErrors.BUFFER_FULL({ node: context.name, records: buffer.size, limit: maxRecords })
      }
      release(() => buffer.size > maxRecords)
    }
  })

/** The rows of a suppressed table: what was visible before for keys that are held back, else the table's own rows. */
export const suppressedGetter = (store: string, parent: Getter): Getter => ({
  stores: [store, ...parent.stores],
  open: (context) => {
    const buffer = context.store<SuppressionBuffer<unknown, unknown>>(store)
    const rows = parent.open(context) as unknown as ValueGetter<unknown, unknown>
    const get = (key: unknown) => {
      const held = buffer.priorValue(key)
      if (held === undefined) return rows.get(key)
      return held.value === null ? null : { value: held.value, timestamp: -1 }
    }
    return { get, getAsOf: get, versioned: false }
  },
})
