import assert from 'node:assert/strict'

import type { ConfigDefinition, Settings } from '#core/config/define.ts'

import type { SourceConnector, StringMap } from '../api/connector.ts'
import type { SourceBatch, SourceOffsetEntry } from '../api/records.ts'
import { isSignal } from '../api/signals.ts'
import type { SourceTask } from '../api/source.ts'
import { textOf } from '../api/values.ts'
import { declarationLaws, lawContext, soon } from './contract.ts'
import type { Law } from './contract.ts'

/** A source with an input of its own, made anew for every law. */
export interface SourceFixture {
  readonly connector: SourceConnector<any>
  /** Settings with which the source ends when it has read everything there is. */
  readonly config: StringMap
  /** Settings with which it waits for more; left out where a source cannot. */
  readonly following?: StringMap
  /** Adds so many things to the input; the values that they become, as text. */
  feed(count: number): Promise<string[]>
  cleanUp?(): Promise<void>
}

const keyOf = (entry: SourceOffsetEntry): string => JSON.stringify(entry.partition)

/** One run of a source from stored offsets, as a worker would do it. */
class Run {
  readonly batches: SourceBatch[] = []
  readonly stored: Map<string, SourceOffsetEntry>
  readonly #task: SourceTask
  readonly #stopping = new AbortController()

  constructor({ connector }: SourceFixture, config: StringMap, stored: readonly SourceOffsetEntry[] = []) {
    this.stored = new Map(stored.map((entry) => [keyOf(entry), entry]))
    this.#task = connector.createTask(
      (connector.config as ConfigDefinition<Settings>).parse(config, 'contract') as never,
    )
  }

  get values(): string[] {
    return this.batches.flatMap(({ records }) => records.map(({ value }) => textOf(value as string | Uint8Array)))
  }

  get offsets(): SourceOffsetEntry[] {
    return [...this.stored.values()]
  }

  abort(): void {
    this.#stopping.abort()
  }

  /** Reads to the end of the input, or up to so many batches. */
  async read(most = Infinity): Promise<this> {
    const context = {
      ...lawContext(this.#stopping.signal),
      offset: (partition: SourceOffsetEntry['partition']) =>
        this.stored.get(JSON.stringify(partition))?.offset ?? undefined,
      offsets: () => this.offsets.filter(({ offset }) => offset !== null),
    }
    try {
      for await (const batch of this.#task.read(context)) {
        this.batches.push(batch)
        // Through JSON, as every store does it.
        this.stored.set(
          keyOf(batch),
          JSON.parse(JSON.stringify({ partition: batch.partition, offset: batch.offset })) as SourceOffsetEntry,
        )
        if (this.batches.length >= most) break
      }
    } catch (error) {
      if (!isSignal(error) || error.signal !== 'EndOfInput') throw error
    }
    return this
  }

  async close(): Promise<void> {
    await this.#task.close?.()
  }
}

const same = (actual: readonly string[], expected: readonly string[], what: string): void =>
  assert.deepEqual(actual.toSorted(), expected.toSorted(), what)

/** The laws of sources. `make` gives a fixture with an empty input. */
export function sourceContract(make: () => Promise<SourceFixture>): Law[] {
  const law = (name: string, check: (fixture: SourceFixture) => Promise<void>): Law => ({
    name,
    run: async () => {
      const fixture = await make()
      try {
        await check(fixture)
      } finally {
        await fixture.cleanUp?.()
      }
    },
  })
  const whole = async (fixture: SourceFixture, stored: readonly SourceOffsetEntry[] = []): Promise<Run> => {
    const run = await soon(new Run(fixture, fixture.config, stored).read(), 'reading')
    await run.close()
    return run
  }

  return [
    law('its declaration holds', async ({ connector, config }) => {
      for (const each of declarationLaws(connector, config)) await each.run()
    }),
    law('it reads everything once and ends', async (fixture) => {
      const fed = await fixture.feed(50)
      same((await whole(fixture)).values, fed, 'values')
    }),
    law('it goes on from the offset after any of its batches', async (fixture) => {
      const fed = await fixture.feed(50)
      const all = await whole(fixture)
      for (let count = 1; count <= all.batches.length; count++) {
        const first = await new Run(fixture, fixture.config).read(count)
        await first.close()
        const second = await whole(fixture, first.offsets)
        same([...first.values, ...second.values], fed, `values of two runs, the first of ${count} batches`)
      }
    }),
    law('a second run reads what came since and nothing else', async (fixture) => {
      await fixture.feed(5)
      const first = await whole(fixture)
      const fed = await fixture.feed(5)
      const second = await whole(fixture, first.offsets)
      same(second.values, fed, 'values of the second run')
      same((await whole(fixture, second.offsets)).values, [], 'values of a third run')
    }),
    law('partitions and offsets are plain JSON', async (fixture) => {
      await fixture.feed(5)
      for (const { partition, offset } of (await whole(fixture)).batches) {
        assert.deepEqual(JSON.parse(JSON.stringify(partition)), partition)
        assert.deepEqual(JSON.parse(JSON.stringify(offset)), offset)
      }
    }),
    law('read can be left in the middle and begun again', async (fixture) => {
      const fed = await fixture.feed(50)
      const run = new Run(fixture, fixture.config)
      await soon(run.read(1), 'leaving')
      await soon(run.read(), 'reading on')
      await run.close()
      same(run.values, fed, 'values')
    }),
    law('it ends soon when told to, also while it waits', async (fixture) => {
      await fixture.feed(5)
      const run = new Run(fixture, fixture.following ?? fixture.config)
      const reading = run.read()
      const giveUp = setTimeout(() => run.abort(), 50)
      await soon(reading, 'ending')
      clearTimeout(giveUp)
      await run.close()
    }),
    law('one told to end before it began ends at once', async (fixture) => {
      await fixture.feed(5)
      const run = new Run(fixture, fixture.following ?? fixture.config)
      run.abort()
      await soon(run.read(), 'ending')
      await run.close()
    }),
  ]
}
