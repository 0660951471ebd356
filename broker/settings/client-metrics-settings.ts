import { between } from '#core/config/checks.ts'
import { defineConfig, int, list } from '#core/config/define.ts'

/** By what a client can be chosen, as clients tell it. */
const matchable = new Set([
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
])

/** What is wrong with `key=pattern`; undefined when it can be used. */
function problemOf(text: string): string | undefined {
  const at = text.indexOf('=')
  if (at <= 0 || !matchable.has(text.slice(0, at).trim()))
    return `"${text}" must be KEY=PATTERN with a key of ${[...matchable].join(', ')}`
  try {
    RegExp(text.slice(at + 1).trim())
    return undefined
  } catch (error) {
    return `"${text}" holds no pattern: ${(error as Error).message}`
  }
}

/** Settings of a subscription to metrics of clients, by Apache Kafka's names. */
export const clientMetricsDefinition = defineConfig({
  'interval.ms': int({
    doc: 'How often chosen clients send their metrics, in ms.',
    default: 300_000,
    check: between(100, 3_600_000),
  }),
  match: list({
    doc: 'Which clients are chosen, as KEY=PATTERN; none: all of them.',
    default: [],
    check: (value) => value.map(problemOf).find((problem) => problem !== undefined),
  }),
  metrics: list({ doc: 'Prefixes of the names of the metrics to send; * for all.', default: [] }),
})
