import type {
  KeyValueStore,
  SessionStore,
  TimestampedKeyValueStore,
  TimestampedWindowStore,
  Topology,
  VersionedKeyValueStore,
  WindowStore,
} from 'millrace/streams'
import type { TopologyTestDriver } from 'millrace/streams/testing'
import type { Case, CaseEnd, Json } from './case.ts'

type Row = readonly Json[]

/** Bookkeeping of joins, which the cases leave out. */
const hidden =
  /^(KSTREAM-OUTERSHARED-\d+-store|.*-(left|outer)-shared-join-store|.*-SUBSCRIPTION-STATE-STORE(-\d+)?|.*-subscription-store)$/

/** The rows of every store that the cases list, in their form. */
export function storeRows(topology: Topology, driver: TopologyTestDriver, given: Case): NonNullable<CaseEnd['stores']> {
  const stores: Record<string, { type: string; rows: readonly Row[] }> = {}
  for (const [name, spec] of [...topology.stores].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const store = driver.store(name)
    if (hidden.test(name) || store === undefined) continue
    const found = rows(spec.kind, store, given)
    if (found !== undefined) stores[name] = { type: found.type, rows: [...found.rows].sort(byColumns(found.ordered)) }
  }
  return stores
}

function rows(kind: string, store: unknown, given: Case): { type: string; rows: Row[]; ordered: number } | undefined {
  switch (kind) {
    case 'keyValue':
      return {
        type: 'kv',
        ordered: 1,
        rows: [...(store as KeyValueStore<Json, Json>).all()].map(([key, value]) => [key, value]),
      }
    case 'timestampedKeyValue': {
      const all = [...(store as TimestampedKeyValueStore<Json, Json>).all()]
      return {
        type: 'timestamped',
        ordered: 1,
        rows: all.map(([key, { value, timestamp }]) => [key, value, timestamp]),
      }
    }
    case 'window': {
      const all = [...(store as WindowStore<Json, Json>).all()]
      return { type: 'window', ordered: 2, rows: all.map(([{ key, start }, value]) => [key, start, value]) }
    }
    case 'timestampedWindow': {
      const all = [...(store as TimestampedWindowStore<Json, Json>).all()]
      return {
        type: 'timestampedWindow',
        ordered: 2,
        rows: all.map(([{ key, start }, row]) => [key, start, row.value, row.timestamp]),
      }
    }
    case 'session': {
      const all = [...(store as SessionStore<Json, Json>).all()]
      return { type: 'session', ordered: 3, rows: all.map(([{ key, start, end }, value]) => [key, start, end, value]) }
    }
    case 'versionedKeyValue':
      return { type: 'versioned', ordered: 2, rows: versions(store as VersionedKeyValueStore<Json, Json>, given) }
    default:
      return undefined
  }
}

/** Every version that is visible at one of the case's timestamps, for every key of its inputs. */
function versions(store: VersionedKeyValueStore<Json, Json>, given: Case): Row[] {
  const inputs = given.steps.flatMap((step) => (step.in === undefined ? [] : [step.in]))
  const keys = new Set(inputs.flatMap(([, key]) => (typeof key === 'string' ? [key] : [])))
  const times = [...new Set(inputs.map(([, , , timestamp]) => timestamp))]
  const found: Row[] = []
  // Kafka's test driver always says that a version is the latest, so the end of its validity is left out here.
  for (const key of keys) {
    const byTime = new Map<number, Row>()
    for (const version of [...times.map((time) => store.getAsOf(key, time)), store.get(key)]) {
      if (version !== null) byTime.set(version.timestamp, [key, version.value, version.timestamp, null])
    }
    found.push(...byTime.values())
  }
  return found.map((row) => [row[0]!, row[1]!, row[2]!, row[3]!])
}

/** By key bytes, then by the next `ordered - 1` columns; a version's second column of order is its time. */
const byColumns =
  (ordered: number) =>
  (a: Row, b: Row): number => {
    const keys = Buffer.compare(Buffer.from(a[0] as string), Buffer.from(b[0] as string))
    if (keys !== 0 || ordered === 1) return keys
    const at = typeof a[1] === 'number' ? 1 : 2
    const first = (a[at] as number) - (b[at] as number)
    return first !== 0 || ordered === 2 ? first : (a[at + 1] as number) - (b[at + 1] as number)
  }
