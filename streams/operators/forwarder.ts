import type { Header } from '#core/records/record.ts'
import { Change, StreamRecord } from '../record.ts'
import type { Flushed } from '../state/table-store.ts'
import type { Emit } from './operator.ts'

/** A store that may hand updates on itself when they leave its cache. */
interface Caching<K, V> {
  onFlush(sendOldValues: boolean, flushed: Flushed<K, V>): boolean
}

/** Sends a change of a table on. */
export type ForwardChange<K, V> = (
  key: K,
  newValue: V | null,
  oldValue: V | null,
  timestamp: number,
  headers: readonly Header[],
  isLatest?: boolean,
) => void

/**
 * The one way changes leave a table with a store: at once, or, when the store caches, once the cache is flushed; then the
 * call here does nothing. Old values go along only where a later node wants them.
 */
export function forwarder<K, V>(
  store: Caching<K, V>,
  emit: Emit<StreamRecord<K, Change<V>>>,
  sendOldValues: boolean,
): ForwardChange<K, V> {
  const caching = store.onFlush(sendOldValues, (key, change, timestamp, headers) => {
    emit(new StreamRecord(key, change, timestamp, headers))
  })
  if (caching) return () => {}
  return (key, newValue, oldValue, timestamp, headers, isLatest) =>
    emit(new StreamRecord(key, new Change(newValue, sendOldValues ? oldValue : null, isLatest), timestamp, headers))
}
