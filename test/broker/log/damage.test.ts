import { describe, expect, it } from 'vitest'

import type { Files } from '#core/ports/files.ts'
import { batches } from '#core/records/batch.ts'
import { writeCleanShutdown } from '../../../broker/log/clean-shutdown.ts'
import type { PartitionLog } from '../../../broker/log/partition-log.ts'
import { markerBatch } from '../../../broker/log/transaction-marker.ts'
import { TrustedBytes } from '../../../broker/log/trusted-bytes.ts'
import { asClient, batchOf, nextLife, oneLog, openLogs, startMs, topicConfig } from '../../support/logs.ts'

const settings = { 'segment.bytes': 900, 'index.interval.bytes': 100 }
const firstFile = '/data/t-0/00000000000000000000'

/** Twenty batches of two records, some 100 bytes each, in several segments, and the life of their writer over. */
async function stopped() {
  const { files, logs, log } = await oneLog(settings)
  const positions: number[] = []
  for (let i = 0, at = 0; i < 20; i++) {
    const batch = batchOf([`${i}`, 'v'.repeat(20)], { timestamp: startMs + i * 10 })
    log.append(batch, asClient)
    positions.push(at)
    at += batch.length
  }
  await logs.close()
  return { files, positions }
}

/** The next life, after a stop that was clean. */
async function open(files: Files) {
  writeCleanShutdown(files, '/data', -1)
  const said: string[] = []
  const say = (level: string, message: string): void => void said.push(`${level} ${message}`)
  const { logs } = await openLogs({ files: nextLife(files), say })
  return { logs, said }
}

async function next(files: Files) {
  const { logs, said } = await open(files)
  const log = logs.get('t', 0)!
  log.updateConfig(topicConfig(settings))
  return { logs, log, said }
}

function change(files: Files, file: string, at: number, bytes: readonly number[]): void {
  files.open(file).write([Buffer.from(bytes)], at)
}

const flip = (files: Files, file: string, at: number): void => change(files, file, at, [files.readWhole(file)[at]! ^ 1])

const lastFile = (files: Files): string =>
  `/data/t-0/${files
    .list('/data/t-0')
    .filter((name) => name.endsWith('.log'))
    .at(-1)}`

/** The offsets that a reader gets who steps over what cannot be read, one batch at a time, and where it could not. */
async function readable(log: PartitionLog, maxBytes = 1) {
  const offsets: number[] = []
  const damaged: number[] = []
  for (let offset = 0; offset < log.logEndOffset;) {
    try {
      const { chunks } = await log.read(offset, maxBytes, { atLeastOneBatch: true })
      for (const chunk of chunks)
        for (const batch of batches(chunk)) {
          expect(batch.isCrcValid()).toBe(true)
          offsets.push(batch.baseOffset)
          offset = batch.lastOffset + 1
        }
    } catch (error) {
      expect((error as { code: string }).code).toBe('LOG_CORRUPT')
      damaged.push(offset)
      offset += 2
    }
  }
  return { offsets, damaged }
}

const evens = (...without: number[]): number[] =>
  Array.from({ length: 20 }, (_, i) => i * 2).filter((offset) => !without.includes(offset))

describe('a bit that flips while nobody runs', () => {
  for (const [where, at] of [
    ['a record', 75],
    ['the checksum', 18],
    ['the format', 16],
    ['the count of offsets', 26],
  ] as const)
    it(`in ${where} is never served, is told once, and what lies around it is`, async () => {
      const { files, positions } = await stopped()
      flip(files, `${firstFile}.log`, positions[2]! + at)
      const sizeBefore = files.stat(`${firstFile}.log`).size
      for (const maxBytes of [1, 150, 100_000]) {
        const { log, said } = await next(files)
        expect(await readable(log, maxBytes)).toEqual({ offsets: evens(4), damaged: [4] })
        expect(await readable(log, maxBytes)).toEqual({ offsets: evens(4), damaged: [4] })
        const told = said.filter((line) => line.startsWith('error'))
        expect(told).toHaveLength(1)
        expect(told[0]).toContain(`log file "${firstFile}.log" is damaged at byte ${positions[2]}:`)
        expect(files.stat(`${firstFile}.log`).size).toBe(sizeBefore)
      }
    })

  it('in an offset, which no checksum covers, is found by the batch behind', async () => {
    const { files, positions } = await stopped()
    change(files, `${firstFile}.log`, positions[2]! + 7, [5])
    const { log } = await next(files)
    const { offsets, damaged } = await readable(log)
    expect(offsets.filter((offset) => offset % 2 === 1)).toEqual([])
    expect(damaged).toContain(4)
  })

  it('stops who loads state there, by the name of the file', async () => {
    const { files, positions } = await stopped()
    flip(files, `${firstFile}.log`, positions[2]! + 75)
    const { log } = await next(files)
    const seen: number[] = []
    const load = (): void => {
      for (const bytes of log.scan()) for (const batch of batches(bytes)) seen.push(batch.baseOffset)
    }
    expect(load).toThrow(`"${firstFile}.log" is damaged at byte ${positions[2]}: the batch at offset 4`)
    expect(seen).toEqual([0, 2])
  })

  it('is not looked into for a time', async () => {
    const { files, positions } = await stopped()
    flip(files, `${firstFile}.log`, positions[2]! + 75)
    const { log } = await next(files)
    expect(log.offsetForTimestamp(startMs + 10)!.offset).toBe(2)
    expect(() => log.offsetForTimestamp(startMs + 20)).toThrow('the batch at offset 4 has a wrong checksum')
    expect(log.offsetForTimestamp(startMs + 30)!.offset).toBe(6)
  })

  it('ends compaction, which says so and leaves every file as it is', async () => {
    const { files, positions } = await stopped()
    flip(files, `${firstFile}.log`, positions[2]! + 75)
    const { logs, log, said } = await next(files)
    log.updateConfig(topicConfig({ ...settings, 'cleanup.policy': ['compact'], 'min.cleanable.dirty.ratio': 0 }))
    log.advanceHighWatermark(log.logEndOffset)
    const before = files.list('/data/t-0')
    await logs.clean()
    expect(said.filter((line) => line.includes('cannot be compacted'))).toHaveLength(1)
    expect(files.list('/data/t-0')).toEqual(before)
    expect((await readable(log)).damaged).toEqual([4])
  })
})

describe('bytes that were verified', () => {
  it('are not verified again, and those of this life never are', async () => {
    const { files, positions } = await stopped()
    const { log } = await next(files)
    expect(await readable(log)).toEqual({ offsets: evens(), damaged: [] })
    // Only who looks again could see this.
    flip(files, `${firstFile}.log`, positions[2]! + 75)
    const { chunks } = await log.read(4, 1, { atLeastOneBatch: true })
    expect([...batches(chunks[0]!)][0]!.isCrcValid()).toBe(false)
  })

  it('are remembered wherever readers are', () => {
    const trusted = new TrustedBytes(1000)
    expect([trusted.endAt(0), trusted.endAt(1000)]).toEqual([0, Infinity])
    trusted.add(100, 200)
    trusted.add(300, 400)
    expect([50, 100, 199, 200, 350].map((at) => trusted.endAt(at))).toEqual([50, 200, 200, 200, 400])
    trusted.add(150, 320)
    expect(trusted.endAt(100)).toBe(400)
    trusted.add(400, 1000)
    expect(trusted.endAt(100)).toBe(Infinity)
    trusted.cut(350)
    expect([trusted.endAt(100), trusted.endAt(360)]).toEqual([Infinity, Infinity])
    for (let i = 0; i < 100; i++) trusted.add(i * 3, i * 3 + 1)
    trusted.own()
    expect(trusted.endAt(0)).toBe(Infinity)
  })
})

describe('an index full of rubbish', () => {
  for (const [kind, suffix] of [
    ['positions', '.index'],
    ['times', '.timeindex'],
  ] as const)
    for (const value of [0xff, 0x7f, 0x00, 0x01])
      it(`of ${kind} (${value}) is built anew, and nothing is read from the wrong place`, async () => {
        const { files } = await stopped()
        const file = `${firstFile}${suffix}`
        const good = files.readWhole(file)
        const size = suffix === '.index' ? 8 : 12
        for (let entry = 0; entry < good.length / size; entry++) {
          files.replace(file, Buffer.from(good).fill(value, entry * size, (entry + 1) * size))
          const { log, said } = await next(files)
          expect(await readable(log)).toEqual({ offsets: evens(), damaged: [] })
          for (let i = 0; i < 20; i++) {
            expect((await log.read(i * 2, 1, { atLeastOneBatch: true })).sizeInBytes).toBeGreaterThan(0)
            expect(log.offsetForTimestamp(startMs + i * 10)!.offset).toBe(i * 2)
          }
          for (const line of said) expect(line).toContain(`the indexes of ${firstFile}.log`)
        }
      })

  it('does not make retention take a segment for older than it is', async () => {
    const { files } = await stopped()
    const file = `${firstFile}.timeindex`
    files.replace(file, files.readWhole(file).subarray(0, 12))
    const { log } = await next(files)
    const { timestamp } = log.offsetForTimestamp(startMs + 60)!
    expect(timestamp).toBe(startMs + 60)
    log.updateConfig(topicConfig({ ...settings, 'retention.ms': 1000 }))
    expect(log.deleteOldSegments(startMs + 1030)).toBe(0)
  })
})

describe('an offset that changes while nobody runs', () => {
  it('of the last batch does not make the log longer', async () => {
    const { files } = await stopped()
    const file = lastFile(files)
    const last = [...batches(files.readWhole(file))].at(-1)!
    change(files, file, last.position + 6, [0x10])
    const { logs } = await open(files)
    expect(logs.get('t', 0)).toBeUndefined()
    expect(logs.damaged.get('t-0')!.message).toBe(
      `log file "${file}" is damaged at byte ${last.position}: offset ${0x1000 + 38} where 38 should be`,
    )
  })

  /** Changes a byte of the last batch's offset; says where the batch is. */
  function moveLast(files: Files, byte: number, bit: number): { file: string; position: number } {
    const file = lastFile(files)
    const { position } = [...batches(files.readWhole(file))].at(-1)!
    change(files, file, position + byte, [files.readWhole(file)[position + byte]! ^ bit])
    return { file, position }
  }

  it('of the last batch by so little that it lies below the recovery point is damage', async () => {
    const { files } = await stopped()
    const { file, position } = moveLast(files, 7, 1)
    const { logs } = await open(files)
    expect(logs.damaged.get('t-0')!.message).toBe(
      `log file "${file}" is damaged at byte ${position}: offset 39 where 38 should be`,
    )
  })

  it('of the last batch is damage where an empty file is behind', async () => {
    const { files, logs, log } = await oneLog(settings)
    for (let i = 0; i < 4; i++) log.append(batchOf([`${i}`, 'v']), asClient)
    await logs.checkpoint()
    const last = lastFile(files)
    log.roll()
    await logs.close()
    const { position } = [...batches(files.readWhole(last))].at(-1)!
    change(files, last, position + 6, [0x10])
    const again = (await open(files)).logs
    expect(again.damaged.get('t-0')!.message).toContain(`"${last}" is damaged at byte ${position}: offset 4102 where 6`)
  })

  for (const [byte, bit] of [
    [7, 1],
    [6, 0x80],
    [4, 1],
  ] as const) {
    it(`of the last batch (byte ${byte}) is not served after a crash without any checkpoint: the log ends before it`, async () => {
      const { files } = await stopped()
      for (const name of ['recovery-point-offset-checkpoint', '.kafka_cleanshutdown']) files.remove(`/data/${name}`)
      const { position } = moveLast(files, byte, bit)
      const said: string[] = []
      const { logs } = await openLogs({ files: nextLife(files), say: (_, message) => void said.push(message) })
      const log = logs.get('t', 0)!
      expect(log.logEndOffset).toBe(38)
      expect(await readable(log)).toEqual({ offsets: evens(38), damaged: [] })
      expect(said).toContain('log t-0 was not closed: cut what lies behind offset 38')
      expect(files.stat(lastFile(files)).size).toBe(position)
    })

    it(`of the last batch (byte ${byte}) is damage after a clean stop, though the recovery point is lost`, async () => {
      const { files } = await stopped()
      files.remove('/data/recovery-point-offset-checkpoint')
      const { file, position } = moveLast(files, byte, bit)
      const { size } = files.stat(file)
      const { logs } = await open(files)
      expect(logs.damaged.get('t-0')!.message).toContain(`log file "${file}" is damaged at byte ${position}`)
      expect(files.stat(file).size).toBe(size)
    })
  }

  it('so that the batch behind contradicts it ends a log that was not closed before both', async () => {
    const { files, log } = await oneLog()
    const positions = [0, 1, 2, 3].map((i) => {
      const { sizeInBytes } = log
      log.append(batchOf([`${i}`, 'v']), asClient)
      return sizeInBytes
    })
    change(files, `${firstFile}.log`, positions[2]! + 7, [5])
    const again = (await openLogs({ files: nextLife(files) })).logs.get('t', 0)!
    expect([again.logEndOffset, (await readable(again)).offsets]).toEqual([4, [0, 2]])
  })

  it('so that the batch seems to end at the recovery point is not believed against the batch behind', async () => {
    const { files, logs, log } = await oneLog()
    const positions = [0, 1, 2, 3].map((i) => {
      const { sizeInBytes } = log
      log.append(batchOf([`${i}`, 'v']), asClient)
      return sizeInBytes
    })
    await log.flush()
    await logs.checkpoint()
    change(files, `${firstFile}.log`, positions[1]! + 7, [6])
    const again = (await openLogs({ files: nextLife(files) })).logs
    expect(again.damaged.get('t-0')!.message).toContain(`at byte ${positions[1]}: offset 6 where 2 should be`)
  })

  it('of two neighbours to behind the end is told to who reads there', async () => {
    const { files, positions } = await stopped()
    const file = lastFile(files)
    for (const { position } of [...batches(files.readWhole(file))].slice(0, 2)) change(files, file, position + 5, [1])
    expect(positions).toHaveLength(20)
    const { log } = await next(files)
    const from = Number(file.slice(-24, -4))
    expect((await readable(log)).damaged).toEqual(expect.arrayContaining([from, from + 2]))
  })

  it('of two neighbours to behind the end is not answered to who asks for a time', async () => {
    const { files } = await stopped()
    const file = lastFile(files)
    for (const { position } of [...batches(files.readWhole(file))].slice(0, 2)) change(files, file, position + 5, [1])
    const { log } = await next(files)
    const from = Number(file.slice(-24, -4))
    expect(() => log.offsetForTimestamp(startMs + from * 5)).toThrow('is damaged')
  })

  it('of a batch is not answered to who asks for a time', async () => {
    const { files, positions } = await stopped()
    change(files, `${firstFile}.log`, positions[2]! + 6, [1])
    const { log } = await next(files)
    expect(() => log.offsetForTimestamp(startMs + 20)).toThrow('is damaged')
    expect(log.offsetForTimestamp(startMs + 100)!.offset).toBe(20)
  })

  it('so that a batch reaches beyond the end is damage, not the end', async () => {
    const { files, positions } = await stopped()
    change(files, `${firstFile}.log`, positions[2]! + 24, [1])
    const { log } = await next(files)
    expect((await readable(log)).damaged).toContain(4)
  })
})

describe('a segment with the content of another', () => {
  it('is not taken for its own', async () => {
    const { files } = await stopped()
    files.replace(`${firstFile}.log`, files.readWhole(lastFile(files)))
    const { logs } = await open(files)
    expect(logs.damaged.get('t-0')!.message).toContain(`log file "${firstFile}.log" is damaged at byte 0`)
  })
})

describe('an index of aborted transactions', () => {
  const txnFile = `${firstFile}.txnindex`

  /** One transaction of two that are open at the same time was aborted. */
  async function aborted() {
    const { files, logs, log } = await oneLog()
    const data = (producerId: number): void =>
      void log.append(
        batchOf(['a'], { producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true }),
        asClient,
      )
    const marker = (producerId: number, aborts: boolean): void =>
      void log.append(markerBatch({ producerId, producerEpoch: 0, aborts, coordinatorEpoch: 0, timestamp: startMs }), {
        leaderEpoch: 0,
        origin: 'coordinator',
      })
    for (const producerId of [7, 8]) data(producerId)
    marker(7, true)
    marker(8, false)
    data(9)
    marker(9, true)
    await logs.close()
    return files
  }

  it('that names others, or nothing, is built anew', async () => {
    const files = await aborted()
    const good = files.readWhole(txnFile)
    const expected = [
      { producerId: 7, firstOffset: 0, lastOffset: 2 },
      { producerId: 9, firstOffset: 4, lastOffset: 5 },
    ]
    // Version, and the last byte of producer, first offset, last offset and last stable offset of both entries.
    const bytes = [1, 9, 17, 25, 33].flatMap((at) => [at, at + 34])
    for (const at of bytes) {
      files.replace(txnFile, Buffer.from(good).fill(good[at]! ^ 1, at, at + 1))
      const { log } = await next(files)
      expect(log.abortedTransactions(0, 6), `byte ${at}`).toMatchObject(expected)
    }
    for (const content of [
      Buffer.alloc(0),
      Buffer.alloc(34),
      good.subarray(0, 40),
      Buffer.concat([good, Buffer.alloc(34)]),
    ]) {
      files.replace(txnFile, content)
      const { log, said } = await next(files)
      expect(log.abortedTransactions(0, 6)).toMatchObject(expected)
      expect(said).toEqual([`warn the transaction index of ${firstFile}.log does not fit it: it is built anew`])
    }
  })

  it('is believed where its transactions are damaged themselves', async () => {
    const files = await aborted()
    const marker = [...batches(files.readWhole(`${firstFile}.log`))][2]!
    flip(files, `${firstFile}.log`, marker.position + 16)
    const { log, said } = await next(files)
    expect(log.abortedTransactions(0, 6)).toMatchObject([{ producerId: 7 }, { producerId: 9 }])
    expect(said.filter((line) => line.includes('is damaged at byte'))).toHaveLength(1)
  })
})
