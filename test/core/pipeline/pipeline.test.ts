import { describe, expect, it } from 'vitest'

import type { Client, Consumer } from '#core/client/client.ts'
import type { PipelineFile } from '#core/pipeline/pipeline-file.ts'
import { runPipeline, type Rooms } from '#core/pipeline/pipeline.ts'
import { memoryFiles } from '#core/ports/memory-files.ts'
import { silentLog } from '#core/telemetry/log.ts'

const pipeline: PipelineFile = {
  name: 'p',
  file: '/p.json',
  directory: '/run',
  fresh: true,
  broker: {},
  worker: {},
  topics: [{ name: 'in', partitions: 2, configs: {} }],
  connectors: [{ name: 'c', config: {} }],
  streams: [{ module: '/t.ts', config: { 'bootstrap.servers': 'elsewhere:9092' }, settings: {} }],
  view: { module: '/v.ts', topics: ['in'] },
}

/** Rooms that write down what is asked of them; `override` replaces single launchers. */
function fakeRooms(override: Partial<Rooms> = {}) {
  const calls: string[] = []
  const never = new Promise<never>(() => {})
  const did = (what: string) => async (): Promise<void> => void calls.push(what)
  const topics = new Set<string>()
  const consumer = {
    assign() {},
    assignment: [{ topic: 'in', partition: 0 }],
    poll: async () => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      return []
    },
    endOffsets: async () => new Map([['in-0', 0]]),
    position: async () => 0,
    wakeup() {},
    close: async () => {},
  } as unknown as Consumer
  const client = {
    admin: () => ({
      describeTopics: async (names: string[]) =>
        names.filter((name) => topics.has(name)).map((name) => ({ name, partitions: [{ partition: 0 }] })),
      createTopics: async (created: { name: string }[]) =>
        created.forEach((topic) => {
          calls.push(`create ${topic.name}`)
          topics.add(topic.name)
        }),
    }),
    consumer: () => consumer,
    close: did('close client'),
  } as unknown as Client
  const rooms: Rooms = {
    startBroker: async () => {
      calls.push('broker')
      return { bootstrapServers: 'local:1', failed: never, stop: did('stop broker') }
    },
    connect: () => client,
    startConnectors: async ({ bootstrapServers }) => {
      calls.push(`connectors on ${bootstrapServers}`)
      return {
        failed: never,
        sourcesEnded: did('sources ended'),
        sinksDrained: did('sinks drained'),
        stop: did('stop connectors'),
      }
    },
    startTopology: async ({ bootstrapServers }) => {
      calls.push(`topology on ${bootstrapServers}`)
      return { failed: never, finish: did('finish topology'), stop: did('stop topology') }
    },
    loadView: async () => () => ({ record() {}, close: () => (calls.push('close view'), true) }),
    ...override,
  }
  return { rooms, calls }
}

const run = (
  rooms: Rooms,
  options: { follow?: boolean; signal?: AbortSignal; files?: ReturnType<typeof memoryFiles> } = {},
) =>
  runPipeline(rooms, { files: options.files ?? memoryFiles(), log: silentLog, out: process.stdout }, pipeline, {
    follow: options.follow ?? false,
    signal: options.signal ?? new AbortController().signal,
  })

describe('a pipeline', () => {
  it('starts what is written to before what writes, ends in the order of the flow, stops backwards', async () => {
    const { rooms, calls } = fakeRooms()
    expect(await run(rooms)).toBe(true)
    expect(calls).toEqual([
      'broker',
      'create in',
      'topology on elsewhere:9092',
      'connectors on local:1',
      'sources ended',
      'finish topology',
      'sinks drained',
      'close view',
      'stop connectors',
      'stop topology',
      'stop broker',
      'close client',
    ])
  })

  it('following, ends only when told to', async () => {
    const { rooms, calls } = fakeRooms()
    const stop = new AbortController()
    const running = run(rooms, { follow: true, signal: stop.signal })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(calls).not.toContain('close view')
    stop.abort()
    expect(await running).toBe(true)
    expect(calls).not.toContain('sources ended')
    expect(calls.at(-1)).toBe('close client')
  })

  it('a part that cannot start is named, and what had started is stopped', async () => {
    const { rooms, calls } = fakeRooms({
      startConnectors: async () => {
        throw new Error('no such file')
      },
    })
    await expect(run(rooms)).rejects.toThrow('the connectors failed: no such file')
    expect(calls.slice(-3)).toEqual(['stop topology', 'stop broker', 'close client'])
  })

  it('a part that dies ends the run', async () => {
    const died = Promise.reject(new Error('disk full'))
    died.catch(() => {})
    const { rooms, calls } = fakeRooms({
      startConnectors: async () => ({
        failed: died,
        sourcesEnded: () => new Promise(() => {}),
        sinksDrained: async () => {},
        stop: async () => {},
      }),
    })
    await expect(run(rooms)).rejects.toThrow('disk full')
    expect(calls).toContain('stop broker')
  })

  it('a fresh run clears what an earlier run left, and refuses a directory that none did', async () => {
    const files = memoryFiles()
    await run(fakeRooms().rooms, { files })
    files.replace('/run/left', Buffer.from('x'))
    await run(fakeRooms().rooms, { files })
    expect(files.exists('/run/left')).toBe(false)

    const strange = memoryFiles()
    strange.makeDirectory('/run')
    strange.replace('/run/thesis.txt', Buffer.from('x'))
    await expect(run(fakeRooms().rooms, { files: strange })).rejects.toThrow(
      'directory "/run" holds files that no earlier run wrote',
    )
    expect(strange.exists('/run/thesis.txt')).toBe(true)
  })
})
