import { readFileSync } from 'node:fs'

import { WireClient } from '../wire-client.ts'
import { metadata } from '#core/wire/api/03-metadata.ts'

/** Somebody honest who asks the broker a small question again and again: how long it takes is how long the broker hangs. */
export class Probe {
  readonly #bootstrap: string
  #isRunning = true
  #done: Promise<void> = Promise.resolve()
  slowestMs = 0
  asked = 0
  /** What went wrong, if anything did. */
  problem: string | undefined

  constructor(bootstrap: string) {
    this.#bootstrap = bootstrap
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
      const begun = performance.now()
      await client.call(metadata, 9, { topics: [], allowAutoTopicCreation: false })
      this.slowestMs = Math.max(this.slowestMs, performance.now() - begun)
      this.asked++
      await new Promise((done) => setTimeout(done, 20))
    }
    client.close()
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
