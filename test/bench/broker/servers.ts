import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePort, kafkaTool } from '../../support/peers.ts'
import { projectRoot } from '../../support/sources.ts'

/** A broker under measurement, ours or Apache's. It keeps its port and directory over restarts. */
export interface Server {
  readonly name: 'millrace' | 'apache'
  readonly bootstrap: string
  /** Starts the process; resolves with the time from there until it served, ms. */
  start(): Promise<number>
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
  /** A clean stop. */
  stop(): Promise<void>
  /** User and system time of the process so far, s. */
  cpuSeconds(): number
  rssMib(): number
  /** Stops it and removes its directory. */
  remove(): Promise<void>
}

const cpuSecondsOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
const rssMibOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024

/** Our broker as it is shipped: built, in a process of its own. */
export async function millrace(settings: readonly string[] = []): Promise<Server> {
  const port = await freePort()
  const data = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const args = [join(projectRoot, 'dist/millrace.js'), 'broker', '--port', String(port), '--data', data]
  let child: ChildProcess
  let ended: Promise<void> = Promise.resolve()
  const end = (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    return ended
  }
  const stop = (): Promise<void> => end('SIGTERM')
  return {
    name: 'millrace',
    bootstrap: `127.0.0.1:${port}`,
    async start() {
      const begin = performance.now()
      const started = spawn(process.execPath, [...args, ...settings.flatMap((each) => ['--set', each])], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      child = started
      ended = new Promise((done) => started.once('exit', () => done()))
      await new Promise<void>((done, failed) => {
        let out = ''
        started.stdout.on('data', (bytes: Buffer) => {
          if ((out += bytes.toString()).includes('ready ')) done()
        })
        started.once('exit', (code) => failed(new Error(`the broker ended with ${code}`)))
      })
      return performance.now() - begin
    },
    kill: () => end('SIGKILL'),
    stop,
    cpuSeconds: () => cpuSecondsOf(child.pid!),
    rssMib: () => rssMibOf(child.pid!),
    async remove() {
      await stop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/** Apache Kafka with the heap and the settings that it is shipped with; the directory is formatted before the clock starts. */
export async function apache(): Promise<Server> {
  const port = String(await freePort())
  let pid = 0
  const stop = async (signal: readonly string[] = []): Promise<void> => {
    await kafkaTool(['stop', port, ...signal])
    while (alive(pid)) await new Promise((done) => setTimeout(done, 20))
  }
  return {
    name: 'apache',
    bootstrap: `127.0.0.1:${port}`,
    async start() {
      const printed = await kafkaTool(['start', port])
      const [, ready, id] = /ready in (\d+) ms.*pid (\d+)/.exec(printed) ?? []
      if (id === undefined) throw new Error(`no pid in: ${printed}`)
      pid = Number(id)
      return Number(ready)
    },
    kill: () => stop(['KILL']),
    stop: () => stop(),
    cpuSeconds: () => cpuSecondsOf(pid),
    rssMib: () => rssMibOf(pid),
    remove: async () => void (await kafkaTool(['wipe', port])),
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
