import { describe, expect, it } from 'vitest'

import { TailCache } from '../../../broker/log/tail-cache.ts'
import { asClient, batchOf, oneLog, openLogs, topicConfig, topicId, valuesFrom } from '../../support/logs.ts'

describe('the tails in memory', () => {
  it('stay within their bound together, the oldest going first', async () => {
    const { logs, log } = await oneLog({}, { tailCacheBytes: 200_000 })
    const other = logs.create('u', 0, topicId, topicConfig())
    const values: string[] = []
    for (let i = 0; i < 100; i++) {
      const value = String(i).repeat(4000)
      values.push(`${i}:${value}`)
      for (const each of [log, other]) each.append(batchOf([value]), asClient)
    }
    for (const each of [log, other]) expect(await valuesFrom(each)).toEqual(values)
  })

  it('drop whole chunks from the front and count what they hold', () => {
    const cache = new TailCache(100_000)
    const [a, b] = [cache.tail(), cache.tail()]
    const add = (tail: typeof a, offset: number, size: number): void => {
      const bytes = batchOf(['x'.repeat(size)], { baseOffset: offset })
      tail.stage(bytes, offset)
      tail.commit(bytes.length, offset, offset + 1)
    }
    for (let i = 0; i < 40; i++) {
      add(a, i, 2500)
      add(b, i, 5000)
    }
    expect(cache.bytes).toBeLessThanOrEqual(100_000)
    expect([a.startOffset(40) > 0, b.startOffset(40) > 0]).toEqual([true, true])
    expect(a.read(0, 1000, 40, true)).toBeUndefined()
    expect(a.read(39, 1000, 40, true)!.sizeInBytes).toBeGreaterThan(2500)
    a.clear()
    b.clear()
    expect(cache.bytes).toBe(0)
  })

  it('hold a batch that is larger than all of it', async () => {
    const { log } = await oneLog({ 'max.message.bytes': 5_000_000 }, { tailCacheBytes: 1000 })
    log.append(batchOf(['x'.repeat(3_000_000)]), asClient)
    expect((await valuesFrom(log))[0]).toHaveLength(3_000_002)
  })

  it('are empty after a restart', async () => {
    const bench = await oneLog()
    bench.log.append(batchOf(['a']), asClient)
    await bench.logs.close()
    expect(await valuesFrom((await openLogs(bench)).logs.get('t', 0)!)).toEqual(['0:a'])
  })
})
