import { noHeaders } from '#core/records/record.ts'
import type { Change, StreamRecord } from '../record.ts'
import type { HoldingStore } from '../state/store.ts'
import type { SessionStore } from '../state/session-store.ts'
import type { Windowed } from '../state/windowed.ts'
import type { Fold } from './aggregate.ts'
import { closingSessions, FinalResults } from './final-results.ts'
import { forwarder } from './forwarder.ts'
import type { NodeOperator } from './operator.ts'
import { operator } from './operator.ts'
import type { WindowAggregateOptions } from './window-aggregate.ts'
import type { SessionWindows } from './windows.ts'

/** An aggregation that can also make one aggregate of two: of sessions that a record joins to one. */
export interface SessionFold<K, V, A> extends Fold<K, V, A> {
  readonly merge: (aggregate: A, other: A, key: K) => A | null
}

/**
 * Aggregates by key and session. A record joins all sessions of its key that are no further than the gap away to one; each
 * of them leaves as a deletion before the new one comes. Results are as new as the end of their session. Null values
 * count as records, as in Kafka.
 */
export const sessionAggregate = <K, V, A>(
  windows: SessionWindows,
  { init, add, merge }: SessionFold<K, V, A>,
  { store: name, sendOldValues, emit: strategy }: WindowAggregateOptions,
): NodeOperator<StreamRecord<K, V>, StreamRecord<Windowed<K>, Change<A>>> =>
  operator((emit, context) => {
    const { gapMs, graceMs } = windows
    const { task } = context
    const store = context.store<SessionStore<K, A>>(name)
    const onUpdate = strategy === 'update'
    const forward = onUpdate ? forwarder(store, emit, sendOldValues) : undefined
    const closing = {
      ...closingSessions,
      rows: function* (first: number, last: number) {
        for (const [key, value] of store.findSessionsByEnd(first, last))
          yield [key, { value, timestamp: key.end }] as const
      },
    }
    const final = onUpdate ? undefined : new FinalResults<K, A>(closing, context.store<HoldingStore>(name), task, emit)
    let observed = -1
    let lastEnd = -1
    task.onCloseWindows(() => {
      if (lastEnd < 0) return
      observed = Math.max(observed, lastEnd + graceMs + gapMs + 1)
      final?.releaseAll(observed - graceMs - gapMs)
    })
    return (record) => {
      const { key, value, timestamp } = record
      if (key === null) return task.drop('null-key')
      if (timestamp > observed) observed = timestamp
      const closeTime = observed - graceMs - gapMs
      let start = timestamp
      let end = timestamp
      let joined = init()
      const found: (readonly [Windowed<K>, A])[] = []
      for (const each of store.findSessions(key, timestamp - gapMs, timestamp + gapMs)) {
        const [session, old] = each
        found.push(each)
        joined = merge(joined as A, old, key)
        start = Math.min(start, session.start)
        end = Math.max(end, session.end)
      }
      if (end < closeTime) task.drop('late')
      else {
        if (start !== timestamp || end !== timestamp) {
          for (const [session, old] of found) {
            store.remove(session)
            forward?.(session, null, old, session.end, noHeaders)
          }
        }
        const after = add(joined as A, value, key)
        const session = { key, start, end }
        if (end > lastEnd) lastEnd = end
        store.put(session, after)
        forward?.(session, after, null, end, noHeaders)
      }
      final?.release(record, closeTime)
    }
  })
