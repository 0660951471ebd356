import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { beforeEach, describe, expect, it } from 'vitest'

import { fileSource } from '../../../../connectors/plugins/file/source.ts'
import { SourceDriver } from '../../../support/source-driver.ts'
import { temporaryFolder } from '../../../support/temporary.ts'

let folder: string
let file: string
const drive = (config: Record<string, string>, stored: SourceDriver['stored'] = []) =>
  new SourceDriver(fileSource as never, { topic: 't', file, ...config }, stored).settle()

beforeEach(() => {
  folder = temporaryFolder()
  file = join(folder, 'in.txt')
})

describe('lines', () => {
  it('end with \\n, \\r\\n or \\r, and may be empty', async () => {
    writeFileSync(file, 'unix\ndos\r\n\r\nmac\rlast\r')
    const driver = await drive({})
    expect(driver.lines).toEqual(['unix', 'dos', '', 'mac'])
    appendFileSync(file, '\nnext\n')
    await driver.step()
    expect(driver.lines).toEqual(['unix', 'dos', '', 'mac', 'last', 'next'])
    await driver.stop()
  })

  it.each([1024, 1500, 4096])('are whole whatever the buffer, here of %i bytes', async (buffer) => {
    const lines = Array.from({ length: 300 }, (_, i) => `${i} ${'é'.repeat((i * 37) % 900)}`)
    writeFileSync(file, lines.map((line, i) => line + ['\n', '\r\n', '\r'][i % 3]).join('') + 'end\n')
    const driver = await drive({ 'read.buffer.bytes': String(buffer), 'batch.size': '7' })
    expect(driver.lines).toEqual([...lines, 'end'])
    await driver.stop()
  })

  it('longer than allowed are cut, and nothing of them is lost', async () => {
    const long = 'x'.repeat(10_000)
    writeFileSync(file, `a\n${long}\nb\n`)
    const driver = await drive({ 'line.max.bytes': '3000', 'read.buffer.bytes': '1024' })
    expect(driver.lines.map((line) => line.length)).toEqual([1, 3000, 3000, 3000, 1000, 1])
    expect(driver.lines.slice(1, 5).join('')).toBe(long)
    await driver.stop()
  })

  it('keep bytes that are not UTF-8', async () => {
    const bytes = Buffer.from([0x61, 0xff, 0x00, 0xc3, 0x0a])
    writeFileSync(file, bytes)
    const driver = await drive({ 'value.type': 'bytes' })
    expect(driver.records[0]!.value).toEqual(bytes.subarray(0, 4))
    expect(driver.records[0]!.valueSchema).toEqual({ type: 'bytes' })
    await driver.stop()
  })

  it('can say where they come from', async () => {
    writeFileSync(file, 'ab\ncd\n')
    const driver = await drive({ 'headers.mode': 'origin', 'key.mode': 'name' })
    expect(driver.records.map(({ key }) => String(key))).toEqual(['in.txt', 'in.txt'])
    expect(driver.records[1]!.headers!.map(({ key, value }) => [key, value])).toEqual([
      ['file.path', file],
      ['file.position', 3n],
    ])
    await driver.stop()
  })
})

describe('once', () => {
  const once = { mode: 'once' }

  it('ends at the end of the files and counts a last line that has no end', async () => {
    writeFileSync(file, 'a\nlast')
    const driver = await drive(once)
    expect(driver.ended).toBe(true)
    expect(driver.lines).toEqual(['a', 'last'])
  })

  it('reads only what is new when run again', async () => {
    writeFileSync(file, 'a\n')
    const first = await drive(once)
    appendFileSync(file, 'b\n')
    const second = await drive(once, first.stored)
    const third = await drive(once, second.stored)
    expect([second.lines, third.lines]).toEqual([['b'], []])
  })

  it('refuses a file that is not there', async () => {
    await expect(drive(once)).rejects.toThrow(/in\.txt": there is no such file/)
  })

  it('refuses a folder, and says how to name its files', async () => {
    await expect(drive({ file: folder })).rejects.toThrow(/it is a folder; ".*\/\*" names the files in it/)
  })

  it('is content with a pattern that names nothing', async () => {
    const driver = await drive({ ...once, file: join(folder, '*.none') })
    expect(driver.ended).toBe(true)
  })
})

describe('follow', () => {
  it('waits for a file that is not there yet', async () => {
    const driver = await drive({})
    writeFileSync(file, 'a\n')
    await driver.step()
    expect(driver.lines).toEqual(['a'])
    expect(driver.logged).toEqual([expect.stringContaining('not there yet')])
    await driver.stop()
  })
})

describe('settings', () => {
  const parse = (raw: Record<string, string>) => () => fileSource.config.parse(raw, 'connector "x"')

  it('need a topic, and take file or files', () => {
    expect(parse({ file: 'a' })).toThrow(/missing required setting "topic"/)
    expect(parse({ topic: 't', file: 'a', files: 'b,c' })).toThrow(/either file or files/)
    expect(parse({ topic: 't', 'batch.size': '0' })).toThrow(/"batch.size": expected at least 1/)
  })
})
