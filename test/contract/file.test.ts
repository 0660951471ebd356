import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, it } from 'vitest'

import { fileSink } from '../../connectors/plugins/file/sink.ts'
import { fileSource } from '../../connectors/plugins/file/source.ts'
import { sinkContract, sourceContract } from '../../connectors/testing/index.ts'
import type { SinkFixture, SourceFixture } from '../../connectors/testing/index.ts'

function folderOf(): { readonly folder: string; readonly cleanUp: () => Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  return { folder, cleanUp: async () => rmSync(folder, { recursive: true, force: true }) }
}

function source(several: boolean): () => Promise<SourceFixture> {
  return async () => {
    const { folder, cleanUp } = folderOf()
    const files = several ? ['a.log', 'b.log', 'c.log'].map((name) => join(folder, name)) : [join(folder, 'a.log')]
    for (const file of files) writeFileSync(file, '')
    const common = {
      topic: 't',
      'batch.size': '7',
      ...(several ? { file: join(folder, '*.log') } : { file: files[0]! }),
    }
    let fed = 0
    return {
      connector: fileSource,
      config: { ...common, mode: 'once' },
      following: { ...common, mode: 'follow' },
      feed: async (count) => {
        const lines = Array.from({ length: count }, () => `line ${fed++}`)
        lines.forEach((line, i) => appendFileSync(files[i % files.length]!, `${line}\n`))
        return lines
      },
      cleanUp,
    }
  }
}

function sink(config: Record<string, string>): () => Promise<SinkFixture> {
  return async () => {
    const { folder, cleanUp } = folderOf()
    return {
      connector: fileSink,
      config: { file: join(folder, 'out.txt'), ...config },
      exactlyOnce: true,
      written: async () =>
        readdirSync(folder)
          .filter((name) => name.endsWith('.txt') && existsSync(join(folder, name)))
          .toSorted((a, b) => Number(a === 'out.txt') - Number(b === 'out.txt') || (a < b ? -1 : 1))
          .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1)),
      cleanUp,
    }
  }
}

describe.each([
  ['the file source on one file', sourceContract(source(false))],
  ['the file source on several files', sourceContract(source(true))],
  ['the file sink', sinkContract(sink({}))],
  ['the file sink that rolls by size', sinkContract(sink({ 'file.max.bytes': '40' }))],
])('%s', (_, laws) => {
  it.each(laws)('$name', ({ run }) => run())
})
