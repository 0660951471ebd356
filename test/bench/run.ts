/**
 * `npm run bench [-- NAME…]`: every module of this folder that exports `run` measures its subject against the peer in the
 * same run and answers a table, which takes its place in the report, `test/bench/REPORT.md`.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { arch, cpus, totalmem } from 'node:os'

/** What a bench answers: Markdown below a heading of its own. */
export interface BenchReport {
  readonly title: string
  readonly markdown: string
  /** True when some of the cases were left out: printed, but not reported. */
  readonly isPart?: boolean
}

const wanted = process.argv.slice(2)
const names = readdirSync(new URL('.', import.meta.url))
  .filter((name) => name.endsWith('.ts') && name !== 'run.ts')
  .map((name) => name.slice(0, -3))
  .filter((name) => wanted.length === 0 || wanted.includes(name))
  .sort()

const machine = `${cpus().length} cores (${cpus()[0]?.model ?? arch()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
const when = new Date().toISOString().slice(0, 10)
const file = new URL('REPORT.md', import.meta.url)
const heading =
  '# Bench report\n\nClient, broker and peer share the cores of the machine; each ratio is from one run.\n\n'
// A section stands below a comment with the name of its module; the others stay as they are.
const [, ...old] = readFileSync(file, 'utf8').split(/^<!-- (\S+) -->\n/m)
const sections = new Map<string, string>()
for (let i = 0; i + 1 < old.length; i += 2) sections.set(old[i]!, old[i + 1]!.trim())

for (const name of names) {
  const { run } = (await import(new URL(`${name}.ts`, import.meta.url).href)) as {
    readonly run?: () => Promise<BenchReport>
  }
  if (run === undefined) continue
  console.log(`== ${name}`)
  const { title, markdown, isPart } = await run()
  console.log(`${markdown}\n`)
  if (isPart === true) continue
  sections.set(name, `## ${title}\n\n${when}, ${machine}.\n\n${markdown.trim()}`)
  const all = [...sections].sort(([a], [b]) => (a < b ? -1 : 1)).map(([each, text]) => `<!-- ${each} -->\n${text}\n`)
  writeFileSync(file, heading + all.join('\n'))
}
