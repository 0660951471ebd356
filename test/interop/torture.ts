/**
 * `npm run test:torture [-- --only NAME] [--seed N] …`: `codec`: random messages through Apache Kafka's own classes and back
 * (`--messages 200` of every version); `kill`: a broker killed at random moments under an idempotent producer (`--runs 100`);
 * `torn`: logs cut at every byte; `power`: the power cut (`--cuts 50`); `damage`: damaged files (`--directories 5000`, and a broker on every fiftieth);
 * `copier`: Kafka's transactional copier while the broker is killed (`--runs 100` times, at most `--seconds 300`); `late`: ends of
 * transactions that come late or twice; `storm`: 50 members that come and go (`--seconds`, at most 600); `restarts`: static members.
 * `history`: transactions v1 and v2 under kills, judged by what everybody saw (`--seconds`, at most 7200).
 * Prints figures; the last line is `N passed, N failed`.
 */
import { fileURLToPath } from 'node:url'

import { Skipped, closingLine } from '../support/check.ts'
import { codecRuns } from '../support/codec-runs.ts'
import { copier, late, restarts, storm } from '../support/coordinator-torture.ts'
import { brokerDamageRuns } from '../support/broker-damage-runs.ts'
import { damageRuns } from '../support/damage-runs.ts'
import { killRuns } from '../support/kill-runs.ts'
import { faults } from '../support/transaction-history.ts'
import { transactionRuns } from '../support/transaction-runs.ts'
import { options } from '../support/options.ts'
import { powerRuns } from '../support/power-runs.ts'
import { tornTails } from '../support/torn-tails.ts'

const middle = (values: readonly number[], share: number): string =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]?.toFixed(0) ?? '-'

async function codec(perVersion: number, seed: number): Promise<boolean> {
  console.log(`codec against Java: ${perVersion} random messages of every version, seed ${seed}`)
  const figures = await codecRuns(perVersion, seed, (done, all) => console.log(`  ${done} of ${all} versions`))
  const { versions, messages, bytes, differences } = figures
  console.log(`  ${versions} versions of messages, ${messages} messages, ${bytes} bytes, ${differences.length} differ`)
  for (const each of differences.slice(0, 20)) console.log(`  ${each}`)
  return differences.length === 0
}

async function kill(runs: number, seed: number): Promise<boolean> {
  console.log(`kill -9 at random moments: ${runs} runs, seed ${seed}`)
  const started = Date.now()
  const figures = await killRuns(runs, seed, ({ runs: done, acknowledged, missing, duplicates, misplaced }) => {
    if (done % 10 === 0)
      console.log(
        `  ${done} runs: ${acknowledged} acknowledged, ${missing} missing, ${duplicates} duplicates, ${misplaced} misplaced`,
      )
  })
  const { acknowledged, unanswered, missing, duplicates, misplaced, commits, commitsLost, readyMs } = figures
  console.log(`  ${figures.runs} runs in ${((Date.now() - started) / 1000).toFixed(0)} s`)
  console.log(`  records acknowledged ${acknowledged}, unanswered ${unanswered}`)
  console.log(`  acknowledged records missing ${missing}, duplicates ${duplicates}, misplaced ${misplaced}`)
  console.log(`  offset commits acknowledged ${commits}, lost ${commitsLost}`)
  console.log(
    `  from start of the process to serving: median ${middle(readyMs, 0.5)} ms, p99 ${middle(readyMs, 0.99)} ms`,
  )
  return missing + duplicates + misplaced + commitsLost === 0 && acknowledged > runs * 10
}

async function torn(seed: number): Promise<boolean> {
  console.log(`torn tails: every byte of the last three batches, seed ${seed}`)
  const { cuts, wrong } = await tornTails(seed, (done, all) => console.log(`  ${done} of ${all} cuts`))
  console.log(`  ${cuts} cuts, ${cuts - wrong.length} served exactly the intact prefix and went on from it`)
  for (const each of wrong.slice(0, 20)) console.log(`  ${each}`)
  return wrong.length === 0
}

async function power(runs: number, seed: number): Promise<boolean> {
  console.log(`power cuts: ${runs} histories of three lives each, seed ${seed}`)
  const every = await powerRuns(runs, seed, 'always', ({ runs: done }) => {
    if (done % 25 === 0) console.log(`  ${done} histories`)
  })
  console.log(
    `  flush=always: ${every.lives} cuts, ${every.acknowledged} acknowledged, ${every.missing} missing, ` +
      `${every.duplicates} duplicates, ${every.commits} commits, ${every.commitsLost} lost`,
  )
  const none = await powerRuns(Math.ceil(runs / 5), seed, 'never', () => {})
  console.log(
    `  flush=never, for comparison: ${none.lives} cuts, ${none.acknowledged} acknowledged, ${none.missing} gone, ` +
      `${none.commits} commits, ${none.commitsLost} gone`,
  )
  const problems = [...every.problems, ...none.problems]
  for (const each of problems.slice(0, 20)) console.log(`  ${each}`)
  return problems.length === 0 && every.acknowledged > runs * 20
}

async function damage(directories: number, seed: number): Promise<boolean> {
  console.log(`damaged directories: ${directories}, seed ${seed}`)
  const figures = await damageRuns(directories, seed, ({ directories: done }) => {
    if (done % 5000 === 0) console.log(`  ${done} directories`)
  })
  const brokers = await brokerDamageRuns(Math.ceil(directories / 50), seed)
  const { served, reported, refused, batches, unreadable } = figures
  const problems = [...figures.problems, ...brokers.problems]
  console.log(
    `  ${served} logs served ${batches} batches and reported ${unreadable} offsets, ${reported} logs were reported, ` +
      `${refused} directories refused; brokers: ${brokers.started} started, ${brokers.refused} named a file; ` +
      `${problems.length} did neither as they should`,
  )
  for (const each of problems.slice(0, 20)) console.log(`  ${each}`)
  return problems.length === 0 && served > directories
}

async function history(seconds: number, seed: number): Promise<boolean> {
  console.log(`a history of transactions under kills: ${seconds} s, seed ${seed}`)
  const figures = await transactionRuns(seconds, seed, (transactions, kills) => {
    if (kills % 20 === 0) console.log(`  ${transactions} transactions, ${kills} kills`)
  })
  const { transactions, committed, aborted, unknown, writes, reads, kills, verdict, hanging } = figures
  const found = [...faults(verdict), ...hanging]
  console.log(
    `  ${transactions} transactions (${committed} committed, ${aborted} aborted, ${unknown} unknown), ${writes} writes, ` +
      `${reads} reads, ${kills} kills: ${found.length} faults; cycles of writes, which Kafka allows: ${verdict.cyclesOfWrites}`,
  )
  for (const each of found.slice(0, 20)) console.log(`  ${each}`)
  return found.length === 0 && committed > 0 && kills > 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = options({
    seed: String(Date.now() % 1_000_000_000),
    only: 'all',
    messages: '200',
    runs: '100',
    cuts: '50',
    directories: '5000',
    seconds: '300',
  })
  const { only } = option
  const seed = Number(option.seed)
  const totals = { passed: 0, failed: 0, skipped: 0 }
  const judge = async (name: string, run: () => Promise<boolean>): Promise<void> => {
    if (only !== 'all' && only !== name) return
    try {
      if (await run()) totals.passed++
      else totals.failed++
    } catch (error) {
      if (!(error instanceof Skipped)) throw error
      totals.skipped++
      console.log(`SKIP  ${name}: ${error.message}`)
    }
  }
  await judge('codec', () => codec(Number(option.messages), seed))
  await judge('kill', () => kill(Number(option.runs), seed))
  await judge('torn', () => torn(seed))
  await judge('power', () => power(Number(option.cuts), seed))
  await judge('damage', () => damage(Number(option.directories), seed))
  const seconds = Number(option.seconds)
  await judge('copier', () => copier(Number(option.runs), seconds, seed))
  await judge('late', () => late(Math.min(20_000, seconds * 100), seed))
  await judge('storm', () => storm(50, Math.min(600, seconds), seed))
  await judge('history', () => history(Math.min(7200, seconds), seed))
  await judge('restarts', () => restarts(100, seed))
  console.log(closingLine(totals))
  process.exit(totals.failed > 0 || totals.passed === 0 ? 1 : 0)
}
