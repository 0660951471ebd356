import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { expect, it } from 'vitest'

import { createClient } from '#core/client/lean-client.ts'
import { memoryBroker, makeTopic, produceValues, wireClient } from '../../support/memory-broker.ts'
import { projectRoot } from '../../support/sources.ts'

it('leaves its group when the reader of its output goes away', async () => {
  const broker = await memoryBroker({ 'group.initial.rebalance.delay.ms': '0' })
  const writer = await wireClient(broker)
  await makeTopic(writer, 'lines')
  await produceValues(writer, 'lines', ['first'])
  const args = ['consume', 'lines', '--group', 'headless', '--bootstrap-server', broker.bootstrapServers]
  const node = ['--conditions=source', '--import', 'tsx', 'millrace.ts', ...args]
  const child = spawn(process.execPath, node, { cwd: projectRoot, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  let said = ''
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  expect(line.toString()).toBe('first\n')
  child.stdout.destroy()
  // It learns of it with the next line.
  await produceValues(writer, 'lines', ['second'])
  expect(await ended).toEqual([0, null])
  expect(said).toBe('')
  const client = createClient({ bootstrapServers: broker.bootstrapServers })
  const [group] = await client.admin().describeGroups(['headless'])
  await client.close()
  expect(group).toMatchObject({ state: 'Empty', members: [] })
})
