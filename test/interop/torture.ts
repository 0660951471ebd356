/**
 * `npm run test:torture [-- --runs 100] [--messages 200] [--seed N] [--only codec|kill|torn]`: random messages through
 * Apache Kafka's own classes and back, a broker killed at random moments under an idempotent producer, and logs cut at
 * every byte. Prints figures; the last line is `N passed, N failed`.
 */
import { fileURLToPath } from 'node:url'

import { closingLine } from '../support/check.ts'
import { codecRuns } from '../support/codec-runs.ts'
import { killRuns } from '../support/kill-runs.ts'
import { tornTails } from '../support/torn-tails.ts'

const option = (name: string, otherwise: string): string => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : (process.argv[at + 1] ?? otherwise)
}

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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const seed = Number(option('seed', String(Date.now() % 1_000_000_000)))
  const only = option('only', 'all')
  const totals = { passed: 0, failed: 0, skipped: 0 }
  const judge = async (name: string, run: () => Promise<boolean>): Promise<void> => {
    if (only !== 'all' && only !== name) return
    if (await run()) totals.passed++
    else totals.failed++
  }
  await judge('codec', () => codec(Number(option('messages', '200')), seed))
  await judge('kill', () => kill(Number(option('runs', '100')), seed))
  await judge('torn', () => torn(seed))
  console.log(closingLine(totals))
  process.exit(totals.failed > 0 || totals.passed === 0 ? 1 : 0)
}
