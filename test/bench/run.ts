/**
 * `npm run bench [-- NAME…]`: every module of this folder that exports `run` measures its subject against the peer in the
 * same run and answers a table; all tables together become the report, `test/bench/REPORT.md`.
 */
import { readdirSync, writeFileSync } from 'node:fs'
import { arch, cpus, totalmem } from 'node:os'

/** What a bench answers: Markdown below a heading of its own. */
export interface BenchReport {
  readonly title: string
  readonly markdown: string
}

const wanted = process.argv.slice(2)
const names = readdirSync(new URL('.', import.meta.url))
  .filter((name) => name.endsWith('.ts') && name !== 'run.ts')
  .map((name) => name.slice(0, -3))
  .filter((name) => wanted.length === 0 || wanted.includes(name))
  .sort()

const machine = `${cpus().length} cores (${cpus()[0]?.model ?? arch()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
const sections = [
  `# Bench report\n\n${new Date().toISOString().slice(0, 10)}, ${machine}. Client, broker and peer share these cores; each ratio is from one run.\n`,
]
for (const name of names) {
  const { run } = (await import(new URL(`${name}.ts`, import.meta.url).href)) as {
    readonly run?: () => Promise<BenchReport>
  }
  if (run === undefined) continue
  console.log(`== ${name}`)
  const { title, markdown } = await run()
  console.log(`${markdown}\n`)
  sections.push(`## ${title}\n\n${markdown}\n`)
}
const report = new URL('REPORT.md', import.meta.url)
if (wanted.length === 0) writeFileSync(report, sections.join('\n'))
