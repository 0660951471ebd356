import { readFileSync } from 'node:fs'

import { WireClient } from '../wire-client.ts'
import { metadata } from '#core/wire/api/03-metadata.ts'

/**
 * Somebody honest who asks the broker a small question again and again: how long it takes is how long the broker hangs, less
 * the time for which the machine gave the broker's process no core.
 */
export class Probe {
  readonly #bootstrap: string
  readonly #pid: number
  #isRunning = true
  #done: Promise<void> = Promise.resolve()
  slowestMs = 0
  asked = 0
  /** What went wrong, if anything did. */
  problem: string | undefined

  constructor(bootstrap: string, pid: number) {
    this.#bootstrap = bootstrap
    this.#pid = pid
  }

  start(): void {
    this.#done = this.#run().catch((error: unknown) => {
      this.problem = `an honest client could not be served: ${(error as Error).message}`
    })
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    await this.#done
  }

  async #run(): Promise<void> {
    const client = await WireClient.connect(this.#bootstrap)
    while (this.#isRunning) {
      const begun = performance.now() - waitedMs(this.#pid)
      await client.call(metadata, 9, { topics: [], allowAutoTopicCreation: false })
      this.slowestMs = Math.max(this.slowestMs, performance.now() - waitedMs(this.#pid) - begun)
      this.asked++
      await new Promise((done) => setTimeout(done, 20))
    }
    client.close()
  }
}

/** How long a process was ready to run and had no core, ms; 0 where the system does not tell. */
function waitedMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6
  } catch {
    return 0
  }
}

/** Resident memory of a process in MiB; 0 where the system does not tell. */
export function residentMiB(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
