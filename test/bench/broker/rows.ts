/** A figure of both brokers, over all rounds. */
export interface Row {
  readonly what: string
  readonly apache: readonly number[]
  readonly millrace: readonly number[]
  /** The ratio that is to be reached; without it the row only informs. */
  readonly target?: { readonly atLeast: number } | { readonly atMost: number }
}

/** The middle of the figures of all rounds. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const figure = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3))

/** A ratio to nothing is none. */
const ratioText = (ratio: number): string => (Number.isFinite(ratio) ? ratio.toFixed(2) : '-')

/** A line of the report: medians, their ratio, the smallest and largest ratio of a round, and whether the target is met. */
export function rowText({ what, apache, millrace, target }: Row): string {
  const ratio = median(millrace) / median(apache)
  const ratios = millrace.map((value, round) => value / apache[round]!)
  const wanted = target === undefined ? '' : 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`
  const met =
    target === undefined
      ? ''
      : ('atLeast' in target ? ratio >= target.atLeast : ratio <= target.atMost)
        ? 'yes'
        : '**no**'
  const cells = [what, figure(median(apache)), figure(median(millrace)), ratioText(ratio)]
  const spread = ratios.length < 2 ? '' : `${ratioText(Math.min(...ratios))} – ${ratioText(Math.max(...ratios))}`
  return `| ${[...cells, spread, wanted, met].join(' | ')} |`
}

/** Rows as a Markdown table. */
export const table = (rows: readonly Row[]): string =>
  [
    '| | Apache Kafka 4.3.1 | Millrace | ratio | of single rounds | wanted | met |',
    '|---|---|---|---|---|---|---|',
    ...rows.map(rowText),
  ].join('\n')
