import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

import { seededRandom } from '../../../../core/ports/random.ts'
import { temporaryFolder } from '../../../support/temporary.ts'

const script = fileURLToPath(new URL('../../../support/file-sink-process.ts', import.meta.url))
const records = 10_000

/** Runs the writer and kills it so many ms after it began; true when it was done before that. */
function runAndKill(file: string, mostBytes: number, ms: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const args = ['--conditions=source', '--import', 'tsx', script, file, String(records), String(mostBytes)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stderr.on('data', (bytes: Buffer) => (errors += bytes))
    child.stdout.on('data', (bytes: Buffer) => {
      const begun = output === ''
      output += bytes
      if (begun) setTimeout(() => child.kill('SIGKILL'), ms)
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(`the writer ended with ${code}: ${errors}`))
      else resolve(output.includes('done'))
    })
  })
}

/** Every line of the files, those put aside first. */
function linesIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.txt'))
  const ordered = names.toSorted((a, b) => Number(a === 'out.txt') - Number(b === 'out.txt') || (a < b ? -1 : 1))
  return ordered.flatMap((name) => {
    const text = readFileSync(join(folder, name), 'utf8')
    expect(text === '' || text.endsWith('\n')).toBe(true)
    return text.split('\n').slice(0, -1)
  })
}

/** Kills the writer so often, lets it finish, and looks at what it wrote. */
async function torture(folder: string, mostBytes: number, times: number): Promise<void> {
  const random = seededRandom(mostBytes)
  const file = join(folder, 'out.txt')
  for (let kills = 0; !(await runAndKill(file, mostBytes, kills < times ? random.next() * 60 : 30_000)); kills++);
  const next = [0, 0, 0]
  for (const line of linesIn(folder)) {
    const [partition, offset, filler] = line.split(' ')
    expect([Number(offset), filler!.length]).toEqual([next[Number(partition)]!++, (Number(offset) * 7) % 90])
  }
  expect(next).toEqual([records, records, records])
}

// Each start of a process costs half a second of CPU; more kills, with a whole worker, are in the interop checks.
describe('the file sink, killed again and again', () => {
  it('writes every line exactly once, into one file and into many', { timeout: 60_000 }, async () => {
    await Promise.all([torture(temporaryFolder(), Number.MAX_SAFE_INTEGER, 1), torture(temporaryFolder(), 8_000, 3)])
  })
})
