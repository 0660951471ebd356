import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { readConnectorFile, readWorkerFile } from '../../../connectors/runtime/config-files.ts'
import { systemFiles } from '../../../core/ports/system-files.ts'
import { temporaryFolder } from '../../support/temporary.ts'

function file(text: string): string {
  const path = join(temporaryFolder(), 'file')
  writeFileSync(path, text)
  return path
}

const expected = { name: 'lines', config: { name: 'lines', 'connector.class': 'FileStreamSource', 'tasks.max': '1' } }

describe('connector files', () => {
  it.each([
    ['properties', 'name=lines\nconnector.class=FileStreamSource\ntasks.max=1\n'],
    ['a flat map', '{"name":"lines","connector.class":"FileStreamSource","tasks.max":1}'],
    ['the body of a request', '{"name":"lines","config":{"connector.class":"FileStreamSource","tasks.max":"1"}}'],
  ])('may be %s', (_, text) => {
    expect(readConnectorFile(systemFiles, file(text))).toEqual(expected)
  })

  it.each([
    ['{"name":"a",', /cannot read ".*file": /],
    ['{"connector.class":"x"}', /"name" is missing/],
    ['[]', /a JSON object is expected/],
    ['{"name":"a","config":{"x":null}}', /the value of "x" is null/],
    ['{"name":"a","x":{}}', /the value of "x" is not text/],
  ])('%s is refused', (text, message) => {
    expect(() => readConnectorFile(systemFiles, file(text))).toThrow(message)
  })

  it('that are missing are named', () => {
    expect(() => readConnectorFile(systemFiles, '/nowhere/x.json')).toThrow(/cannot read "\/nowhere\/x\.json": ENOENT/)
  })
})

describe('worker files', () => {
  it('may be properties or JSON', () => {
    const worker = { 'bootstrap.servers': 'localhost:9092', 'offset.flush.interval.ms': '1000' }
    expect(
      readWorkerFile(
        systemFiles,
        file('# a worker\nbootstrap.servers = localhost:9092\noffset.flush.interval.ms:1000'),
      ),
    ).toEqual(worker)
    expect(
      readWorkerFile(systemFiles, file('{"bootstrap.servers":"localhost:9092","offset.flush.interval.ms":1000}')),
    ).toEqual(worker)
  })
})
