import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

import { parsePipelineFile } from '#core/pipeline/pipeline-file.ts'

const read = (content: unknown, variables: Partial<Parameters<typeof parsePipelineFile>[2]> = {}) =>
  parsePipelineFile(typeof content === 'string' ? content : JSON.stringify(content), 'pipes/p.json', {
    args: [],
    follow: false,
    env: {},
    ...variables,
  })

const source = { name: 'in', config: { files: '${args}', mode: 'once', 'tasks.max': 1 } }

describe('a pipeline file', () => {
  it('gets its arguments from the command line, else its own', () => {
    const file = { args: ['${env:LOGS:-/var/log}/*.log', '~/x'], connect: { connectors: [source] } }
    expect(read(file, { args: ['a.log', 'b.log'] }).connectors[0]!.config['files']).toBe('a.log,b.log')
    expect(read(file).connectors[0]!.config['files']).toMatch(/^\/var\/log\/\*\.log,\/.+\/x$/)
    expect(read(file, { env: { LOGS: '/l' } }).connectors[0]!.config['files']).toMatch(/^\/l\/\*\.log,/)
  })

  it('lays the follow section over the rest only when following', () => {
    const file = {
      connect: { connectors: [source, { name: 'out', file: 'o' }] },
      follow: { connect: { connectors: [{ config: { mode: 'follow' } }] } },
    }
    expect(read(file).connectors[0]!.config['mode']).toBe('once')
    const followed = read(file, { follow: true })
    expect(followed.connectors[0]).toMatchObject({ name: 'in', config: { mode: 'follow', 'tasks.max': '1' } })
    expect(followed.connectors[1]).toEqual({ name: 'out', config: { file: 'o' } })
  })

  it('finds modules beside the file and the directory below the working directory', () => {
    const pipeline = read({
      directory: 'out',
      streams: [{ module: './t.ts' }],
      connect: { worker: { 'offset.storage.file.filename': '${directory}/offsets.json' } },
    })
    expect(pipeline.streams[0]!.module).toBe(resolve('pipes/t.ts'))
    expect(pipeline.worker['offset.storage.file.filename']).toBe(resolve('out/offsets.json'))
  })

  it.each([
    ['{', 'pipeline file "pipes/p.json"'],
    ['[]', 'expected an object'],
    [{ brokers: {} }, 'unknown key "brokers"; known are name, args'],
    [{ connect: { connectors: [{ config: {} }] } }, '"connect.connectors.0.name" must be text'],
    [{ broker: { listeners: ['a'] } }, '"broker.listeners" must be text, a number or true/false'],
    [{ topics: { lines: { partitions: 0 } } }, '"topics.lines.partitions" must be a whole number from 1'],
    [{ connect: { worker: { x: '${env:NOT_THERE}' } } }, 'environment variable NOT_THERE is not set'],
  ])('refuses %j with a text that names the key', (content, text) => {
    expect(() => read(content)).toThrow(text)
  })
})
