/**
 * `npm run test:interop [-- NAME…]`: the checks that need what Node alone does not bring, other people's clients and the
 * JVM originals among them. Each module in this folder that exports `checks` takes part; names choose modules.
 */
import { readdirSync } from 'node:fs'

import { closingLine, runChecks, type Check } from '../support/check.ts'

const wanted = process.argv.slice(2)
const modules = readdirSync(new URL('.', import.meta.url))
  .filter((name) => name.endsWith('.ts') && name !== 'run.ts')
  .filter((name) => wanted.length === 0 || wanted.includes(name.slice(0, -3)))
  .sort()

const totals = { passed: 0, failed: 0, skipped: 0 }
for (const name of modules) {
  const { checks } = (await import(new URL(name, import.meta.url).href)) as { readonly checks?: readonly Check[] }
  if (checks === undefined) continue
  console.log(`\n== ${name.slice(0, -3)}`)
  const part = await runChecks(checks)
  totals.passed += part.passed
  totals.failed += part.failed
  totals.skipped += part.skipped
}
console.log(`\n${closingLine(totals)}`)
process.exit(totals.failed > 0 || totals.passed === 0 ? 1 : 0)
