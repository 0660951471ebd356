import { invalid } from '../errors.ts'
import { streamsErrors } from '../errors.ts'
import { suppress, suppressedGetter } from '../operators/suppress.ts'
import { checkName } from '../topology/naming.ts'
import type { PlanNode } from '../topology/plan.ts'
import type { Duration } from '../operators/duration.ts'
import { durationMs } from '../operators/duration.ts'
import type { NameOption, Parts } from './parts.ts'

/** Final results: nothing comes out before its window has closed, and then once. */
export interface UntilWindowCloses extends NameOption {
  readonly until: 'windowCloses'
  /** Most keys held back at once; above it the task fails. Default: no limit. */
  readonly maxRecords?: number
}

/** Fewer results: an update waits for `limit` of stream time, and later ones of its key take its place meanwhile. */
export interface UntilTimeLimit extends NameOption {
  readonly until: 'timeLimit'
  readonly limit: Duration
  readonly maxRecords?: number
  /** Above the limit: let the oldest go early (default), or fail the task. */
  readonly whenFull?: 'emit' | 'fail'
}

/** How a table holds updates back: until windows are final, or for a time. */
export type Suppression = UntilWindowCloses | UntilTimeLimit

/** Writes a suppression down and returns the parts of the table behind it. */
export function addSuppression(source: Parts, options: Suppression): Parts {
  const { plan, node: before } = source
  if (before.outputVersioned === true) throw invalid(`"${before.name}" is versioned: its rows cannot be held back`)
  const name = options.name === undefined ? plan.naming.processor('KTABLE-SUPPRESS-') : checkName(options.name)
  const final = options.until === 'windowCloses'
  const waitMs = final ? graceOf(before) : durationMs(options.limit, 'suppress limit')
  const { maxRecords = Infinity } = options
  if (maxRecords < 0 || waitMs < 0)
    throw streamsErrors.OPTION_INVALID({ what: 'suppress', problem: 'limits must not be negative' })
  const store = options.name === undefined ? plan.naming.store('KTABLE-SUPPRESS-') : `${name}-store`
  const whenFull = final ? 'fail' : (options.whenFull ?? 'emit')
  const spec = Object.freeze({
    name: store,
    kind: 'suppression' as const,
    key: source.key,
    value: source.value,
    cached: false,
    logged: true,
    logConfig: {},
  })
  const node = plan.add({
    kind: 'processor',
    name,
    parents: [before],
    operator: () => suppress({ store, until: final ? 'windowClose' : 'timeLimit', waitMs, maxRecords, whenFull }),
    store: spec,
    outputVersioned: false,
    demands: [{ table: before, wants: 'force' }],
    table: {
      parents: [before],
      store: spec,
      lazy: false,
      opaque: true,
      view: ([rows]) => suppressedGetter(store, rows!),
    },
  })
  return { ...source, node, name, sources: new Set([source.name]) }
}

/** The grace period of the windows that a table was aggregated over; every way up must lead to some. */
function graceOf(node: PlanNode): number {
  if (node.graceMs !== undefined) return node.graceMs
  if (node.parents.length === 0) {
    throw invalid(
      `suppress until the window closes needs an aggregation over windows before it, "${node.name}" is none`,
    )
  }
  return Math.max(...node.parents.map(graceOf))
}
