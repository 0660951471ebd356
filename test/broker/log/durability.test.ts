import { describe, expect, it } from 'vitest'

import { memoryFiles } from '#core/ports/memory-files.ts'
import { faultyFiles, type FaultyCall } from '../../support/faulty-files.ts'
import {
  asClient,
  batchOf,
  nextLife,
  oneLog,
  openLogs,
  startMs,
  topicConfig,
  topicId,
  valuesFrom,
} from '../../support/logs.ts'

const syncs = (calls: readonly FaultyCall[]): number => calls.filter((call) => call === 'sync').length

/** Lets everything run that waits for nothing but its turn. */
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((done) => setImmediate(done))
}

describe('with flush.messages=1', () => {
  it('appends of one moment share a sync, and nothing counts as durable before it is done', async () => {
    const files = faultyFiles(memoryFiles())
    const { log } = await oneLog({ 'flush.messages': 1 }, { files })
    log.append(batchOf(['first']), asClient)
    await log.durable(1)
    const before = syncs(files.calls)
    const done: number[] = []
    for (let i = 1; i < 10; i++) {
      log.append(batchOf(['x']), asClient)
      log.whenDurable(i + 1, () => done.push(i))
    }
    expect([log.durableEndOffset, done]).toEqual([1, []])
    await log.durable(10)
    expect([log.durableEndOffset, done]).toEqual([10, [1, 2, 3, 4, 5, 6, 7, 8, 9]])
    expect(syncs(files.calls) - before).toBe(1)
  })

  it('tells the leader when more has become durable', async () => {
    const { log } = await oneLog({ 'flush.messages': 1 })
    const seen: number[] = []
    log.onDurable = () => seen.push(log.durableEndOffset)
    log.append(batchOf(['a', 'b']), asClient)
    await log.durable(2)
    expect(seen).toContain(2)
  })

  it('a failed sync ends all appends, and nobody is told that it worked', async () => {
    const files = faultyFiles(memoryFiles())
    const { log } = await oneLog({ 'flush.messages': 1 }, { files })
    log.append(batchOf(['a']), asClient)
    await log.durable(1)
    files.fails = (call) => call === 'sync'
    log.append(batchOf(['b']), asClient)
    await expect(log.durable(2)).rejects.toThrow('EIO')
    files.fails = () => false
    expect(() => log.append(batchOf(['c']), asClient)).toThrow(/takes no appends since a sync failed/)
    await expect(log.durable(2)).rejects.toThrow('EIO')
    expect([log.durableEndOffset, await valuesFrom(log)]).toEqual([1, ['0:a', '1:b']])
  })

  it('who waits for what is cut away hears so', async () => {
    const { log } = await oneLog({ 'flush.messages': 1 })
    log.append(batchOf(['a', 'b']), asClient)
    const waiting = log.durable(2)
    log.truncateTo(0)
    await expect(waiting).rejects.toThrow('cut at offset 0')
    log.append(batchOf(['c']), asClient)
    await log.durable(1)
  })
})

describe('otherwise', () => {
  it('the page cache is enough to acknowledge', async () => {
    const { log } = await oneLog()
    log.append(batchOf(['a']), asClient)
    let done = false
    log.whenDurable(1, () => (done = true))
    expect([log.durableEndOffset, log.recoveryPoint, done]).toEqual([1, 0, true])
  })

  it('flush.messages and flush.ms force the log out in the background', async () => {
    const { log, time } = await oneLog({ 'flush.messages': 3, 'flush.ms': 1000 })
    log.append(batchOf(['a', 'b']), asClient)
    await Promise.resolve()
    expect(log.recoveryPoint).toBe(0)
    log.append(batchOf(['c']), asClient)
    await log.flush()
    expect(log.recoveryPoint).toBe(3)
    log.append(batchOf(['d']), asClient)
    time.advance(1000)
    await settled()
    expect(log.recoveryPoint).toBe(4)
  })

  it('a finished segment is forced out, which moves the recovery point', async () => {
    const { files, log, logs } = await oneLog({ 'segment.bytes': 170 })
    for (let i = 0; i < 3; i++) log.append(batchOf(['x']), asClient)
    await settled()
    expect(log.recoveryPoint).toBeGreaterThanOrEqual(2)
    await logs.checkpoint()
    expect(files.readWhole('/data/recovery-point-offset-checkpoint').toString()).toBe(
      `0\n1\nt 0 ${log.recoveryPoint}\n`,
    )
  })
})

describe('when the disk fails', () => {
  it('a half-written batch is as good as never sent', async () => {
    const files = faultyFiles(memoryFiles())
    const { log } = await oneLog({}, { files })
    log.append(batchOf(['a'], { producerId: 1, producerEpoch: 0, baseSequence: 0 }), asClient)
    const second = batchOf(['b'.repeat(100)], { producerId: 1, producerEpoch: 0, baseSequence: 1 })
    files.fails = (call) => call === 'write'
    expect(() => log.append(second, asClient)).toThrow(expect.objectContaining({ code: 'KAFKA_STORAGE_ERROR' }))
    expect(await valuesFrom(log)).toEqual(['0:a'])
    files.fails = (call) => call === 'truncate'
    expect(() => log.append(second, asClient)).toThrow(expect.objectContaining({ code: 'KAFKA_STORAGE_ERROR' }))
    files.fails = () => false
    expect(log.append(second, asClient)).toMatchObject({ baseOffset: 1, duplicate: false })
    expect(log.append(second, asClient)).toMatchObject({ baseOffset: 1, duplicate: true })
    const again = (await openLogs({ files: nextLife(files) })).logs.get('t', 0)!
    expect(await valuesFrom(again)).toEqual(['0:a', `1:${'b'.repeat(100)}`])
  })

  it('a segment that could not be begun leaves nothing behind', async () => {
    const files = faultyFiles(memoryFiles())
    const { log } = await oneLog({ 'segment.ms': 1000 }, { files })
    log.append(batchOf(['a']), asClient)
    // The new file is made, then the index of the old segment cannot be written.
    files.fails = (call) => call === 'write'
    const late = batchOf(['late'], { timestamp: startMs + 5000 })
    expect(() => log.append(late, asClient)).toThrow(/cannot be written/)
    files.fails = () => false
    log.append(batchOf(['b']), asClient)
    expect(files.list('/data/t-0').filter((name) => name.endsWith('.log'))).toHaveLength(1)
    log.append(late, asClient)
    const again = (await openLogs({ files: nextLife(files) })).logs.get('t', 0)!
    expect(await valuesFrom(again)).toEqual(['0:a', '1:b', '2:late'])
  })

  it('a leader epoch that could not be noted is noted with the next batch', async () => {
    const files = faultyFiles(memoryFiles())
    const { log } = await oneLog({}, { files })
    files.fails = (call) => call === 'rename'
    expect(() => log.append(batchOf(['a']), { leaderEpoch: 5, origin: 'client' })).toThrow(/cannot be written/)
    files.fails = () => false
    log.append(batchOf(['a']), { leaderEpoch: 5, origin: 'client' })
    expect(files.readWhole('/data/t-0/leader-epoch-checkpoint').toString()).toBe('0\n1\n5 0\n')
  })

  it('whichever call fails, what was acknowledged is there after a restart and nothing else', async () => {
    for (let failing = 0; ; failing++) {
      const inner = memoryFiles()
      const files = faultyFiles(inner)
      let calls = 0
      let failed = false
      const acknowledged: string[] = []
      const refused: string[] = []
      try {
        const { logs } = await openLogs({ files })
        const log = logs.create('t', 0, topicId, topicConfig({ 'segment.bytes': 170, 'index.interval.bytes': 10 }))
        files.fails = () => (failed ||= calls === failing) && calls++ === failing
        const counting = files.fails
        files.fails = (call, number) => {
          const fails = counting(call, number)
          if (!fails) calls++
          return fails
        }
        for (let i = 0; i < 6; i++) {
          const value = `v${i}`
          try {
            log.append(batchOf([value], { producerId: 1, producerEpoch: 0, baseSequence: acknowledged.length }), {
              leaderEpoch: i >> 1,
              origin: 'client',
            })
            acknowledged.push(value)
          } catch (error) {
            expect((error as { code: string }).code).toBe('KAFKA_STORAGE_ERROR')
            refused.push(value)
          }
        }
        log.advanceHighWatermark(log.logEndOffset)
        expect((await valuesFrom(log)).map((each) => each.split(':')[1])).toEqual(acknowledged)
        await logs.checkpoint()
        await logs.close()
      } catch (error) {
        expect(String(error)).toContain('EIO')
      }
      const { logs } = await openLogs({ files: nextLife(inner) })
      expect([failing, [...logs.damaged.values()].map(String)]).toEqual([failing, []])
      const values = (await valuesFrom(logs.get('t', 0)!)).map((each) => each.split(':')[1])
      expect([failing, values]).toEqual([failing, acknowledged])
      if (!failed) break
      expect(refused.length).toBeLessThanOrEqual(1)
      expect(failing).toBeLessThan(200)
    }
  })
})
