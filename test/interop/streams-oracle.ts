import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Unsupported } from '../support/streams-oracle/build.ts'
import type { Case } from '../support/streams-oracle/case.ts'
import { compare } from '../support/streams-oracle/compare.ts'
import { meant } from '../support/streams-oracle/deviations.ts'
import { runCase } from '../support/streams-oracle/run.ts'

/**
 * Replays cases that Kafka Streams' own TopologyTestDriver recorded and compares all of it, step by step. Cases that differ
 * on purpose (streams/README.md) are counted by themselves, as neither passed nor failed:
 *
 *     npm run oracle:streams -- FILE.jsonl… [--show N] [--only ID]
 */
const args = process.argv.slice(2)
const option = (name: string): string | undefined => {
  const at = args.indexOf(name)
  return at < 0 ? undefined : args.splice(at, 2)[1]
}
const show = Number(option('--show') ?? 3)
const only = option('--only')

let passed = 0
let failed = 0
for (const file of args) {
  let shown = 0
  let good = 0
  const reasons = new Map<string, number>()
  const deviations = new Map<string, number>()
  const cases = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Case)
  for (const each of cases) {
    if (only !== undefined && each.id !== only) continue
    const report = check(each)
    if (report === undefined) good++
    else if (typeof report === 'string') deviations.set(report, (deviations.get(report) ?? 0) + 1)
    else {
      failed++
      reasons.set(`${each.variant}: ${report.reason}`, (reasons.get(`${each.variant}: ${report.reason}`) ?? 0) + 1)
      if (shown++ < show) console.log(`${each.id} (${each.variant})\n${report.text}\n`)
    }
  }
  passed += good
  const bad = [...reasons.values()].reduce((sum, count) => sum + count, 0)
  console.log(`${basename(file)}: ${good} passed, ${bad} failed`)
  for (const [reason, count] of reasons) console.log(`    ${count} × ${reason}`)
  for (const [reason, count] of deviations) console.log(`    ${count} differ on purpose: ${reason}`)
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

interface Report {
  readonly reason: string
  readonly text: string
}

/** Undefined if all is equal; why, if it differs on purpose. */
function check(wanted: Case): Report | string | undefined {
  try {
    const got = runCase(wanted)
    const difference = compare(wanted, got)
    if (difference === undefined) return undefined
    const purpose = meant(wanted, got)
    if (purpose !== undefined) return purpose
    const [left, right] = excerpts(difference.wanted, difference.got)
    const text = [
      `  differs in ${difference.where}`,
      `  wanted: ${left}`,
      `  got:    ${right}`,
      ...got.errors.map((error) => `  error:  ${error}`),
    ].join('\n')
    return { reason: difference.where.replace(/ (\d+) .*/, '').replace(/^step.*/, 'step'), text }
  } catch (error) {
    if (error instanceof Unsupported) return { reason: error.message, text: `  ${error.message}` }
    return { reason: String(error).slice(0, 80), text: `  ${(error as Error).stack ?? String(error)}` }
  }
}

/** Both sides as text; long ones only around the place where they part. */
function excerpts(wanted: unknown, got: unknown): readonly [string, string] {
  const print = (side: unknown): string =>
    typeof side === 'string' ? `\n${side}` : (JSON.stringify(side) ?? 'nothing')
  const [a, b] = [print(wanted), print(got)]
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  const cut = (side: string): string =>
    side.length < 2000
      ? side
      : `${at > 200 ? '…' : ''}${side.slice(Math.max(0, at - 200), at + 600)}${at + 600 < side.length ? '…' : ''}`
  return [cut(a), cut(b)]
}
