import { describe, expect, it } from 'vitest'

import type { TopicPartition } from '../../../../core/client/client.ts'
import type { Files } from '../../../../core/ports/files.ts'
import { memoryFiles } from '../../../../core/ports/memory-files.ts'
import { seededRandom } from '../../../../core/ports/random.ts'
import { VirtualTime } from '../../../../core/ports/virtual-time.ts'
import type { SinkRecord } from '../../../../connectors/api/records.ts'
import { RetryAfter } from '../../../../connectors/api/signals.ts'
import type { SinkTaskContext } from '../../../../connectors/api/sink.ts'
import { fileSink } from '../../../../connectors/plugins/file/sink.ts'

const partition = { topic: 't', partition: 0 }
const recordAt = (offset: number, value: unknown = `line ${offset}`): SinkRecord => ({
  ...partition,
  offset,
  timestamp: -1,
  keySchema: null,
  key: null,
  valueSchema: null,
  value,
  headers: [],
})
const records = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => recordAt(from + i))

/** A sink on files in memory; `crash` forgets the task and begins another on the same files. */
class World {
  readonly time = new VirtualTime(1_000_000)
  readonly logged: string[] = []
  readonly sought: [TopicPartition, number][] = []
  readonly files: Files
  readonly #config: Record<string, string>
  readonly #connector: string
  task

  constructor(config: Record<string, string> = {}, files: Files = memoryFiles(), connector = 'sink') {
    this.files = files
    this.#config = { file: '/out.txt', ...config }
    this.#connector = connector
    this.task = this.#make()
  }

  get context(): SinkTaskContext {
    return {
      connector: this.#connector,
      task: 0,
      log: (level, message) => void this.logged.push(`${level} ${message}`),
      ports: { clock: this.time, timers: this.time, random: seededRandom(1), files: this.files },
      signal: new AbortController().signal,
      seek: (to, offset) => void this.sought.push([to, offset]),
      requestCommit: () => {},
    }
  }

  #make() {
    return fileSink.createTask(fileSink.config.parse(this.#config, 'sink'))
  }

  async open(): Promise<this> {
    await this.task.open!([partition], this.context)
    return this
  }

  async crash(): Promise<this> {
    this.task = this.#make()
    return this.open()
  }

  put(batch: readonly SinkRecord[]): void | Promise<void> {
    return this.task.put(batch, this.context)
  }

  async commit(offset: number): Promise<void> {
    await this.task.preCommit!([{ ...partition, offset }])
  }

  read(path = '/out.txt'): string {
    return this.files.readWhole(path).toString()
  }
}

const text = (from: number, to: number): string =>
  records(from, to)
    .map(({ value }) => `${value as string}\n`)
    .join('')

describe('a file sink', () => {
  it('writes strings, bytes and null as Connect does, and objects as JSON', async () => {
    const world = await new World().open()
    await world.put(
      ['a', Buffer.from([0xff, 0x62]), null, 7n, 1.5, true, { a: 1n, b: [new Map([['x', 2]])] }].map((value, i) =>
        recordAt(i, value),
      ),
    )
    const bytes = world.files.readWhole('/out.txt')
    expect(bytes.toString('latin1')).toBe('a\n\xffb\nnull\n7\n1.5\ntrue\n{"a":1,"b":[{"x":2}]}\n')
  })

  it('appends to what is in the file already', async () => {
    const files = memoryFiles()
    files.replace('/out.txt', Buffer.from('before\n'))
    const world = await new World({}, files).open()
    await world.put(records(0, 2))
    await world.commit(2)
    await world.crash()
    expect(world.read()).toBe(`before\n${text(0, 2)}`)
  })

  it('cuts off what was not committed, and reads on from there', async () => {
    const world = await new World().open()
    await world.put(records(0, 5))
    await world.commit(5)
    await world.put(records(5, 9))
    expect(world.read()).toBe(text(0, 9))
    await world.crash()
    expect(world.read()).toBe(text(0, 5))
    expect(world.sought).toEqual([[partition, 5]])
  })

  it('puts a file aside before it grows too large, at the end of a line', async () => {
    const world = await new World({ 'file.max.bytes': '30' }).open()
    await world.put(records(0, 10))
    await world.commit(10)
    expect(['/out-000001.txt', '/out-000002.txt', '/out.txt'].map((path) => world.read(path))).toEqual([
      text(0, 4),
      text(4, 8),
      text(8, 10),
    ])
  })

  it('puts a file aside when it is old, also when nothing comes any more', async () => {
    const world = await new World({ 'file.max.age.ms': '1m' }).open()
    await world.put(records(0, 1))
    world.time.advance(30_000)
    await world.put(records(1, 2))
    await world.commit(2)
    expect(world.files.exists('/out-000001.txt')).toBe(false)
    world.time.advance(30_000)
    await world.commit(2)
    expect([world.read('/out-000001.txt'), world.read()]).toEqual([text(0, 2), ''])
    world.time.advance(90_000)
    await world.put(records(2, 3))
    expect(world.read()).toBe(text(2, 3))
  })

  it('never writes over a file that has the name of the next', async () => {
    const files = memoryFiles()
    files.replace('/out-000001.txt', Buffer.from('somebody else\n'))
    const world = await new World({ 'file.max.bytes': '10' }, files).open()
    await world.put(records(0, 2))
    expect([world.read('/out-000001.txt'), world.read('/out-000002.txt')]).toEqual(['somebody else\n', text(0, 1)])
  })

  it("does not take another connector's offsets for its own", async () => {
    const world = await new World().open()
    await world.put(records(0, 3))
    await world.commit(3)
    const other = await new World({}, world.files, 'another').open()
    expect(other.sought).toEqual([])
    await other.put(records(0, 1))
    expect(other.read()).toBe(text(0, 3) + text(0, 1))
  })

  it('says so when its file was shortened', async () => {
    const world = await new World().open()
    await world.put(records(0, 3))
    await world.commit(3)
    world.files.open('/out.txt').truncate(7)
    await world.crash()
    expect(world.logged).toEqual(['warn "/out.txt" was shortened: 14 bytes that were written are gone'])
    await world.put(records(3, 4))
    expect(world.read()).toBe(text(0, 1) + text(3, 4))
  })

  it('refuses a journal that holds something else', async () => {
    const files = memoryFiles()
    files.replace('/out.txt.offsets', Buffer.from('no journal'))
    await expect(new World({}, files).open()).rejects.toThrow(/out\.txt\.offsets holds no journal/)
  })

  it('waits for space on the disk, and writes nothing twice for it', async () => {
    const inner = memoryFiles()
    let left = 3
    const files: Files = {
      ...inner,
      open(path, options) {
        const file = inner.open(path, options)
        const write = file.write.bind(file)
        file.write = (chunks, position) => {
          if (path === '/out.txt' && --left === 0)
            throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
          write(chunks, position)
        }
        return file
      },
    }
    const world = await new World({ 'file.max.bytes': '20' }, files).open()
    await expect(world.put(records(0, 10))).rejects.toBeInstanceOf(RetryAfter)
    await world.put(records(0, 10))
    await world.commit(10)
    const names = inner
      .list('/')
      .filter((name) => name.endsWith('.txt'))
      .toSorted((a, b) => Number(a === 'out.txt') - Number(b === 'out.txt'))
    expect(names.map((name) => world.read(`/${name}`)).join('')).toBe(text(0, 10))
  })
})

describe('a crash while a file is put aside', () => {
  /** Files that stop working before a certain one of the steps that change something. */
  function dying(files: Files, steps: number): Files {
    let left = steps
    const step = (): void => {
      if (left-- <= 0) throw new Error('dead')
    }
    return {
      ...files,
      replace: (path, content) => (step(), files.replace(path, content)),
      rename: (from, to) => (step(), files.rename(from, to)),
      open(path, options) {
        if (options?.create) step()
        const file = files.open(path, options)
        const write = file.write.bind(file)
        file.write = (chunks, position) => (step(), write(chunks, position))
        return file
      },
    }
  }

  it.each(Array.from({ length: 24 }, (_, i) => i))('before step %i leaves every line once', async (steps) => {
    const files = memoryFiles()
    const first = new World({ 'file.max.bytes': '25' }, dying(files, steps))
    try {
      await first.open()
      for (let from = 0; from < 12; from += 4) {
        await first.put(records(from, from + 4))
        await first.commit(from + 4)
      }
    } catch (error) {
      expect((error as Error).message).toBe('dead')
    }
    const second = await new World({ 'file.max.bytes': '25' }, files).open()
    const next = second.sought.at(-1)?.[1] ?? 0
    await second.put(records(next, 12))
    await second.commit(12)
    const names = files
      .list('/')
      .filter((name) => name.endsWith('.txt'))
      .toSorted((a, b) => Number(a === 'out.txt') - Number(b === 'out.txt'))
    expect(names.map((name) => second.read(`/${name}`)).join('')).toBe(text(0, 12))
  })
})
