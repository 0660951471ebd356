/** The main job on real logs: on the bundled broker and on Apache Kafka it must say the same of every line. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'

import { Skipped, type Check } from '../support/check.ts'
import { command, withKafka } from '../support/peers.ts'
import { projectRoot } from '../support/sources.ts'

const logs = resolve(process.env['LOGS'] ?? join(projectRoot, '..', 'shared', 'data', 'logs'))
const example = join(projectRoot, 'examples', 'log-pulse')

function logFiles(): string[] {
  if (!existsSync(logs)) throw new Skipped('no logs here: they are looked for in LOGS or ../shared/data/logs')
  return readdirSync(logs)
    .filter((name) => name.endsWith('.log'))
    .map((name) => join(logs, name))
}

/** Lines of a file: a last one without line end counts. */
const linesOf = (file: string): number => {
  const text = readFileSync(file, 'latin1')
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}

interface Row {
  readonly source: string
  readonly level: string
  readonly from: string
  readonly lines: number
}

/** Runs the job as it was built, with a broker section laid over the example's file; the rows it wrote, sorted. */
async function runJob(broker: Record<string, string>): Promise<{ rows: string[]; printed: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-main-job-'))
  try {
    const pipeline = JSON.parse(readFileSync(join(example, 'pipeline.json'), 'utf8')) as {
      streams: { module: string }[]
      view: { module: string }
    }
    for (const each of [...pipeline.streams, pipeline.view]) each.module = resolve(example, each.module)
    writeFileSync(join(folder, 'pipeline.json'), JSON.stringify({ ...pipeline, broker }))
    const { code, stdout, stderr } = await command(
      'node',
      [join(projectRoot, 'dist', 'millrace.js'), 'up', 'pipeline.json', ...logFiles()],
      { cwd: folder, timeoutMs: 180_000 },
    )
    if (code !== 0) throw new Error(`millrace up ended with ${code}\n${stdout}\n${stderr}`)
    return {
      rows: readFileSync(join(folder, 'out', 'windows.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
        .sort(),
      printed: stdout,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Every line of every file is counted in a window or reported as unparsable. */
function accountFor({ rows, printed }: { rows: readonly string[]; printed: string }): void {
  const counted = new Map<string, number>()
  for (const row of rows.map((each) => JSON.parse(each) as Row))
    counted.set(row.source, (counted.get(row.source) ?? 0) + row.lines)
  for (const file of logFiles()) {
    const line = printed.split('\n').find((each) => each.includes(basename(file)))
    const [, read, inWindows, unparsable] = /\.log\D+(\d+)\D+(\d+)\D+(\d+)/.exec(line ?? '') ?? []
    const [expected, sum] = [linesOf(file), Number(inWindows) + Number(unparsable)]
    if (Number(read) !== expected || sum !== expected || counted.get(file) !== Number(inWindows)) {
      throw new Error(
        `${basename(file)} has ${expected} lines; printed: ${line}; in windows.jsonl: ${counted.get(file)}`,
      )
    }
  }
}

let bundled: string[] | undefined

export const checks: readonly Check[] = [
  {
    name: 'the main job accounts for every line of the real logs',
    async run() {
      const result = await runJob({})
      accountFor(result)
      bundled = result.rows
      console.log(result.printed.trimEnd().split('\n').slice(-2).join('\n'))
    },
  },
  {
    name: 'the main job on Apache Kafka gives the same windows as on the bundled broker',
    async run() {
      bundled ??= (await runJob({})).rows
      const onKafka = await withKafka((bootstrap) => runJob({ 'bootstrap.servers': bootstrap }))
      accountFor(onKafka)
      if (onKafka.rows.length !== bundled.length || onKafka.rows.some((row, index) => row !== bundled![index])) {
        throw new Error(
          `${onKafka.rows.length} rows on Apache Kafka, ${bundled.length} on the bundled broker, or not the same ones`,
        )
      }
    },
  },
]
