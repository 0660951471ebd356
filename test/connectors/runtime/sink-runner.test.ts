import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { TopicPartition } from '../../../core/client/client.ts'
import type { SinkRecord } from '../../../connectors/api/records.ts'
import { EndOfInput, NotConnected, PartialBatch, RetryAfter } from '../../../connectors/api/signals.ts'
import type { SinkTask, SinkTaskContext } from '../../../connectors/api/sink.ts'
import { ConnectWorld, sinkOf, until } from '../../support/connect-world.ts'

let world: ConnectWorld
beforeAll(async () => {
  world = await ConnectWorld.start()
})
afterAll(() => world.stop())

/** A sink that keeps what it is given; functions of a test override what it does. */
class Kept implements SinkTask {
  readonly values: string[] = []
  readonly calls: string[] = []
  overlapping = 0
  flush?: NonNullable<SinkTask['flush']>
  preCommit?: NonNullable<SinkTask['preCommit']>
  #busy = false

  async open(partitions: readonly TopicPartition[]): Promise<void> {
    this.calls.push(`open ${partitions.map(({ partition }) => partition).join()}`)
  }

  async put(records: readonly SinkRecord[]): Promise<void> {
    if (this.#busy) this.overlapping++
    this.#busy = true
    await new Promise((resolve) => setTimeout(resolve, 1))
    this.values.push(...records.map(({ value }) => value as string))
    this.#busy = false
  }

  async close(partitions: readonly TopicPartition[]): Promise<void> {
    this.calls.push(`close ${partitions.map(({ partition }) => partition).join()}`)
  }

  stop(): void {
    this.calls.push('stop')
  }
}

let names = 0
/** Starts a sink on a topic of its own that already holds these values. */
async function run(
  task: SinkTask,
  values: readonly string[],
  config: Record<string, string> = {},
  worker: Record<string, string> = {},
) {
  const topic = `sink-${names++}`
  await world.createTopic(topic)
  await world.produce(topic, values)
  const running = await world.work({
    worker,
    plugins: [sinkOf(() => task)],
    connectors: [{ name: topic, config: { 'connector.class': 'test.Sink', topics: topic, ...config } }],
  })
  const committed = async (): Promise<number | undefined> =>
    (await world.client.admin().groupOffsets(`connect-${topic}`)).find((each) => each.topic === topic)?.offset
  return { topic, worker: running, committed, state: () => running.status()[0]!.tasks[0]! }
}

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => String(from + i))

describe('a sink task', () => {
  it('is opened, put to, closed and stopped, and its offsets are committed', async () => {
    const task = new Kept()
    const { worker, committed } = await run(task, numbers(0, 2000), { 'consumer.override.max.poll.records': '300' })
    await until(() => worker.sinksCaughtUp())
    await worker.stop()
    expect(task.values).toEqual(numbers(0, 2000))
    expect(task.calls).toEqual(['open 0', 'close 0', 'stop'])
    expect(task.overlapping).toBe(0)
    expect(await committed()).toBe(2000)
  })

  it('that answers RetryAfter gets the same records again', async () => {
    const task = new Kept()
    const put = task.put.bind(task)
    const seen: number[] = []
    task.put = async (records) => {
      seen.push(records.length)
      if (seen.length < 4) throw new RetryAfter(5)
      await put(records)
    }
    const { worker } = await run(task, numbers(0, 50))
    await until(() => worker.sinksCaughtUp())
    expect(new Set(seen.slice(0, 4)).size).toBe(1)
    expect(task.values).toEqual(numbers(0, 50))
    expect(task.calls).toEqual(['open 0'])
  })

  it('that is not connected is opened anew and gets all again that was not committed', async () => {
    const task = new Kept()
    const put = task.put.bind(task)
    let puts = 0
    task.put = async (records) => {
      if (++puts === 2) throw new NotConnected()
      await put(records)
    }
    task.preCommit = () => []
    const { worker } = await run(
      task,
      numbers(0, 20),
      { 'consumer.override.max.poll.records': '10' },
      { 'offset.flush.interval.ms': '60000' },
    )
    await until(() => worker.sinksCaughtUp())
    expect(task.values).toEqual([...numbers(0, 10), ...numbers(0, 20)])
    expect(task.calls).toEqual(['open 0', 'close 0', 'open 0'])
  })

  it('that is not connected when opened is opened until it is', async () => {
    const task = new Kept()
    const open = task.open.bind(task)
    let opens = 0
    task.open = (partitions) => (++opens < 3 ? Promise.reject(new RetryAfter(1)) : open(partitions))
    const { worker } = await run(task, ['a'])
    await until(() => worker.sinksCaughtUp())
    expect(task.values).toEqual(['a'])
  })

  it('that refuses a commit goes back to the last one', async () => {
    const task = new Kept()
    let refused = false
    task.flush = () => {
      if (task.values.length < 10 || refused) return
      refused = true
      throw new RetryAfter(1)
    }
    const { worker, committed } = await run(task, numbers(0, 10), {}, { 'offset.flush.interval.ms': '50' })
    await until(async () => (await committed()) === 10)
    expect(task.values).toEqual([...numbers(0, 10), ...numbers(0, 10)])
    await worker.stop()
  })

  it('commits no more than it allows', async () => {
    const task = new Kept()
    task.preCommit = (offsets) => offsets.map((each) => ({ ...each, offset: Math.min(3, each.offset) }))
    const { worker, committed } = await run(task, numbers(0, 10))
    await until(async () => (await committed()) !== undefined)
    await worker.stop()
    expect(await committed()).toBe(3)
  })

  it('may read on from where its target says', async () => {
    const task = new Kept()
    const { worker } = await run(
      Object.assign(task, {
        open: (partitions: readonly TopicPartition[], context: SinkTaskContext) => context.seek(partitions[0]!, 7),
      }),
      numbers(0, 10),
    )
    await until(() => worker.sinksCaughtUp())
    expect(task.values).toEqual(['7', '8', '9'])
  })

  it('can have had enough', async () => {
    const { worker, state } = await run({ put: () => Promise.reject(new EndOfInput()) }, ['a'])
    await worker.ended
    expect(state().state).toBe('ENDED')
  })

  it('fails for any other error, and commits nothing of it', async () => {
    const { worker, state, committed } = await run({ put: () => Promise.reject(new Error('no good')) }, ['a'])
    await worker.ended
    expect(state()).toMatchObject({ state: 'FAILED', trace: expect.stringContaining('no good') })
    expect(await committed()).toBeUndefined()
  })

  it('that does not end is given up', async () => {
    const { worker, state } = await run(
      { put: () => new Promise(() => {}) },
      ['a'],
      {},
      { 'task.shutdown.graceful.timeout.ms': '50' },
    )
    await new Promise((resolve) => setTimeout(resolve, 100))
    await worker.stop()
    expect(state()).toMatchObject({ state: 'FAILED', trace: expect.stringContaining('did not end within 50 ms') })
  })
})

describe('records that cannot be handled', () => {
  const json = {
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'false',
  }

  it('fail the task by default', async () => {
    const task = new Kept()
    const { worker, state, topic } = await run(task, ['1', '{', '2'], json)
    await worker.ended
    expect(state().trace).toContain(`record ${topic}-0@1 failed at VALUE_CONVERTER`)
    expect(task.values).toEqual([])
  })

  it('are passed over when tolerated, and kept in the dead letter topic with the reason', async () => {
    const task = new Kept()
    const { worker, topic, committed } = await run(task, ['"a"', '{', '"b"'], {
      ...json,
      'errors.tolerance': 'all',
      'errors.deadletterqueue.topic.name': 'dead-1',
      'errors.deadletterqueue.topic.replication.factor': '1',
      'errors.deadletterqueue.context.headers.enable': 'true',
    })
    await until(async () => (await committed()) === 3)
    expect(task.values).toEqual(['a', 'b'])
    const [letter, ...more] = await world.read('dead-1')
    expect(more).toEqual([])
    expect(letter!.value).toBe('{')
    const prefix = '__connect.errors.'
    expect(Object.keys(letter!.headers).map((name) => name.slice(prefix.length))).toEqual([
      'topic',
      'partition',
      'offset',
      'connector.name',
      'task.id',
      'stage',
      'class.name',
      'exception.class.name',
      'exception.message',
      'exception.stacktrace',
    ])
    expect(letter!.headers).toMatchObject({
      [`${prefix}topic`]: topic,
      [`${prefix}partition`]: '0',
      [`${prefix}offset`]: '1',
      [`${prefix}connector.name`]: topic,
      [`${prefix}task.id`]: '0',
      [`${prefix}stage`]: 'VALUE_CONVERTER',
      [`${prefix}class.name`]: 'org.apache.kafka.connect.json.JsonConverter',
    })
    await worker.stop()
  })

  it('of a put go the same way when the task names them', async () => {
    const task = new Kept()
    const put = task.put.bind(task)
    task.put = async (records) => {
      await put(records.filter(({ value }) => value !== 'bad'))
      const failed = new Map(
        records.flatMap(({ value }, i) => (value === 'bad' ? [[i, new Error('refused')] as const] : [])),
      )
      if (failed.size > 0) throw new PartialBatch(failed)
    }
    const { worker, committed } = await run(task, ['a', 'bad', 'b'], {
      'errors.tolerance': 'all',
      'errors.deadletterqueue.topic.name': 'dead-2',
      'errors.deadletterqueue.topic.replication.factor': '1',
    })
    await until(async () => (await committed()) === 3)
    expect(task.values).toEqual(['a', 'b'])
    expect((await world.read('dead-2')).map(({ value, headers }) => [value, headers])).toEqual([['bad', {}]])
    await worker.stop()
  })
})

describe('several tasks', () => {
  it('share the partitions of their topics', async () => {
    const topic = 'shared'
    await world.createTopic(topic, 4)
    for (let partition = 0; partition < 4; partition++)
      await world.produce(topic, numbers(partition * 10, partition * 10 + 10), partition)
    const tasks: Kept[] = []
    const make = () => {
      tasks.push(new Kept())
      return tasks.at(-1)!
    }
    const worker = await world.work({
      plugins: [{ ...sinkOf(make), taskConfigs: (_config, most, raw) => Array.from({ length: most }, () => raw) }],
      connectors: [
        { name: 'share', config: { 'connector.class': 'test.Sink', 'topics.regex': 'sha.ed', 'tasks.max': '2' } },
      ],
    })
    await until(() => worker.sinksCaughtUp())
    expect(new Set(tasks.flatMap(({ values }) => values))).toEqual(new Set(numbers(0, 40)))
    await worker.stop()
    expect(tasks).toHaveLength(2)
  })
})
