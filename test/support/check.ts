/** A check outside `npm test`: it needs something that Node alone does not bring. */
export interface Check {
  readonly name: string
  run(): Promise<void>
}

/** Thrown by a check that cannot run here; the reason is printed and counted, never swallowed. */
export class Skipped extends Error {
  override readonly name = 'Skipped'
}

/** Runs checks one after another and prints a line for each; returns how many passed, failed and were skipped. */
export async function runChecks(
  checks: readonly Check[],
): Promise<{ passed: number; failed: number; skipped: number }> {
  const totals = { passed: 0, failed: 0, skipped: 0 }
  for (const check of checks) {
    const start = Date.now()
    try {
      await check.run()
      totals.passed++
      console.log(`ok    ${check.name} (${((Date.now() - start) / 1000).toFixed(1)} s)`)
    } catch (error) {
      if (error instanceof Skipped) {
        totals.skipped++
        console.log(`SKIP  ${check.name}: ${error.message}`)
      } else {
        totals.failed++
        console.log(`FAIL  ${check.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      }
    }
  }
  return totals
}

/** The line that ends a run: `N passed, N failed`, and how many were skipped when any were. */
export function closingLine(totals: { passed: number; failed: number; skipped: number }): string {
  const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''
  return `${totals.passed} passed, ${totals.failed} failed${skipped}`
}
