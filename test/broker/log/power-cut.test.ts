import { describe, expect, it } from 'vitest'

import { seededRandom, type Random } from '#core/ports/random.ts'
import type { LogDirectory } from '../../../broker/log/log-directory.ts'
import type { PartitionLog } from '../../../broker/log/partition-log.ts'
import { batchOf, nextLife, openLogs, topicConfig, topicId, valuesFrom } from '../../support/logs.ts'
import { powerCutFiles, type PowerCutFiles } from '../../support/power-cut-files.ts'

const config = (flushed: boolean) =>
  topicConfig({
    'segment.bytes': 600,
    'index.interval.bytes': 100,
    'file.delete.delay.ms': 0,
    'flush.messages': flushed ? 1 : 20,
  })

/** One history of a log over several lives, and what must be true of it. */
class History {
  readonly random: Random
  readonly flushed: boolean
  files: PowerCutFiles = powerCutFiles()
  logs!: LogDirectory
  log!: PartitionLog
  /** Values by offset as the log must have them. */
  values: string[] = []
  /** Everything below was promised to be on the disk. */
  promised = 0
  start = 0
  sequence = 0
  count = 0
  epoch = 0

  constructor(seed: number, flushed: boolean) {
    this.random = seededRandom(seed)
    this.flushed = flushed
  }

  async open(): Promise<void> {
    const { logs } = await openLogs({ files: nextLife(this.files) as PowerCutFiles, config: config(this.flushed) })
    this.logs = logs
    this.epoch++
    expect([...logs.damaged.values()].map(String)).toEqual([])
    const found = logs.get('t', 0)
    this.log = found ?? logs.create('t', 0, topicId, config(this.flushed))
    this.log.updateConfig(config(this.flushed))
  }

  /** Holds what the log serves to what was appended, and goes on from there. */
  async check(lostAllowed: boolean): Promise<void> {
    const { log } = this
    expect(log.logEndOffset).toBeGreaterThanOrEqual(this.promised)
    if (!lostAllowed) expect(log.logEndOffset).toBe(this.values.length)
    const expected = this.values.slice(0, log.logEndOffset).map((value, offset) => `${offset}:${value}`)
    expect(await valuesFrom(log)).toEqual(expected.slice(log.logStartOffset))
    this.values.length = log.logEndOffset
    this.promised = Math.min(this.promised, this.values.length)
    log.advanceHighWatermark(log.logEndOffset)
    // Whatever is left, its producer may go on where it ended, and what it sends again is known.
    this.sequence = log.logEndOffset
    if (log.logEndOffset > log.logStartOffset) {
      const last = this.values.length - 1
      const again = batchOf([this.values[last]!], { producerId: 1, producerEpoch: 0, baseSequence: last })
      expect(log.append(again, { leaderEpoch: this.epoch, origin: 'client' })).toMatchObject({
        baseOffset: last,
        duplicate: true,
      })
    }
  }

  async step(): Promise<void> {
    const { log, random } = this
    const kind = random.next()
    if (kind < 0.75) {
      const value = `${this.count++} ${'x'.repeat(Math.floor(random.next() * 60))}`
      const batch = batchOf([value], { producerId: 1, producerEpoch: 0, baseSequence: this.sequence++ })
      const { lastOffset } = log.append(batch, { leaderEpoch: this.epoch, origin: 'client' })
      this.values.push(value)
      if (this.flushed && random.next() < 0.5) {
        await log.durable(lastOffset + 1)
        this.promised = lastOffset + 1
      }
      log.advanceHighWatermark(log.logEndOffset)
    } else if (kind < 0.85) {
      await new Promise((done) => setImmediate(done))
      this.promised = Math.max(this.promised, log.recoveryPoint)
    } else if (kind < 0.9) {
      await this.logs.checkpoint()
      this.promised = Math.max(this.promised, log.recoveryPoint)
    } else if (kind < 0.94) {
      log.deleteRecordsBefore(Math.floor(random.next() * (log.highWatermark + 1)))
    } else if (kind < 0.96 && !this.flushed) {
      const to = log.logStartOffset + Math.floor(random.next() * (log.logEndOffset - log.logStartOffset + 1))
      log.truncateTo(to)
      this.values.length = log.logEndOffset
      this.sequence = log.logEndOffset
      this.promised = Math.min(this.promised, log.logEndOffset)
    } else {
      await log.flush()
      this.promised = log.logEndOffset
    }
  }

  /** Ends this life: 'stop' cleanly, 'kill' the process, or 'cut' the power. */
  async end(how: 'stop' | 'kill' | 'cut'): Promise<void> {
    if (how === 'stop') await this.logs.close()
    if (how === 'cut') this.files = this.files.cut(this.random)
    await this.open()
    await this.check(how === 'cut')
  }
}

async function live(seed: number, flushed: boolean): Promise<void> {
  const history = new History(seed, flushed)
  await history.open()
  await history.log.flush()
  for (let life = 0; life < 6; life++) {
    const steps = Math.floor(history.random.next() * 40)
    for (let i = 0; i < steps; i++) await history.step()
    const how = history.random.next()
    await history.end(how < 0.25 ? 'stop' : how < 0.5 ? 'kill' : 'cut')
  }
}

describe('over many lives, ended by stops, kills and power cuts', () => {
  it.each([true, false])(
    'a log loses nothing that it promised, and serves nothing else (flush.messages=1: %s)',
    async (flushed) => {
      const seeds = Number(process.env['POWER_CUT_SEEDS'] ?? 20)
      for (let seed = 1; seed <= seeds; seed++) {
        try {
          await live(seed, flushed)
        } catch (error) {
          throw new Error(`seed ${seed}`, { cause: error })
        }
      }
    },
  )
})
