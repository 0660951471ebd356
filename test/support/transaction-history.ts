/** Where a value was seen. */
export interface Seen {
  readonly partition: string
  readonly offset: number
  readonly value: string
}

/** One transaction as its client knows it. Values are unique; reads happened before the writes. */
export interface Transaction {
  readonly id: string
  readonly producer: string
  /** What it wrote and was told to be stored, in the order of sending. */
  readonly wrote: { readonly partition: string; readonly value: string }[]
  /** Values of other transactions that it had read under read_committed. */
  readonly read: string[]
  /** `unknown`: its client never learned how it ended. */
  outcome: 'open' | 'committed' | 'aborted' | 'unknown'
}

/** A stretch that a reader read in one go: all that it saw between two offsets. */
export interface Stretch {
  readonly partition: string
  readonly from: number
  readonly upTo: number
  readonly seen: readonly Seen[]
}

/** What is wrong with a history, by kind; `cyclesOfWrites` (G0) is no fault in Kafka. */
export interface Verdict {
  abortedReads: string[]
  lostWrites: string[]
  torn: string[]
  duplicates: string[]
  inconsistentOffsets: string[]
  reordered: string[]
  skipped: string[]
  circularReads: string[]
  cyclesOfWrites: number
}

/**
 * Judges a history against what is in the topics at its end. The rules are those of a queue of transactions: nobody reads
 * what was taken back; what was committed is there once, whole, in order; an offset has one value, whoever reads it; a
 * reader sees everything between its offsets; no transaction reads, over others, what came of itself.
 */
export function judge(
  transactions: readonly Transaction[],
  stretches: readonly Stretch[],
  end: readonly Seen[],
): Verdict {
  const verdict: Verdict = {
    abortedReads: [],
    lostWrites: [],
    torn: [],
    duplicates: [],
    inconsistentOffsets: [],
    reordered: [],
    skipped: [],
    circularReads: [],
    cyclesOfWrites: 0,
  }
  const writerOf = new Map(transactions.flatMap((txn) => txn.wrote.map(({ value }) => [value, txn] as const)))
  const places = new Map<string, Seen[]>()
  for (const seen of end) places.set(seen.value, [...(places.get(seen.value) ?? []), seen])
  judgeOutcomes(transactions, places, verdict)
  judgeReads([...stretches.flatMap(({ seen }) => seen), ...end], writerOf, verdict)
  judgeStretches(stretches, end, verdict)
  judgeOrder(transactions, places, verdict)
  verdict.circularReads = cycles(transactions, (txn) => txn.read.map((value) => writerOf.get(value)))
  verdict.cyclesOfWrites = cycles(transactions, followersOf(end, writerOf)).length
  return verdict
}

function judgeOutcomes(
  transactions: readonly Transaction[],
  places: ReadonlyMap<string, Seen[]>,
  verdict: Verdict,
): void {
  for (const { id, wrote, outcome } of transactions) {
    const there = wrote.filter(({ value }) => places.has(value))
    if (outcome === 'committed' && there.length < wrote.length) {
      verdict.lostWrites.push(
        `${id} was committed and ${wrote.length - there.length} of ${wrote.length} writes are gone`,
      )
    }
    if (outcome === 'aborted' && there.length > 0) {
      verdict.abortedReads.push(`${id} was aborted and ${there.length} of ${wrote.length} writes are there`)
    }
    if (outcome === 'unknown' && there.length > 0 && there.length < wrote.length) {
      verdict.torn.push(`${there.length} of ${wrote.length} writes of ${id} are there`)
    }
    for (const { value, partition } of there) {
      const found = places.get(value)!
      if (found.length > 1)
        verdict.duplicates.push(`"${value}" is at ${found.map(({ offset }) => offset).join()} of ${partition}`)
      if (found[0]!.partition !== partition)
        verdict.reordered.push(`"${value}" is in ${found[0]!.partition}, not in ${partition}`)
    }
  }
}

function judgeReads(seen: readonly Seen[], writerOf: ReadonlyMap<string, Transaction>, verdict: Verdict): void {
  const valueAt = new Map<string, string>()
  for (const { partition, offset, value } of seen) {
    const place = `${partition}@${offset}`
    const before = valueAt.get(place)
    if (before !== undefined && before !== value)
      verdict.inconsistentOffsets.push(`${place}: "${before}" and "${value}"`)
    valueAt.set(place, value)
    if (writerOf.get(value)?.outcome === 'aborted') verdict.abortedReads.push(`${place}: "${value}" was aborted`)
  }
}

function judgeStretches(stretches: readonly Stretch[], end: readonly Seen[], verdict: Verdict): void {
  const byPartition = new Map<string, Seen[]>()
  for (const each of end) byPartition.set(each.partition, [...(byPartition.get(each.partition) ?? []), each])
  for (const { partition, from, upTo, seen } of stretches) {
    const whole = (byPartition.get(partition) ?? []).filter(({ offset }) => offset >= from && offset < upTo)
    const [a, b] = [seen, whole].map((list) => list.map(({ offset }) => offset).join())
    if (a !== b) verdict.skipped.push(`${partition} from ${from} to ${upTo}: offsets ${a} were read, ${b} are there`)
  }
}

/** Within a partition a producer's values stand in the order in which they were sent. */
function judgeOrder(transactions: readonly Transaction[], places: ReadonlyMap<string, Seen[]>, verdict: Verdict): void {
  const last = new Map<string, number>()
  for (const { producer, wrote } of transactions) {
    for (const { partition, value } of wrote) {
      const offset = places.get(value)?.[0]?.offset
      if (offset === undefined) continue
      const key = `${producer} ${partition}`
      if (offset <= (last.get(key) ?? -1))
        verdict.reordered.push(`"${value}" at ${offset} of ${partition} comes too early`)
      last.set(key, offset)
    }
  }
}

/** Which transactions wrote behind a transaction, in any partition. */
function followersOf(
  end: readonly Seen[],
  writerOf: ReadonlyMap<string, Transaction>,
): (transaction: Transaction) => Iterable<Transaction | undefined> {
  const followers = new Map<Transaction, Set<Transaction>>()
  const previous = new Map<string, Transaction>()
  for (const { partition, value } of end.toSorted((a, b) => a.offset - b.offset)) {
    const writer = writerOf.get(value)
    if (writer === undefined) continue
    const before = previous.get(partition)
    if (before !== undefined && before !== writer) {
      followers.set(before, (followers.get(before) ?? new Set()).add(writer))
    }
    previous.set(partition, writer)
  }
  return (transaction) => followers.get(transaction) ?? []
}

/** A line for each edge that closes a cycle. */
function cycles(
  transactions: readonly Transaction[],
  next: (transaction: Transaction) => Iterable<Transaction | undefined>,
): string[] {
  const found: string[] = []
  const state = new Map<Transaction, 'open' | 'done'>()
  for (const root of transactions) {
    if (state.has(root)) continue
    const path: { txn: Transaction; rest: Iterator<Transaction | undefined> }[] = []
    const enter = (txn: Transaction): void => {
      state.set(txn, 'open')
      path.push({ txn, rest: next(txn)[Symbol.iterator]() })
    }
    enter(root)
    while (path.length > 0) {
      const top = path.at(-1)!
      const { value, done } = top.rest.next()
      if (done === true) {
        state.set(top.txn, 'done')
        path.pop()
      } else if (value !== undefined && value !== top.txn) {
        if (state.get(value) === 'open') found.push(`${top.txn.id} leads back to ${value.id}`)
        else if (!state.has(value)) enter(value)
      }
    }
  }
  return found
}

/** Everything that must not be, as lines. */
export function faults(verdict: Verdict): string[] {
  const { cyclesOfWrites: _, ...kinds } = verdict
  return Object.entries(kinds).flatMap(([kind, lines]) => (lines as string[]).map((line) => `${kind}: ${line}`))
}
