/** The package as a stranger gets it: packed, installed into an empty folder, imported and run there. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Check } from '../support/check.ts'
import { command } from '../support/peers.ts'
import { projectRoot } from '../support/sources.ts'

const subpaths = [
  'millrace',
  'millrace/broker',
  'millrace/streams',
  'millrace/streams/testing',
  'millrace/connectors',
  'millrace/connectors/testing',
]

async function inEmptyFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-package-'))
  try {
    await body(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function expectRun(file: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await command(file, args, { cwd, timeoutMs: 300_000 })
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}`)
  return stdout
}

export const checks: readonly Check[] = [
  {
    name: 'the packed tarball installs into an empty folder, every subpath can be imported, and `npx millrace broker` serves',
    run: () =>
      inEmptyFolder(async (folder) => {
        await expectRun('npm', ['pack', '--pack-destination', folder], projectRoot)
        const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!
        writeFileSync(join(folder, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }')
        await expectRun('npm', ['install', '--no-audit', '--no-fund', `./${tarball}`], folder)
        for (const subpath of subpaths) {
          const names = await expectRun(
            'node',
            ['-e', `import('${subpath}').then((m) => console.log(Object.keys(m).length))`],
            folder,
          )
          if (Number(names) < 1) throw new Error(`${subpath} exports nothing`)
        }
        await serves(folder)
      }),
  },
]

/**
 * Starts the installed broker on a free port, waits for its ready line, connects, and stops it. npx passes no signal on
 * to the broker that it runs, so both are one process group, which gets the signal as a whole.
 */
async function serves(folder: string): Promise<void> {
  const child = spawn('npx', ['millrace', 'broker', '--port', '0', '--data', join(folder, 'data')], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  // The broker has the same pipes, so they close when it is gone too.
  const ended = new Promise<number | null>((done) => child.once('close', done))
  try {
    const port = await new Promise<number>((ready, failed) => {
      let out = ''
      let err = ''
      child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString()
        const match = /^ready \S+:(\d+)/m.exec(out)
        if (match) ready(Number(match[1]))
      })
      void ended.then((code) =>
        failed(new Error(`millrace broker ended with ${code} before it was ready\n${out}\n${err}`)),
      )
    })
    await new Promise<void>((connected, failed) => {
      const socket = connect(port, '127.0.0.1', () => (socket.destroy(), connected()))
      socket.on('error', failed)
    })
  } finally {
    signalGroup(child.pid!, 'SIGTERM')
    await ended
  }
}

/** Signals a process and all that it started; nothing when they are gone already. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
