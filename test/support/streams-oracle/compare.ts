import type { Outcome } from './run.ts'
import type { Case, InternalTopic, Json } from './case.ts'

/** The first thing in which our side differs. */
export interface Difference {
  readonly where: string
  readonly wanted: unknown
  readonly got: unknown
}

const equal = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null)

/** Compares all levels of FORMAT.md 9, private formats too; undefined when all is equal. */
export function compare(wanted: Case, got: Outcome): Difference | undefined {
  const differ = (where: string, a: unknown, b: unknown): Difference | undefined =>
    equal(a, b) ? undefined : { where, wanted: a, got: b }
  const early = differ('invalid', wanted.end.invalid ?? false, got.end.invalid ?? false)
  if (early !== undefined) return early
  for (const [i, step] of wanted.steps.entries()) {
    const mine = got.steps[i]
    const at = `step ${i} ${JSON.stringify(step.in ?? { wall: step.wall })}`
    const found =
      differ(`${at} error`, step.error ?? false, mine?.error ?? false) ??
      differ(`${at} out`, step.out, mine?.out) ??
      differ(`${at} peek`, step.peek ?? [], mine?.peek ?? []) ??
      differ(`${at} dropped`, step.dropped ?? 0, mine?.dropped ?? 0)
    if (found !== undefined) return found
  }
  const a = wanted.end
  const b = got.end
  return (
    differ('describe', a.describe, b.describe) ??
    differ('dropped', a.dropped, b.dropped) ??
    compareStores(a.stores, b.stores, differ) ??
    compareInternal(a.internal ?? {}, b.internal ?? {}, differ)
  )
}

type Differ = (where: string, a: unknown, b: unknown) => Difference | undefined

function compareStores(a: Case['end']['stores'], b: Case['end']['stores'], differ: Differ): Difference | undefined {
  const names = differ('stores', Object.keys(a ?? {}), Object.keys(b ?? {}))
  if (names !== undefined) return names
  for (const [name, rows] of Object.entries(a ?? {})) {
    const found = differ(`store ${name}`, rows, b?.[name])
    if (found !== undefined) return found
  }
  return undefined
}

function compareInternal(
  a: Readonly<Record<string, InternalTopic>>,
  b: Readonly<Record<string, InternalTopic>>,
  differ: Differ,
): Difference | undefined {
  const names = differ('internal topics', Object.keys(a).sort(), Object.keys(b).sort())
  if (names !== undefined) return names
  for (const [name, wanted] of Object.entries(a)) {
    const got = b[name]!
    const { records, ...rest } = wanted
    const { records: mine, ...shape } = got
    const found =
      differ(`internal topic ${name}`, sorted(rest), sorted(shape)) ??
      compareRecords(name, wanted, records, mine, differ)
    if (found !== undefined) return found
  }
  return undefined
}

function compareRecords(
  name: string,
  { kind }: InternalTopic,
  a: InternalTopic['records'],
  b: InternalTopic['records'],
  differ: Differ,
): Difference | undefined {
  if (a === undefined) return undefined
  if (kind === 'repartition') return differ(`records of ${name}`, a, b)
  // The order of different keys within one commit is free: compare key by key.
  return differ(`records of ${name}`, byKey(a), byKey(clockless(a, b ?? [])))
}

/** Kafka's driver shows no time where the producer would take it from its clock (third field null); nor do we then. */
function clockless(wanted: InternalTopic['records'] & object, got: InternalTopic['records'] & object): Json[][] {
  const unset = wanted.length > 0 && wanted.every(([, , timestamp]) => timestamp === null)
  return got.map(([key, value, timestamp, ...rest]) => [key!, value!, unset ? null : timestamp!, ...rest])
}

function byKey(records: readonly (readonly Json[])[]): [string, (readonly Json[])[]][] {
  const keys = new Map<string, (readonly Json[])[]>()
  for (const record of records) {
    const key = JSON.stringify(record[0])
    keys.set(key, [...(keys.get(key) ?? []), record])
  }
  return [...keys].sort(([x], [y]) => (x < y ? -1 : 1))
}

const sorted = (topic: Omit<InternalTopic, 'records'>): unknown => ({
  kind: topic.kind,
  partitions: topic.partitions ?? null,
  config: Object.fromEntries(Object.entries(topic.config).sort(([x], [y]) => (x < y ? -1 : 1))),
})
