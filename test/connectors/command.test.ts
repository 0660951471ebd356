import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'

import { connectCommand } from '../../connectors/command.ts'
import { ConnectWorld, stringConverters, until } from '../support/connect-world.ts'
import { temporaryFolder } from '../support/temporary.ts'

let world: ConnectWorld
beforeAll(async () => {
  world = await ConnectWorld.start()
})
afterAll(() => world.stop())
afterEach(() => vi.restoreAllMocks())

/** Writes the files of a worker and its connectors; returns their paths and what the command prints. */
function prepare(connectors: Record<string, string>[]) {
  const folder = temporaryFolder()
  const write = (name: string, content: object): string => {
    writeFileSync(join(folder, name), JSON.stringify(content))
    return join(folder, name)
  }
  const worker = {
    ...stringConverters,
    'bootstrap.servers': world.bootstrapServers,
    'offset.storage.file.filename': join(folder, 'offsets'),
  }
  let printed = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((printed += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((printed += String(text)), true))
  return {
    folder,
    options: {
      worker: write('worker.json', worker),
      connectors: connectors.map((each, i) => write(`${i}.json`, each)),
    },
    printed: () => printed,
  }
}

const source = (name: string, file: string, more: Record<string, string> = {}) => ({
  name,
  'connector.class': 'FileStreamSource',
  topic: name,
  file,
  ...more,
})

it('runs until a signal comes, and flushes', async () => {
  const folder = temporaryFolder()
  const [from, to] = [join(folder, 'in'), join(folder, 'out')]
  writeFileSync(from, 'a\nb\n')
  const sink = { name: 'command-sink', 'connector.class': 'FileStreamSink', topics: 'command', file: to }
  const { options, printed } = prepare([source('command', from), sink])
  const ended = connectCommand(options)
  await until(() => printed().includes('ready command command-sink\n'))
  await until(async () => (await world.read('command')).length === 2)
  process.emit('SIGTERM')
  expect(await ended).toBe(0)
  expect(printed()).not.toContain('ERROR')
})

it('ends by itself when every task is over, with code 1 when one failed', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'in')
  writeFileSync(file, 'a\n')
  const {
    options,
    printed,
    folder: work,
  } = prepare([source('once-good', file, { mode: 'once' }), source('once-bad', join(folder, 'none'), { mode: 'once' })])
  expect(await connectCommand(options)).toBe(1)
  expect(printed()).toMatch(/task 0 of "once-bad" failed: .*there is no such file/)
  expect(readFileSync(join(work, 'offsets'), 'utf8')).toContain('"once-good"')
})
