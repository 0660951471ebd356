import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'

import type { Files } from '#core/ports/files.ts'
import { memoryFiles } from '#core/ports/memory-files.ts'
import { systemFiles } from '#core/ports/system-files.ts'
import { asClient, batchOf, nextLife, oneLog, openLogs, topicConfig, topicId, valuesFrom } from '../../support/logs.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-log-'))
afterAll(() => rmSync(folder, { recursive: true }))

const segmentName = (base: number, suffix: string): string => `${String(base).padStart(20, '0')}${suffix}`

function copyTree(from: Files, to: Files, path: string, target: string): void {
  to.makeDirectory(target)
  for (const name of from.list(path)) {
    if (from.stat(`${path}/${name}`).directory) copyTree(from, to, `${path}/${name}`, `${target}/${name}`)
    else to.replace(`${target}/${name}`, from.readWhole(`${path}/${name}`))
  }
}

/** A log that was not closed, with the sizes of its batches. */
async function crashed(batchCount: number, config: Parameters<typeof topicConfig>[0] = {}) {
  const bench = await oneLog({ 'index.interval.bytes': 100, ...config })
  const sizes: number[] = []
  for (let i = 0; i < batchCount; i++) {
    const bytes = batchOf([`a${i}`, `b${i}`], {
      producerId: 1,
      producerEpoch: 0,
      baseSequence: i * 2,
      compression: i % 2 ? 'gzip' : 'none',
    })
    sizes.push(bytes.length)
    bench.log.append(bytes, { leaderEpoch: Math.floor(i / 3), origin: 'client' })
  }
  return { ...bench, sizes, values: await valuesFrom(bench.log) }
}

describe('after a crash', () => {
  it.each(['memory', 'disk'] as const)(
    'exactly the intact prefix is served, wherever the last three batches are cut (%s)',
    async (kind) => {
      const { files: written, sizes, values } = await crashed(8)
      const total = sizes.reduce((sum, size) => sum + size, 0)
      const lastThree = sizes.slice(-3).reduce((sum, size) => sum + size, 0)
      // On a real disk every cut costs syncs, so only those around the borders of batches are made there.
      const borders = [1, 2, 3].map((count) => sizes.slice(-count).reduce((sum, size) => sum + size, 0))
      for (let cut = 0; cut <= lastThree; cut++) {
        if (kind === 'disk' && !borders.some((border) => Math.abs(border - cut) <= 1) && cut % 40 !== 0) continue
        const files = kind === 'memory' ? memoryFiles() : nextLife(systemFiles)
        const path = kind === 'memory' ? '/data' : `${folder}/cut-${cut}`
        copyTree(written, files, '/data', path)
        files.open(`${path}/t-0/${segmentName(0, '.log')}`).truncate(total - cut)
        const { logs } = await openLogs({ files, path })
        const log = logs.get('t', 0)!
        const whole = sizes.filter(
          (_, i) => sizes.slice(0, i + 1).reduce((sum, size) => sum + size, 0) <= total - cut,
        ).length
        expect([cut, await valuesFrom(log)]).toEqual([cut, values.slice(0, whole * 2)])
        expect([log.logEndOffset, log.latestEpoch]).toEqual([whole * 2, Math.floor((whole - 1) / 3)])
        const next = batchOf(['next'], { producerId: 1, producerEpoch: 0, baseSequence: whole * 2 })
        expect(log.append(next, asClient).baseOffset).toBe(whole * 2)
        await logs.close()
      }
    },
  )

  it('bytes that are no batch are cut off, whatever they are', async () => {
    const { files, sizes, values } = await crashed(3)
    const total = sizes.reduce((sum, size) => sum + size, 0)
    for (const garbage of [
      Buffer.alloc(1),
      Buffer.alloc(5000),
      Buffer.alloc(200, 0xff),
      Buffer.from('half a batch of something'.repeat(9)),
    ]) {
      const file = files.open(`/data/t-0/${segmentName(0, '.log')}`)
      file.truncate(total)
      file.write([garbage], total)
      const log = (await openLogs({ files: nextLife(files) })).logs.get('t', 0)!
      expect(await valuesFrom(log)).toEqual(values)
      expect(file.size()).toBe(total)
    }
  })

  it('a batch that repeats an offset ends the log', async () => {
    const { files, sizes, values } = await crashed(3)
    const total = sizes.reduce((sum, size) => sum + size, 0)
    files.open(`/data/t-0/${segmentName(0, '.log')}`).write([batchOf(['again'], { baseOffset: 5 })], total)
    expect(await valuesFrom((await openLogs({ files: nextLife(files) })).logs.get('t', 0)!)).toEqual(values)
  })

  it('offsets that a copy of a compacted log leaves out are no damage, whatever the checkpoints say', async () => {
    for (const promised of [0, 3, 8]) {
      const { files, logs, log } = await oneLog()
      for (const baseOffset of [0, 5, 7, 11, 12]) {
        if (baseOffset > promised && log.recoveryPoint === 0) await log.flush().then(() => logs.checkpoint())
        log.append(batchOf([`v${baseOffset}`], { baseOffset }), { leaderEpoch: 0, origin: 'replica' })
      }
      if (promised === 0) files.remove('/data/recovery-point-offset-checkpoint')
      const { logs: again } = await openLogs({ files: nextLife(files) })
      expect(await valuesFrom(again.get('t', 0)!)).toEqual(['0:v0', '5:v5', '7:v7', '11:v11', '12:v12'])
    }
  })

  it('segments behind a hole are dropped with it', async () => {
    const { files, values } = await crashed(9, { 'segment.bytes': 300 })
    const second = files.list('/data/t-0').filter((name) => name.endsWith('.log'))[1]!
    files.open(`/data/t-0/${second}`).truncate(50)
    const { logs } = await openLogs({ files: nextLife(files) })
    const log = logs.get('t', 0)!
    expect(await valuesFrom(log)).toEqual(values.slice(0, Number(second.slice(0, 20))))
    expect(
      files
        .list('/data/t-0')
        .filter((name) => name.endsWith('.log'))
        .at(-1),
    ).toBe(second)
    log.append(batchOf(['next']), asClient)
    await logs.close()
    expect((await openLogs({ files: nextLife(files) })).logs.damaged.size).toBe(0)
  })

  it('damage below the recovery point is told with file and position, and nothing is cut', async () => {
    const { files, logs, log, sizes } = await crashed(6)
    await log.flush()
    await logs.checkpoint()
    const file = `/data/t-0/${segmentName(0, '.log')}`
    const at = sizes[0]! + sizes[1]!
    const good = files.readWhole(file)
    files.open(file).write([Buffer.from([good[at + 70]! ^ 1])], at + 70)
    for (let life = 0; life < 2; life++) {
      const again = await openLogs({ files: nextLife(files) })
      expect(again.logs.get('t', 0)).toBeUndefined()
      expect(again.logs.damaged.get('t-0')!.message).toBe(
        `log file "${file}" is damaged at byte ${at}: a batch with a wrong checksum`,
      )
      expect(files.stat(file).size).toBe(good.length)
      // Not even a stop in between makes the recovery point forgotten.
      await again.logs.close()
    }
    files.open(file).truncate(at)
    const short = await openLogs({ files: nextLife(files) })
    expect(short.logs.damaged.get('t-0')!.code).toBe('LOG_FILE_MISSING')
    files.replace(file, good)
    expect((await openLogs({ files: nextLife(files) })).logs.damaged.size).toBe(0)
  })

  it('files that are all gone are missed', async () => {
    const { files, logs, log } = await crashed(3)
    await log.flush()
    await logs.checkpoint()
    for (const name of files.list('/data/t-0')) files.remove(`/data/t-0/${name}`)
    const again = await openLogs({ files: nextLife(files) })
    expect(again.logs.damaged.get('t-0')!.message).toContain('ends at offset 0, but offset 6 was on the disk before')
  })

  it('a cut made before it is not taken for damage', async () => {
    const { files, logs, log, values } = await crashed(6, { 'segment.bytes': 300 })
    await log.flush()
    await logs.checkpoint()
    log.truncateTo(4)
    const again = await openLogs({ files: nextLife(files) })
    expect([...again.logs.damaged.values()].map(String)).toEqual([])
    expect(await valuesFrom(again.logs.get('t', 0)!)).toEqual(values.slice(0, 4))
  })

  it('an empty file inside another segment is no segment', async () => {
    for (const clean of [false, true]) {
      const { files, logs, values } = await crashed(3)
      if (clean) await logs.close()
      files.open(`/data/t-0/${segmentName(2, '.log')}`, { create: true })
      const again = await openLogs({ files: nextLife(files) })
      expect(await valuesFrom(again.logs.get('t', 0)!)).toEqual(values)
    }
  })

  it('other logs serve although one is damaged', async () => {
    const { files, logs, log } = await crashed(2)
    logs.create('u', 3, topicId, topicConfig()).append(batchOf(['fine']), asClient)
    await log.flush()
    await logs.checkpoint()
    files.open(`/data/t-0/${segmentName(0, '.log')}`).truncate(10)
    const again = await openLogs({ files: nextLife(files) })
    expect([...again.logs.damaged.keys()]).toEqual(['t-0'])
    expect(await valuesFrom(again.logs.get('u', 3)!)).toEqual(['0:fine'])
    expect(() => again.logs.create('t', 0, topicId, topicConfig())).toThrow('exists already')
  })

  it('the start set by DeleteRecords holds', async () => {
    const { files, log } = await crashed(6, { 'segment.bytes': 300 })
    log.advanceHighWatermark(12)
    log.deleteRecordsBefore(7)
    const again = (await openLogs({ files: nextLife(files) })).logs.get('t', 0)!
    expect([again.logStartOffset, (await valuesFrom(again))[0]]).toEqual([7, '7:b3'])
  })

  it('indexes are rebuilt, and zeros or garbage in them do not matter', async () => {
    const { files, values } = await crashed(12, { 'segment.bytes': 500 })
    for (const name of files.list('/data/t-0').filter((each) => each.endsWith('index'))) {
      files.replace(`/data/t-0/${name}`, Buffer.alloc(10 * 12 * 8))
    }
    const { logs } = await openLogs({ files: nextLife(files), config: topicConfig({ 'index.interval.bytes': 100 }) })
    const log = logs.get('t', 0)!
    for (let offset = 0; offset < 24; offset++) expect((await valuesFrom(log, offset))[0]).toBe(values[offset])
    await logs.close()
    const sealed = files.stat(`/data/t-0/${segmentName(0, '.index')}`).size
    expect([sealed > 0, sealed % 8]).toEqual([true, 0])
  })

  it('leader epochs are found in the log when their file is damaged or gone', async () => {
    for (const harm of [Buffer.alloc(0), Buffer.from('0\n9\n1 1\n'), Buffer.alloc(40), undefined]) {
      for (const clean of [true, false]) {
        const { files, logs } = await crashed(8, { 'segment.bytes': 300 })
        if (clean) await logs.close()
        if (harm) files.replace('/data/t-0/leader-epoch-checkpoint', harm)
        else files.remove('/data/t-0/leader-epoch-checkpoint')
        const again = await openLogs({ files: nextLife(files) })
        const log = again.logs.get('t', 0)!
        expect([0, 5, 6, 11, 12, 15].map((offset) => log.epochFor(offset))).toEqual([0, 0, 1, 1, 2, 2])
        await again.logs.close()
        expect(files.readWhole('/data/t-0/leader-epoch-checkpoint').toString()).toBe('0\n3\n0 0\n1 6\n2 12\n')
      }
    }
  })

  it('an old message format is refused and not cut', async () => {
    const { files, sizes } = await crashed(2)
    const file = `/data/t-0/${segmentName(0, '.log')}`
    // Format 1: offset, size, CRC-32 of what follows, magic, attributes, timestamp, key, value.
    const message = Buffer.alloc(80)
    message.writeBigInt64BE(4n, 0)
    message.writeInt32BE(68, 8)
    message.writeInt8(1, 16)
    message.writeInt32BE(-1, 26)
    message.writeInt32BE(46, 30)
    message.writeUInt32BE(crc32(message.subarray(16)), 12)
    files.open(file).write([message], sizes[0]! + sizes[1]!)
    const { logs } = await openLogs({ files: nextLife(files) })
    expect(logs.damaged.get('t-0')!.message).toContain('message format 1')
    expect(files.stat(file).size).toBe(sizes[0]! + sizes[1]! + 80)
  })
})

describe('after a clean stop', () => {
  it('missing indexes are rebuilt from the log', async () => {
    const { files, logs, values } = await crashed(12, { 'segment.bytes': 500 })
    await logs.close()
    for (const name of files.list('/data/t-0').filter((each) => each.endsWith('index')))
      files.remove(`/data/t-0/${name}`)
    const log = (await openLogs({ files })).logs.get('t', 0)!
    for (let offset = 0; offset < 24; offset++) expect((await valuesFrom(log, offset))[0]).toBe(values[offset])
  })

  it('an index that was sized in advance is read up to its zeros', async () => {
    const { files, logs, values } = await crashed(12, { 'segment.bytes': 500 })
    await logs.close()
    for (const name of files.list('/data/t-0').filter((each) => each.endsWith('index'))) {
      const path = `/data/t-0/${name}`
      files.replace(path, Buffer.concat([files.readWhole(path), Buffer.alloc(1200)]))
    }
    const again = await openLogs({ files })
    const log = again.logs.get('t', 0)!
    for (let offset = 0; offset < 24; offset++) expect((await valuesFrom(log, offset))[0]).toBe(values[offset])
    expect(log.append(batchOf(['next']), asClient).baseOffset).toBe(24)
    await again.logs.close()
    expect((await valuesFrom((await openLogs({ files })).logs.get('t', 0)!)).at(-1)).toBe('24:next')
  })
})
