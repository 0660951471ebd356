import {
  appendFileSync,
  closeSync,
  copyFileSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { beforeEach, describe, expect, it } from 'vitest'

import { fileSource } from '../../../../connectors/plugins/file/source.ts'
import { SourceDriver } from '../../../support/source-driver.ts'
import { temporaryFolder } from '../../../support/temporary.ts'

let folder: string
let log: string
const drive = (config: Record<string, string>, stored: SourceDriver['stored'] = []) =>
  new SourceDriver(fileSource as never, { topic: 't', ...config }, stored)
const at = (name: string): string => join(folder, name)

beforeEach(() => {
  folder = temporaryFolder()
  log = at('app.log')
})

/** The next run, on the offsets that this one left. */
async function restarted(
  driver: SourceDriver,
  config: Record<string, string>,
  meanwhile: () => void = () => {},
): Promise<SourceDriver> {
  await driver.stop()
  meanwhile()
  return drive(config, driver.stored).settle()
}

describe.each([
  ['a single file', () => ({ file: log })],
  ['a pattern', () => ({ file: at('app.log*') })],
])('rotation of %s', (_, configOf) => {
  it('reads on in the new file after a rename, late lines of the old one included', async () => {
    writeFileSync(log, 'a\nb\n')
    const driver = await drive(configOf()).settle()
    renameSync(log, at('app.log.1'))
    appendFileSync(at('app.log.1'), 'c\n')
    writeFileSync(log, 'd\n')
    await driver.step()
    appendFileSync(at('app.log.1'), 'late\n')
    await driver.step()
    appendFileSync(log, 'e\n')
    await driver.step()
    expect(driver.lines).toEqual(['a', 'b', 'c', 'd', 'late', 'e'])
    await driver.step(10_000)
    expect(driver.lines).toHaveLength(6)
    await driver.stop()
  })

  it('ends the last line of a renamed file when nothing more came of it', async () => {
    writeFileSync(log, 'a\nunfin')
    const driver = await drive(configOf()).settle()
    renameSync(log, at('app.log.1'))
    writeFileSync(log, 'b\n')
    await driver.step()
    expect(driver.lines).toEqual(['a', 'b'])
    appendFileSync(at('app.log.1'), 'ished')
    await driver.step()
    await driver.step(10_000)
    expect(driver.lines).toEqual(['a', 'b', 'unfinished'])
    await driver.stop()
  })

  it('takes what was written before a copytruncate from the copy', async () => {
    writeFileSync(log, 'a\nb\n')
    const driver = await drive(configOf()).settle()
    appendFileSync(log, 'c\nd\n')
    copyFileSync(log, at('app.log.1'))
    truncateSync(log)
    appendFileSync(log, 'e\n')
    await driver.step()
    await driver.step()
    expect(driver.lines).toEqual(['a', 'b', 'c', 'd', 'e'])
    await driver.step(10_000)
    appendFileSync(log, 'f\n')
    await driver.step()
    expect(driver.lines).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
    await driver.stop()
  })

  it('does not read the copy while it is being made', async () => {
    writeFileSync(log, 'a\nb\nc\n')
    const driver = await drive(configOf()).settle()
    writeFileSync(at('app.log.1'), 'a\nb\n')
    await driver.step()
    writeFileSync(at('app.log.1'), 'a\nb\nc\n')
    await driver.step(60_000)
    truncateSync(log)
    await driver.step()
    appendFileSync(log, 'd\n')
    await driver.step()
    expect(driver.lines).toEqual(['a', 'b', 'c', 'd'])
    await driver.stop()
  })

  it('sees that a truncated file grew past the old position', async () => {
    writeFileSync(log, 'first line\n')
    const driver = await drive(configOf()).settle()
    writeFileSync(log, 'another beginning\nand more\n')
    await driver.step()
    expect(driver.lines).toEqual(['first line', 'another beginning', 'and more'])
    await driver.stop()
  })

  it('keeps the line that a truncation cut off', async () => {
    writeFileSync(log, 'a\nhalf a li')
    const driver = await drive(configOf()).settle()
    truncateSync(log)
    await driver.step()
    appendFileSync(log, 'b\n')
    await driver.step()
    expect(driver.lines).toEqual(['a', 'half a li', 'b'])
    await driver.stop()
  })

  it('reads a file that was removed and made again', async () => {
    writeFileSync(log, 'a\n')
    const driver = await drive(configOf()).settle()
    rmSync(log)
    writeFileSync(log, 'b\n')
    await driver.step()
    rmSync(log)
    await driver.step()
    await driver.step(10_000)
    writeFileSync(log, 'c\n')
    await driver.step()
    expect(driver.lines).toEqual(['a', 'b', 'c'])
    await driver.stop()
  })

  it('reads what is written to a removed file that is still open', async () => {
    const writer = openSync(log, 'a')
    writeSync(writer, 'a\n')
    const driver = await drive(configOf()).settle()
    rmSync(log)
    writeSync(writer, 'b\nc')
    await driver.step()
    expect(driver.lines).toEqual(['a', 'b'])
    closeSync(writer)
    await driver.step(10_000)
    expect(driver.lines).toEqual(['a', 'b', 'c'])
    await driver.stop()
  })

  it('goes on in the middle of a file after a restart', async () => {
    writeFileSync(log, 'a\nb\nunfin')
    const first = await drive(configOf()).settle()
    const second = await restarted(first, configOf(), () => appendFileSync(log, 'ished\nc\n'))
    expect([...first.lines, ...second.lines]).toEqual(['a', 'b', 'unfinished', 'c'])
    await second.stop()
  })

  it('finds a file again that was renamed while it did not run', async () => {
    writeFileSync(log, 'a\n')
    const first = await drive(configOf()).settle()
    const second = await restarted(first, configOf(), () => {
      appendFileSync(log, 'b\n')
      renameSync(log, at('app.log.1'))
      writeFileSync(log, 'c\n')
    })
    await second.step()
    const third = await restarted(second, configOf(), () => appendFileSync(log, 'd\n'))
    expect([first.lines, second.lines, third.lines]).toEqual([['a'], ['b', 'c'], ['d']])
    await third.stop()
  })

  it('loses no file when names moved on twice while it did not run', async () => {
    writeFileSync(log, 'a\n')
    const first = await drive(configOf()).settle()
    const second = await restarted(first, configOf(), () => {
      appendFileSync(log, 'b\n')
      renameSync(log, at('app.log.2'))
      writeFileSync(at('app.log.1'), 'c\nd\n')
      writeFileSync(log, 'e\n')
    })
    await second.step()
    expect(second.lines.toSorted()).toEqual(['b', 'c', 'd', 'e'])
    await second.step(10_000)
    const third = await restarted(second, configOf())
    expect(third.lines).toEqual([])
    await third.stop()
  })

  it('loses no file when names moved on twice between two looks', async () => {
    writeFileSync(log, 'a\n')
    const driver = await drive(configOf()).settle()
    renameSync(log, at('app.log.2'))
    writeFileSync(at('app.log.1'), 'b\n')
    writeFileSync(log, 'c\n')
    await driver.step()
    await driver.step()
    expect(driver.lines.toSorted()).toEqual(['a', 'b', 'c'])
    await driver.stop()
  })

  it('finds the copy of a copytruncate that happened while it did not run', async () => {
    writeFileSync(log, 'a\nb\n')
    const first = await drive(configOf()).settle()
    const second = await restarted(first, configOf(), () => {
      appendFileSync(log, 'c\n')
      copyFileSync(log, at('app.log.1'))
      truncateSync(log)
      appendFileSync(log, 'd\n')
    })
    await second.step()
    expect(second.lines).toEqual(['c', 'd'])
    await second.step(10_000)
    const third = await restarted(second, configOf(), () => appendFileSync(log, 'e\n'))
    expect(third.lines).toEqual(['e'])
    await third.stop()
  })

  it('says that lines are lost when their file is gone', async () => {
    writeFileSync(log, 'a\n')
    const first = await drive(configOf()).settle()
    const second = await restarted(first, configOf(), () => {
      writeFileSync(at('new'), 'b\n')
      renameSync(at('new'), log)
    })
    expect(second.lines).toEqual(['b'])
    expect(second.logged).toEqual([expect.stringContaining('what followed byte 2 of it is lost')])
    await second.stop()
  })
})

describe('patterns', () => {
  it('takes files that appear later, with their path as key', async () => {
    writeFileSync(at('a.log'), 'a1\n')
    const driver = await drive({ files: `${at('*.log')},${at('more/**/*.txt')}` }).settle()
    writeFileSync(at('b.log'), 'b1\n')
    await driver.step()
    appendFileSync(at('a.log'), 'a2\n')
    await driver.step()
    expect(driver.records.map(({ key }) => String(key))).toEqual([at('a.log'), at('b.log'), at('a.log')])
    expect(driver.stored.map(({ partition, offset }) => [partition, offset?.['position']])).toEqual([
      [{ filename: at('a.log') }, 6],
      [{ filename: at('b.log') }, 3],
    ])
    await driver.stop()
  })

  it('reads a renamed file that still matches once, and forgets one that is gone', async () => {
    writeFileSync(at('a.log'), 'a\n')
    const driver = await drive({ file: at('*.log') }).settle()
    renameSync(at('a.log'), at('b.log'))
    await driver.step()
    appendFileSync(at('b.log'), 'b\n')
    await driver.step()
    expect(driver.lines).toEqual(['a', 'b'])
    rmSync(at('b.log'))
    await driver.step()
    await driver.step(10_000)
    expect(driver.stored).toEqual([])
    await driver.stop()
  })

  it('keeps files apart that begin alike', async () => {
    writeFileSync(at('a.log'), 'started\n')
    const driver = await drive({ file: at('*.log') }).settle()
    writeFileSync(at('b.log'), 'started\n')
    await driver.step()
    expect(driver.lines).toEqual(['started', 'started'])
    await driver.stop()
  })

  it('reads a file with two names once and a compressed one not at all', async () => {
    writeFileSync(at('a.log'), 'a\n')
    linkSync(at('a.log'), at('b.log'))
    writeFileSync(at('c.log'), gzipSync('c\n'))
    const driver = await drive({ file: at('*.log') }).settle()
    await driver.step()
    expect(driver.lines).toEqual(['a'])
    expect(driver.logged).toEqual([expect.stringContaining('compressed')])
    await driver.stop()
  })
})

describe("Connect's own offsets", () => {
  it('goes on at the position that a Java worker stored', async () => {
    writeFileSync(log, 'a\nb\nc\n')
    const driver = await drive({ file: log }, [{ partition: { filename: log }, offset: { position: 4 } }]).settle()
    expect(driver.lines).toEqual(['c'])
    expect(driver.stored[0]!.offset).toMatchObject({ position: 6 })
    await driver.stop()
  })
})
