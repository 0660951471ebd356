import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { projectRoot } from './support/sources.ts'

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const tsx = join(projectRoot, 'node_modules/.bin/tsx')

/** Runs a file of the project from source, as a user would run the built one. */
const fromSource = (args: readonly string[], cwd: string): Promise<Outcome> =>
  new Promise((done) => {
    execFile(tsx, ['--conditions=source', ...args], { cwd, timeout: 60_000 }, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    )
  })

const millrace = join(projectRoot, 'millrace.ts')
const logPulse = join(projectRoot, 'examples/log-pulse/pipeline.json')

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-examples-'))))
afterAll(() => rmSync(folder, { recursive: true }))

describe('examples', () => {
  it('word-count prints what its README shows', async () => {
    const { code, stdout, stderr } = await fromSource([join(projectRoot, 'examples/word-count/main.ts')], folder)
    const shown = /```\n([\s\S]*?)```/.exec(
      readFileSync(join(projectRoot, 'examples/word-count/README.md'), 'utf8'),
    )![1]
    expect(stderr).toBe('')
    expect(stdout).toBe(shown)
    expect(code).toBe(0)
  }, 60_000)

  it('broker-in-tests tests an application', async () => {
    const { code, stdout, stderr } = await fromSource(
      [join(projectRoot, 'examples/broker-in-tests/with-node-test.ts')],
      folder,
    )
    expect(stderr).not.toMatch(/Error/)
    expect(stdout).toMatch(/pass 1/)
    expect(code).toBe(0)
  }, 60_000)

  it('log-pulse accounts for every line, and its windows hold the counts', async () => {
    const apache = [
      '[Sun Dec 04 04:47:44 2005] [notice] one',
      '[Sun Dec 04 04:47:49 2005] [error] two',
      'no time at all',
      '[Sun Dec 04 04:47:51 2005] [error] next window',
      // An hour late: windows wait long enough for merged logs.
      '[Sun Dec 04 03:47:45 2005] [notice] late',
    ]
    const hadoop = [
      '2015-10-18 18:01:47,978 INFO [main] a',
      '\tat a.stack.Frame',
      '2015-10-18 18:01:48,963 WARN [main] b',
    ]
    writeFileSync(join(folder, 'apache.log'), apache.join('\r\n'))
    writeFileSync(join(folder, 'hadoop.log'), hadoop.join('\n') + '\n')
    const { code, stdout, stderr } = await fromSource([millrace, 'up', logPulse, join(folder, '*.log')], folder)
    expect(stderr).toBe('')
    expect(stdout).toContain('8 lines read = 6 counted + 2 unparsable + 0 lost')
    expect(code).toBe(0)
    const rows = readFileSync(join(folder, 'out/windows.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const row = (file: string, level: string, from: string, to: string, lines: number) => ({
      source: join(folder, file),
      level,
      from,
      to,
      lines,
    })
    expect(rows).toHaveLength(6)
    expect(rows).toEqual(
      expect.arrayContaining([
        row('apache.log', 'notice', '2005-12-04T04:47:40.000Z', '2005-12-04T04:47:50.000Z', 1),
        row('apache.log', 'error', '2005-12-04T04:47:40.000Z', '2005-12-04T04:47:50.000Z', 1),
        row('apache.log', 'error', '2005-12-04T04:47:50.000Z', '2005-12-04T04:48:00.000Z', 1),
        row('apache.log', 'notice', '2005-12-04T03:47:40.000Z', '2005-12-04T03:47:50.000Z', 1),
        row('hadoop.log', 'info', '2015-10-18T18:01:40.000Z', '2015-10-18T18:01:50.000Z', 1),
        row('hadoop.log', 'warn', '2015-10-18T18:01:40.000Z', '2015-10-18T18:01:50.000Z', 1),
      ]),
    )
  }, 60_000)

  it('log-pulse says what to do when there is nothing to read', async () => {
    const { code, stdout, stderr } = await fromSource([millrace, 'up', logPulse, join(folder, 'none*.txt')], folder)
    expect(stdout + stderr).toContain('name log files')
    expect(code).toBe(0)
  }, 60_000)

  it('log-pulse ends with the name of a file that is not there', async () => {
    const { code, stderr } = await fromSource([millrace, 'up', logPulse, join(folder, 'nosuch.log')], folder)
    expect(stderr).toContain(`cannot read "${join(folder, 'nosuch.log')}": there is no such file`)
    expect(code).toBe(1)
  }, 60_000)
})
