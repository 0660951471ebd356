import { serdes } from 'millrace'
import { StreamsBuilder, topic, windows, type Topology } from 'millrace/streams'

import { parseLine } from './parse.ts'

/** Lines of one source in one window, by level. */
export type Levels = Record<string, number>

/** One row of the result: how many lines of a level a source wrote in ten seconds. Times in ISO 8601. */
export interface Pulse {
  readonly source: string
  readonly level: string
  readonly from: string
  readonly to: string
  readonly lines: number
}

/** A line that says neither when nor how urgent. */
export interface Unparsable {
  readonly source: string
  readonly line: string
}

// The key of a line is the file it came from.
const lines = topic('log-lines', {
  key: serdes.string,
  value: serdes.string,
  timestamp: ({ value, key, timestamp }) => parseLine(value, key)?.time ?? timestamp,
})
const pulses = topic('log-windows', { key: serdes.string, value: serdes.json<Pulse>() })
const unparsable = topic('log-unparsable', { key: serdes.string, value: serdes.json<Unparsable>() })

const iso = (time: number): string => new Date(time).toISOString()

/** Counts lines per source and level in ten-second windows of event time; each window comes out once, when it closes. */
export default function logPulse({ settings }: { settings: Readonly<Record<string, unknown>> }): Topology {
  const builder = new StreamsBuilder()
  const read = builder.stream(lines)
  const parsed = read.filter((line, file) => parseLine(line, file) !== undefined)

  read
    .filterNot((line, file) => parseLine(line, file) !== undefined)
    .mapValues((line, source): Unparsable => ({ source, line }))
    .to(unparsable)

  parsed
    .mapValues((line, file) => parseLine(line, file)!.level)
    .groupByKey({ value: serdes.string })
    .windowedBy(windows.tumbling('10s', { grace: String(settings['grace'] ?? '1m') as '1m' }))
    .aggregate({
      init: (): Levels => ({}),
      add: (levels, level) => ({ ...levels, [level]: (levels[level] ?? 0) + 1 }),
      store: 'levels',
      value: serdes.json<Levels>(),
    })
    .suppress({ until: 'windowCloses' })
    .toStream()
    .flatMap((levels, { key: source, start, end }) =>
      Object.entries(levels).map(([level, count]): [string, Pulse] => [
        source,
        { source, level, from: iso(start), to: iso(end), lines: count },
      ]),
    )
    .to(pulses)

  return builder.build()
}
