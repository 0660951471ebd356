/** A declared metric: counters only rise, gauges are set. Names end in their unit. */
export interface MetricRow {
  readonly kind: 'counter' | 'gauge'
  readonly help: string
}

/** The values of a declared table of metrics: plain numbers on one object, so that counting costs an addition. */
export interface Metrics<Name extends string = string> {
  readonly values: Record<Name, number>
  readonly rows: Readonly<Record<Name, MetricRow>>
}

/** Makes a fresh set of values for a table: `metrics.values.broker_appended_bytes_total += n`. */
export function defineMetrics<const Rows extends Readonly<Record<string, MetricRow>>>(
  rows: Rows,
): () => Metrics<keyof Rows & string> {
  return () => ({
    rows: rows as Readonly<Record<keyof Rows & string, MetricRow>>,
    values: Object.fromEntries(Object.keys(rows).map((name) => [name, 0])) as Record<keyof Rows & string, number>,
  })
}
