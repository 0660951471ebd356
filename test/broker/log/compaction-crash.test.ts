import { describe, expect, it } from 'vitest'

import { memoryFiles } from '#core/ports/memory-files.ts'
import { seededRandom } from '#core/ports/random.ts'
import { batches } from '#core/records/batch.ts'
import type { Files } from '#core/ports/files.ts'
import type { LogDirectory } from '../../../broker/log/log-directory.ts'
import type { PartitionLog } from '../../../broker/log/partition-log.ts'
import { faultyFiles } from '../../support/faulty-files.ts'
import { KeyedHistory, viewOf } from '../../support/keyed-history.ts'
import { asClient, batchOf, nextLife, oneLog, openLogs, startMs, topicConfig, topicId } from '../../support/logs.ts'
import { powerCutFiles, type PowerCutFiles } from '../../support/power-cut-files.ts'

const config = topicConfig({
  'cleanup.policy': ['compact'],
  'min.cleanable.dirty.ratio': 0,
  'segment.bytes': 2500,
  'index.interval.bytes': 300,
  'delete.retention.ms': 500,
  'file.delete.delay.ms': 0,
})

async function open(files: Files): Promise<{ logs: LogDirectory; log: PartitionLog }> {
  const { logs } = await openLogs({ files: nextLife(files), config })
  expect([...logs.damaged.values()].map(String)).toEqual([])
  const log = logs.get('t', 0) ?? logs.create('t', 0, topicId, config)
  log.updateConfig(config)
  log.advanceHighWatermark(log.logEndOffset)
  return { logs, log }
}

/** Appends for a while; then everything is on the disk and may be cleaned. */
async function grow(history: KeyedHistory, log: PartitionLog, steps: number, nowMs: number): Promise<void> {
  for (let i = 0; i < steps; i++) history.step(log, nowMs)
  log.roll()
  log.advanceHighWatermark(log.logEndOffset)
  await log.flush()
}

const namesOf = (files: Files): string[] => files.list('/data/t-0')

/** Nothing of an unfinished compaction is left, and no offset is in the files twice. */
function isTidy(files: Files): void {
  expect(namesOf(files).filter((name) => /\.(cleaned|swap|deleted)$/.test(name))).toEqual([])
  let next = 0
  for (const name of namesOf(files).filter((each) => each.endsWith('.log'))) {
    for (const batch of batches(files.readWhole(`/data/t-0/${name}`))) {
      expect(batch.isCrcValid()).toBe(true)
      expect(batch.baseOffset).toBeGreaterThanOrEqual(next)
      next = batch.lastOffset + 1
    }
  }
}

describe('a compaction that does not come to its end', () => {
  it('leaves a log that reads the same, wherever the file system gives up for good', async () => {
    for (let limit = 0; ; limit++) {
      const inner = memoryFiles()
      const files = faultyFiles(inner)
      const { logs, log } = await open(files)
      await grow(new KeyedHistory(seededRandom(3)), log, 90, startMs)
      await logs.checkpoint()
      const before = await viewOf(log)
      const done = files.calls.length
      files.fails = () => files.calls.length > done + limit
      await logs.clean()
      const finished = files.calls.length <= done + limit
      // Whoever reads meanwhile is served, unless files were replaced in part.
      const again = await open(inner)
      expect(await viewOf(again.log), `after ${limit} changes`).toEqual(before)
      isTidy(inner)
      await again.logs.clean()
      expect(await viewOf(again.log)).toEqual(before)
      if (finished) {
        expect(limit).toBeGreaterThan(40)
        return
      }
    }
  })

  it('leaves nothing out when the process is killed before any checkpoint was written', async () => {
    const { files, logs, log } = await oneLog(config)
    const put = (key: string): void => void log.append(batchOf([`${log.logEndOffset}`.repeat(200)], { key }), asClient)
    for (const key of 'abaaaaaaaaaaaaaaaaaaaaaaaaaaaaac') put(key)
    for (let i = 0; i < 10; i++) put(`k${i}`)
    log.roll()
    log.advanceHighWatermark(log.logEndOffset)
    await log.flush()
    const before = await viewOf(log)
    await logs.clean()
    expect(namesOf(files).filter((name) => name.endsWith('.log')).length).toBeGreaterThan(3)
    // The offset up to which the log is clean is written last of all.
    files.remove('/data/cleaner-offset-checkpoint')
    expect(await viewOf((await open(files)).log)).toEqual(before)
  })

  it('takes no appends once files were replaced in part', async () => {
    const files = faultyFiles(memoryFiles())
    const { logs, log } = await open(files)
    await grow(new KeyedHistory(seededRandom(3)), log, 90, startMs)
    let renames = 0
    files.fails = (call) => call === 'rename' && ++renames > 8
    await logs.clean()
    expect(() => new KeyedHistory(seededRandom(1)).settle(log, startMs)).not.toThrow()
    expect(() => log.append(Buffer.alloc(61), { leaderEpoch: 0, origin: 'client' })).toThrow(/no appends/)
  })
})

describe('a power cut during compaction', () => {
  it('loses nothing that was on the disk, and the log goes on', async () => {
    const seeds = Number(process.env['POWER_CUT_SEEDS'] ?? 6)
    const met = { cleaned: 0, ended: 0 }
    for (let seed = 1; seed <= seeds; seed++) {
      const random = seededRandom(seed)
      const history = new KeyedHistory(random)
      let files: PowerCutFiles = powerCutFiles()
      for (let life = 0; life < 5; life++) {
        const { logs, log } = await open(files)
        await grow(history, log, 50, startMs + life * 400)
        await logs.checkpoint()
        const before = await viewOf(log)
        const cleaning = logs.clean()
        const turns = Math.floor(random.next() * 3000)
        for (let i = 0; i < turns; i++) await Promise.resolve()
        if (namesOf(files).some((name) => name.endsWith('.cleaned'))) met.cleaned++
        if (log.compaction.cleanedOffset !== undefined) met.ended++
        const cut = files.cut(random)
        await cleaning
        files = cut
        const again = await open(files)
        expect(await viewOf(again.log), `seed ${seed}, life ${life}`).toEqual(before)
        isTidy(files)
      }
    }
    expect(met.cleaned).toBeGreaterThan(0)
    expect(met.ended).toBeGreaterThan(0)
  })
})
