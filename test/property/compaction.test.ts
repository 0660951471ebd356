import { describe, expect, it } from 'vitest'

import { seededRandom } from '#core/ports/random.ts'
import { defaultCleanerOptions } from '../../broker/log/cleaner/config.ts'
import type { PartitionLog } from '../../broker/log/partition-log.ts'
import { KeyedHistory, viewOf } from '../support/keyed-history.ts'
import { batchesFrom, nextLife, oneLog, openLogs, topicConfig } from '../support/logs.ts'

const config = {
  'cleanup.policy': ['compact'],
  'min.cleanable.dirty.ratio': 0,
  'segment.bytes': 3000,
  'index.interval.bytes': 300,
  'delete.retention.ms': 500,
  'file.delete.delay.ms': 0,
}

/** Offsets rise, no key is twice below where compaction ended, sequences are those of whole batches. */
async function isCompacted(log: PartitionLog, cleanedOffset: number): Promise<void> {
  const keys = new Map<string, number>()
  let last = -1
  for (const batch of await batchesFrom(log)) {
    expect(batch.baseOffset).toBeGreaterThan(last)
    last = batch.lastOffset
    if (batch.isControl) continue
    for (const { key, offset } of batch.records()) {
      if (offset >= cleanedOffset) return
      expect(keys.get(String(key)), `key ${String(key)} at ${offset}`).toBeUndefined()
      keys.set(String(key), offset)
    }
  }
}

async function life(seed: number, keyBytes: number): Promise<void> {
  const random = seededRandom(seed)
  const cleaner = { ...defaultCleanerOptions, keyBytes }
  const bench = await oneLog(config, { cleaner })
  const history = new KeyedHistory(random)
  let { log, logs } = bench
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 60; i++) history.step(log, bench.time.now())
    if (random.next() < 0.5) history.settle(log, bench.time.now())
    bench.time.advance(Math.floor(random.next() * 600))
    log.roll()
    log.advanceHighWatermark(log.logEndOffset)
    await log.flush()
    const before = await viewOf(log)
    await logs.clean()
    expect(await viewOf(log)).toEqual(before)
    const { cleanedOffset } = log.compaction
    if (cleanedOffset !== undefined && keyBytes > 1e4) await isCompacted(log, cleanedOffset)
    // Another life, in which producers are known from the log alone.
    await logs.checkpoint()
    const files = nextLife(bench.files)
    for (const name of files.list('/data/t-0').filter((each) => each.endsWith('.snapshot')))
      files.remove(`/data/t-0/${name}`)
    const next = await openLogs({ ...bench, files, cleaner })
    logs = next.logs
    log = logs.get('t', 0)!
    log.updateConfig(topicConfig(config))
    log.advanceHighWatermark(log.logEndOffset)
    expect(await viewOf(log)).toEqual(before)
  }
}

describe('compaction of random histories', () => {
  it.each([1 << 20, 24 * 20])(
    'changes nothing for who keeps the last value of each key (%i bytes for keys)',
    async (bytes) => {
      const seeds = Number(process.env['COMPACTION_SEEDS'] ?? 4)
      for (let seed = 1; seed <= seeds; seed++) {
        try {
          await life(seed, bytes)
        } catch (error) {
          throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error })
        }
      }
    },
  )
})
