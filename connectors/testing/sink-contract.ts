import assert from 'node:assert/strict'

import type { TopicPartition, TopicPartitionOffset } from '#core/client/client.ts'
import type { ConfigDefinition, Settings } from '#core/config/define.ts'

import type { SinkConnector, StringMap } from '../api/connector.ts'
import type { SinkRecord } from '../api/records.ts'
import { optional, schemas } from '../api/schema.ts'
import type { SinkTask } from '../api/sink.ts'
import { declarationLaws, lawContext, soon } from './contract.ts'
import type { Law } from './contract.ts'

/** A sink with a target of its own, made anew for every law. */
export interface SinkFixture {
  readonly connector: SinkConnector<any>
  readonly config: StringMap
  /** True for a sink of which a crash neither loses nor doubles anything; false for one that may double. */
  readonly exactlyOnce: boolean
  /** The values that are in the target, as text. */
  written(): Promise<string[]>
  cleanUp?(): Promise<void>
}

const partitions: readonly TopicPartition[] = [0, 1].map((partition) => ({ topic: 'contract', partition }))
const schema = optional(schemas.string)
const valueAt = (partition: number, offset: number): string => `${partition}:${offset}`

const recordAt = (partition: number, offset: number): SinkRecord => ({
  topic: 'contract',
  partition,
  offset,
  timestamp: 1_700_000_000_000 + offset,
  keySchema: schema,
  key: null,
  valueSchema: schema,
  value: valueAt(partition, offset),
  headers: [],
})

/** A task with the offsets that a group would keep for it. */
class Run {
  readonly task: SinkTask
  readonly positions: number[]
  readonly #context
  readonly #stopping = new AbortController()

  constructor({ connector, config }: SinkFixture, positions: readonly number[]) {
    this.task = connector.createTask(
      (connector.config as ConfigDefinition<Settings>).parse(config, 'contract') as never,
    )
    this.positions = [...positions]
    this.#context = {
      ...lawContext(this.#stopping.signal),
      seek: ({ partition }: TopicPartition, offset: number): void => void (this.positions[partition] = offset),
      requestCommit: (): void => {},
    }
  }

  open(which: readonly TopicPartition[] = partitions): Promise<void> {
    return soon((async () => this.task.open?.(which, this.#context))(), 'open')
  }

  /** Puts the next records of every partition, up to an offset. */
  async put(upTo: number): Promise<void> {
    const records = partitions.flatMap(({ partition }) => {
      const from = this.positions[partition]!
      return Array.from({ length: Math.max(0, upTo - from) }, (_, i) => recordAt(partition, from + i))
    })
    await soon((async () => this.task.put(records, this.#context))(), 'put')
    for (const { partition } of partitions) this.positions[partition] = Math.max(this.positions[partition]!, upTo)
  }

  /** What may be committed, by partition. */
  async commit(): Promise<number[]> {
    const current = partitions.map((each) => ({ ...each, offset: this.positions[each.partition]! }))
    const work = async (): Promise<readonly TopicPartitionOffset[]> => {
      if (this.task.preCommit) return this.task.preCommit(current)
      await this.task.flush?.()
      return current
    }
    const allowed = await soon(work(), 'commit')
    return partitions.map(({ partition }) => allowed.find((each) => each.partition === partition)?.offset ?? 0)
  }

  async close(): Promise<void> {
    await this.task.close?.(partitions)
    this.#stopping.abort()
    await this.task.stop?.()
  }
}

const upTo = (offset: number): string[] =>
  partitions.flatMap(({ partition }) => Array.from({ length: offset }, (_, i) => valueAt(partition, i)))

/** The laws of sinks. `make` gives a fixture with an empty target. */
export function sinkContract(make: () => Promise<SinkFixture>): Law[] {
  const law = (name: string, check: (fixture: SinkFixture) => Promise<void>): Law => ({
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
  const expectWritten = async (fixture: SinkFixture, offset: number): Promise<void> => {
    const written = await fixture.written()
    const found = fixture.exactlyOnce ? written : [...new Set(written)]
    assert.deepEqual(found.toSorted(), upTo(offset).toSorted())
  }

  return [
    law('its declaration holds', async ({ connector, config }) => {
      for (const each of declarationLaws(connector, config)) await each.run()
    }),
    law('what was put is in the target once it was committed', async (fixture) => {
      const run = new Run(fixture, [0, 0])
      await run.open()
      await run.put(10)
      await run.put(20)
      assert.deepEqual(await run.commit(), [20, 20])
      await expectWritten(fixture, 20)
      await run.close()
    }),
    law('records of a partition come out in order', async (fixture) => {
      const run = new Run(fixture, [0, 0])
      await run.open()
      for (let offset = 7; offset <= 35; offset += 7) await run.put(offset)
      await run.commit()
      await run.close()
      const written = await fixture.written()
      for (const { partition } of partitions) {
        const own = written.filter((value) => value.startsWith(`${partition}:`))
        assert.deepEqual(
          own,
          upTo(35).filter((value) => value.startsWith(`${partition}:`)),
        )
      }
    }),
    law('a commit allows no offset beyond what was put, and nothing at all is fine', async (fixture) => {
      const run = new Run(fixture, [0, 0])
      await run.open()
      await run.commit()
      await run.put(0)
      await run.put(5)
      for (const offset of await run.commit()) assert.ok(offset <= 5, `offset ${offset} of 5`)
      for (const offset of await run.commit()) assert.ok(offset <= 5, `offset ${offset} of 5`)
      await run.close()
    }),
    law('a stop and a new start lose and double nothing', async (fixture) => {
      const first = new Run(fixture, [0, 0])
      await first.open()
      await first.put(10)
      const committed = await first.commit()
      await first.close()
      const second = new Run(fixture, committed)
      await second.open()
      await second.put(20)
      await second.commit()
      await second.close()
      await expectWritten(fixture, 20)
    }),
    law('a crash after a commit loses nothing', async (fixture) => {
      const first = new Run(fixture, [0, 0])
      await first.open()
      await first.put(10)
      const committed = await first.commit()
      await first.put(15)
      // No close: whatever the task holds is gone, and the group knows the last commit.
      const second = new Run(fixture, committed)
      await second.open()
      await second.put(20)
      await second.commit()
      await second.close()
      await expectWritten(fixture, 20)
    }),
    law('a crash before the group heard of a commit loses nothing', async (fixture) => {
      const first = new Run(fixture, [0, 0])
      await first.open()
      await first.put(10)
      await first.commit()
      const second = new Run(fixture, [0, 0])
      await second.open()
      await second.put(20)
      await second.commit()
      await second.close()
      await expectWritten(fixture, 20)
    }),
    law('partitions may go and come back', async (fixture) => {
      const run = new Run(fixture, [0, 0])
      await run.open()
      await run.put(10)
      await run.commit()
      await run.task.close?.([partitions[1]!])
      await run.open([partitions[1]!])
      await run.put(20)
      await run.commit()
      await run.close()
      await expectWritten(fixture, 20)
    }),
  ]
}
