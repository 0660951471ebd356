import Table from 'cli-table3'
import { basename } from 'node:path'

import type { ConsumerRecord } from 'millrace'
import type { Pulse, Unparsable } from './topology.ts'

/** What became of the lines of one file. */
interface Source {
  read: number
  counted: number
  unparsable: number
  windows: Set<string>
  levels: Map<string, number>
}

/** Watches the topics of the pipeline: a live table on a terminal, plain lines elsewhere, a summary at the end. */
export default function view({
  out,
  follow,
  directory,
}: {
  out: NodeJS.WriteStream
  follow: boolean
  directory: string
}) {
  const sources = new Map<string, Source>()
  const live = out.isTTY
  let drawn = 0
  let lastLine = ''

  const sourceOf = (file: string): Source => {
    let source = sources.get(file)
    if (!source)
      sources.set(file, (source = { read: 0, counted: 0, unparsable: 0, windows: new Set(), levels: new Map() }))
    return source
  }

  const table = (): string => {
    const rows = new Table({
      head: ['file', 'lines', 'counted', 'unparsable', 'windows', 'levels'],
      style: live ? {} : { head: [], border: [] },
      colAligns: ['left', 'right', 'right', 'right', 'right', 'left'],
    })
    for (const [file, source] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const levels = [...source.levels].sort(([, a], [, b]) => b - a).map(([level, count]) => `${level} ${count}`)
      rows.push([
        basename(file),
        source.read,
        source.counted,
        source.unparsable,
        source.windows.size,
        levels.join('  '),
      ])
    }
    return rows.toString()
  }

  const totals = (): { read: number; counted: number; unparsable: number } => {
    const sum = { read: 0, counted: 0, unparsable: 0 }
    for (const source of sources.values()) {
      sum.read += source.read
      sum.counted += source.counted
      sum.unparsable += source.unparsable
    }
    return sum
  }

  const draw = (text: string): void => {
    const up = drawn > 0 ? `\x1b[${drawn}A\x1b[J` : ''
    out.write(`${up}${text}\n`)
    drawn = text.split('\n').length
  }

  return {
    record({ topic, key, value }: ConsumerRecord): void {
      const source = sourceOf(key!.toString())
      if (topic === 'log-lines') {
        source.read++
      } else if (topic === 'log-unparsable') {
        source.unparsable++
        if (!live && follow) out.write(`unparsable: ${(JSON.parse(value!.toString()) as Unparsable).line}\n`)
      } else {
        const pulse = JSON.parse(value!.toString()) as Pulse
        source.counted += pulse.lines
        source.windows.add(pulse.from)
        source.levels.set(pulse.level, (source.levels.get(pulse.level) ?? 0) + pulse.lines)
        if (!live && follow) out.write(`${pulse.from} ${basename(pulse.source)} ${pulse.level} ${pulse.lines}\n`)
      }
    },

    refresh(): void {
      const { read, counted, unparsable } = totals()
      if (live) return draw(`${table()}\n${read} lines read, ${counted} counted, ${unparsable} unparsable`)
      const line = `${read} lines read, ${counted} counted, ${unparsable} unparsable`
      if (line !== lastLine) out.write(`${line}\n`)
      lastLine = line
    },

    close(): boolean {
      const { read, counted, unparsable } = totals()
      if (live) draw(table())
      else out.write(`${table()}\n`)
      out.write(
        `${read} lines read = ${counted} counted + ${unparsable} unparsable + ${read - counted - unparsable} ${follow ? 'in windows still open' : 'lost'}\n`,
      )
      out.write(`windows are in ${directory}/windows.jsonl\n`)
      if (sources.size === 0) out.write('no lines: name log files, as in `npm start -- /var/log/*.log`\n')
      return follow || read === counted + unparsable
    },
  }
}
