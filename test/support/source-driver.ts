import type { ConfigDefinition, Settings } from '../../core/config/define.ts'
import { systemFiles } from '../../core/ports/system-files.ts'
import { seededRandom } from '../../core/ports/random.ts'
import { VirtualTime } from '../../core/ports/virtual-time.ts'
import type { LogLevel } from '../../core/telemetry/log.ts'

import type { SourceConnector } from '../../connectors/api/connector.ts'
import type { SourceBatch, SourceOffset, SourceOffsetEntry, SourceRecord } from '../../connectors/api/records.ts'
import type { SourceTask, SourceTaskContext } from '../../connectors/api/source.ts'

/**
 * Runs one task of a source by hand, in virtual time: `settle` reads until the task waits for time to pass, `step` lets time
 * pass first. Offsets are kept as a worker would keep them, through JSON.
 */
export class SourceDriver {
  readonly records: SourceRecord[] = []
  readonly batches: SourceBatch[] = []
  readonly logged: string[] = []
  readonly offsets = new Map<string, SourceOffsetEntry>()
  ended = false
  readonly #time: VirtualTime
  readonly #stopping = new AbortController()
  readonly #task: SourceTask
  readonly #iterator: AsyncIterator<SourceBatch>
  #pending: Promise<IteratorResult<SourceBatch>> | undefined
  #waits: (() => void) | undefined

  constructor(
    connector: SourceConnector<Settings>,
    config: Record<string, string>,
    stored: readonly SourceOffsetEntry[] = [],
    time = new VirtualTime(),
  ) {
    this.#time = time
    const parsed = (connector.config as ConfigDefinition<Settings>).parse(config, 'test')
    for (const entry of stored) this.#store(entry)
    this.#task = connector.createTask(parsed as never)
    this.#iterator = this.#task.read(this.#context())[Symbol.asyncIterator]()
  }

  get stored(): SourceOffsetEntry[] {
    return [...this.offsets.values()]
  }

  /** The values so far as text. */
  get lines(): string[] {
    return this.records.map(({ value }) => Buffer.from(value as Uint8Array).toString('utf8'))
  }

  #context(): SourceTaskContext {
    const timers = {
      after: (ms: number, call: () => void) => {
        const timer = this.#time.after(ms, call)
        this.#waits?.()
        return timer
      },
      every: (ms: number, call: () => void) => this.#time.every(ms, call),
    }
    return {
      connector: 'test',
      task: 0,
      log: (level: LogLevel, message: string) => void this.logged.push(`${level} ${message}`),
      ports: { clock: this.#time, timers, random: seededRandom(1), files: systemFiles },
      signal: this.#stopping.signal,
      offset: (partition) => this.offsets.get(JSON.stringify(partition))?.offset ?? undefined,
      offsets: () => this.stored,
    }
  }

  #store({ partition, offset }: SourceOffsetEntry): void {
    const key = JSON.stringify(partition)
    if (offset === null) this.offsets.delete(key)
    else this.offsets.set(key, { partition, offset: JSON.parse(JSON.stringify(offset)) as SourceOffset })
  }

  /** Reads until the task sleeps or ends, or `most` batches came. */
  async settle(most = Infinity): Promise<this> {
    for (let count = 0; !this.ended && count < most; count++) {
      const waits = new Promise<'waits'>((resolve) => (this.#waits = () => resolve('waits')))
      const next = (this.#pending ??= this.#iterator.next())
      const got = await Promise.race([next, waits])
      if (got === 'waits') return this
      this.#pending = undefined
      if (got.done) this.ended = true
      else {
        this.batches.push(got.value)
        this.records.push(...got.value.records)
        this.#store(got.value)
      }
    }
    return this
  }

  /** Lets time pass, then reads. */
  step(ms = 1000): Promise<this> {
    this.#time.advance(ms)
    return this.settle()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.settle()
    await this.#iterator.return?.()
    await this.#task.close?.()
  }
}
