import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Client, Producer } from '../../../core/client/client.ts'
import type { SourceBatch } from '../../../connectors/api/records.ts'
import { EndOfInput, NotConnected, RetryAfter } from '../../../connectors/api/signals.ts'
import type { SourceTask, SourceTaskContext } from '../../../connectors/api/source.ts'
import { ConnectWorld, sourceOf, until } from '../../support/connect-world.ts'

let world: ConnectWorld
beforeAll(async () => {
  world = await ConnectWorld.start()
})
afterAll(() => world.stop())

const partition = { table: 'numbers' }
const batch = (topic: string, ...values: number[]): SourceBatch => ({
  partition,
  offset: { after: values.at(-1)! },
  records: values.map((value) => ({ topic, value: String(value) })),
})

let names = 0
async function run(
  make: (topic: string) => SourceTask,
  config: Record<string, string> = {},
  client: Client = world.client,
  topic = `source-${names++}`,
) {
  const worker = await world.work({
    client,
    worker: { 'offset.storage.topic': 'offsets', 'offset.flush.interval.ms': '50' },
    plugins: [sourceOf(() => make(topic))],
    connectors: [{ name: topic, config: { 'connector.class': 'test.Source', ...config } }],
  })
  const stored = async (): Promise<unknown> => {
    const mine = (await world.read('offsets')).filter(({ key }) => key === JSON.stringify([topic, partition]))
    return mine.length === 0 ? undefined : JSON.parse(mine.at(-1)!.value!)
  }
  return { topic, worker, stored, state: () => worker.status()[0]!.tasks[0]! }
}

/** A client whose producers fail the records with some values. */
function failing(client: Client, values: readonly string[]): Client {
  const wrap = (producer: Producer): Producer =>
    new Proxy(producer, {
      get: (target, name) => {
        if (name === 'append') {
          return ((record, delivered) => {
            if (values.includes(String(record.value)))
              queueMicrotask(() => delivered?.(new Error('the broker refuses'), -1, -1))
            else target.append(record, delivered)
          }) satisfies Producer['append']
        }
        const member: unknown = Reflect.get(target, name, target)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
  return {
    ...client,
    producer: (options) => wrap(client.producer(options)),
    consumer: (options) => client.consumer(options),
    admin: () => client.admin(),
    close: () => Promise.resolve(),
  }
}

describe('a source task', () => {
  it('is read again after a signal, from where it stands', async () => {
    const from: unknown[] = []
    const told: unknown[] = []
    const { worker, topic, stored } = await run((topic) => ({
      async *read(context: SourceTaskContext) {
        const after = (context.offset(partition)?.['after'] ?? 0) as number
        from.push(after)
        yield batch(topic, after + 1, after + 2)
        if (from.length === 1) throw new RetryAfter(1)
        if (from.length === 2) throw new NotConnected()
        throw new EndOfInput()
      },
      acknowledged: (offsets) => void told.push(...offsets.map(({ offset }) => offset!['after'])),
    }))
    await worker.ended
    expect(from).toEqual([0, 2, 4])
    expect((await world.read(topic)).map(({ value }) => value)).toEqual(['1', '2', '3', '4', '5', '6'])
    expect(await stored()).toEqual({ after: 6 })
    expect(told.at(-1)).toBe(6)
    expect(worker.sourcesEnded()).toBe(true)
  })

  it('goes on in the next run where its offsets say', async () => {
    const make = (topic: string): SourceTask => ({
      async *read(context) {
        const after = (context.offset(partition)?.['after'] ?? 0) as number
        yield batch(topic, after + 1)
      },
    })
    const first = await run(make)
    await first.worker.ended
    await (
      await run(make, {}, world.client, first.topic)
    ).worker.ended
    expect((await world.read(first.topic)).map(({ value }) => value)).toEqual(['1', '2'])
  })

  it('stores offsets while it runs, and tells of it', async () => {
    const told: unknown[] = []
    const { worker, stored } = await run((topic) => ({
      async *read({ signal }) {
        yield batch(topic, 1, 2, 3)
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
      acknowledged: (offsets) => void told.push(...offsets),
    }))
    await until(() => told.length > 0)
    expect(await stored()).toEqual({ after: 3 })
    await worker.stop()
  })

  it('fails for any other error, with what was acknowledged stored', async () => {
    const { worker, state, stored } = await run((topic) => ({
      async *read() {
        yield batch(topic, 1)
        throw new Error('the table is gone')
      },
    }))
    await worker.ended
    expect(state()).toMatchObject({ state: 'FAILED', trace: expect.stringContaining('the table is gone') })
    expect(await stored()).toEqual({ after: 1 })
  })

  it('stores no offset past a record that the cluster refused', async () => {
    const make = (topic: string): SourceTask => ({
      async *read() {
        for (let i = 1; i <= 4; i++) {
          yield batch(topic, i)
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      },
    })
    const { worker, state, stored } = await run(make, {}, failing(world.client, ['3']))
    await worker.ended
    expect(state().trace).toMatch(/failed at KAFKA_PRODUCE: the broker refuses/)
    expect(await stored()).toEqual({ after: 2 })
  })

  it('passes over such a record when that is tolerated', async () => {
    const make = (topic: string): SourceTask => ({
      async *read() {
        yield batch(topic, 1, 2, 3)
      },
    })
    const { worker, state, stored, topic } = await run(
      make,
      { 'errors.tolerance': 'all' },
      failing(world.client, ['2']),
    )
    await worker.ended
    expect(state().state).toBe('ENDED')
    expect((await world.read(topic)).map(({ value }) => value)).toEqual(['1', '3'])
    expect(await stored()).toEqual({ after: 3 })
  })

  it('passes over a record that does not convert when that is tolerated', async () => {
    const make = (topic: string): SourceTask => ({
      async *read() {
        yield {
          partition,
          offset: { after: 2 },
          records: [
            { topic, value: 'text' },
            { topic, value: 7n },
          ],
        }
      },
    })
    const config = { 'errors.tolerance': 'all', 'value.converter': 'LongConverter' }
    const { worker, stored, topic } = await run(make, config)
    await worker.ended
    expect(await world.read(topic)).toHaveLength(1)
    expect(await stored()).toEqual({ after: 2 })
  })

  it('forgets a partition whose offset is null', async () => {
    const make = (topic: string): SourceTask => ({
      async *read() {
        yield batch(topic, 1)
        yield { partition, offset: null, records: [] }
      },
    })
    const { worker, topic } = await run(make)
    await worker.ended
    const offsets: unknown[] = []
    const again = await run(
      () => ({
        async *read(context) {
          offsets.push(...context.offsets())
          yield* []
        },
      }),
      {},
      world.client,
      topic,
    )
    await again.worker.ended
    expect(offsets).toEqual([])
  })
})
