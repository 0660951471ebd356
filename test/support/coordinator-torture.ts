/** The parts of the torture that are about transactions and groups: each prints its figures and says whether they are as they must be. */
import { copierRuns } from './copier-runs.ts'
import { lateEnds } from './late-ends.ts'
import { rebalanceStorm } from './rebalance-storm.ts'
import { staticRestarts } from './static-restarts.ts'

/** Transactions copied while the broker is killed and started again, at most so often and for so long. */
export async function copier(rounds: number, seconds: number, seed: number): Promise<boolean> {
  console.log(`transactions copied while the broker is killed: ${rounds} rounds or ${seconds} s, seed ${seed}`)
  const started = Date.now()
  const figures = await copierRuns(rounds, seconds, seed, ({ rounds: done, copiers, input }) => {
    if (done % 10 === 0) console.log(`  ${done} rounds: ${copiers} copiers, ${input} records to be copied`)
  })
  const { input, copied, missing, duplicates, misplaced, unread, stuck, hanging } = figures
  console.log(`  ${figures.rounds} rounds in ${((Date.now() - started) / 1000).toFixed(0)} s`)
  console.log(`  ${figures.copiers} copiers, ${figures.gaveUp} gave up and were followed by another one`)
  console.log(`  ${input} records copied to ${copied}: ${missing} missing, ${duplicates} twice, ${misplaced} misplaced`)
  console.log(`  ${unread} records of transactions that did not end well, none of them read`)
  console.log(`  last stable offset ${stuck} behind, ${hanging} hanging transactions`)
  return missing + duplicates + misplaced + stuck + hanging === 0 && figures.rounds > 0 && unread > 0
}

/** Ends of transactions and their markers that arrive late or twice. */
export async function late(records: number, seed: number): Promise<boolean> {
  console.log(`ends of transactions that come late or twice: ${records} records, seed ${seed}`)
  const figures = await lateEnds(records, seed)
  const { ends, doubled, delayed, markers, refused, missing, duplicates, misplaced, stuck, hanging } = figures
  console.log(`  ${ends} ends, ${doubled} sent twice, ${delayed} kept back until the client had asked again`)
  console.log(`  ${markers} markers sent again during the next transaction, ${refused} refused`)
  console.log(`  ${figures.copied} records read: ${missing} missing, ${duplicates} twice, ${misplaced} misplaced`)
  console.log(`  last stable offset ${stuck} behind, ${hanging} hanging transactions`)
  const torn = missing + duplicates + misplaced
  return torn + stuck + hanging === 0 && refused === markers && markers > 0 && doubled > 0 && delayed > 0
}

/** Members that join, commit, leave and crash, for so long under each protocol. */
export async function storm(members: number, seconds: number, seed: number): Promise<boolean> {
  let isWell = true
  for (const protocol of ['classic', 'consumer'] as const) {
    console.log(`rebalance storm: ${members} members of the ${protocol} protocol for ${seconds} s, seed ${seed}`)
    const ledger = await rebalanceStorm(protocol, members, seconds, seed)
    const { joins, crashes, rebalances, commits, fetches, violations } = ledger
    const what = protocol === 'classic' ? 'generations' : 'assignments'
    console.log(
      `  ${joins} joined, ${crashes} crashed, ${rebalances} ${what}, ${commits} offsets committed, ${fetches} fetched`,
    )
    console.log(`  ${violations.length} partitions with two owners, offsets gone back or zeros served`)
    for (const each of violations.slice(0, 20)) console.log(`  ${each}`)
    isWell &&= violations.length === 0 && rebalances > 1 && commits > members && fetches > members
  }
  return isWell
}

/** Static members that restart within their session. */
export async function restarts(count: number, seed: number): Promise<boolean> {
  let isWell = true
  for (const protocol of ['classic', 'consumer'] as const) {
    const { rebalances, moved } = await staticRestarts(protocol, 10, count, seed)
    console.log(
      `static members of the ${protocol} protocol: ${count} restarts, ${rebalances} rebalances, ${moved} moved, seed ${seed}`,
    )
    isWell &&= rebalances + moved === 0
  }
  return isWell
}
