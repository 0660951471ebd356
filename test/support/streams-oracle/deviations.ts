import type { Case, Json } from './case.ts'
import type { Outcome } from './run.ts'

/** Why a case that differs differs on purpose; undefined if it should not. */
export function meant(wanted: Case, got: Outcome): string | undefined {
  const lossy = wanted.group === 'retention' && wanted.variant.endsWith('-close')
  if (!lossy || got.steps.length !== wanted.steps.length) return undefined
  const kept = wanted.steps.every(({ out }, i) => contains(got.steps[i]!.out ?? [], out ?? []))
  return kept ? 'final results of windows that Kafka loses when time jumps past the retention' : undefined
}

/** All of `few` in `many`, in that order. */
function contains(many: readonly Json[], few: readonly Json[]): boolean {
  let found = 0
  for (const each of many) if (found < few.length && JSON.stringify(each) === JSON.stringify(few[found])) found++
  return found === few.length
}
