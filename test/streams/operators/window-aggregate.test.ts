import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { serdes } from '../../../core/index.ts'
import type { KGroupedStream, KTable, TimeWindowedKStream, Topology, Windowed } from '../../../streams/index.ts'
import { StreamsBuilder, topic, windows } from '../../../streams/index.ts'
import type { TestDriverOptions } from '../../../streams/testing/index.ts'
import { TopologyTestDriver } from '../../../streams/testing/index.ts'

const strings = { key: serdes.string, value: serdes.string }
const input = topic('in', strings)
const output = topic('out', { key: serdes.json<Windowed<string>>(), value: serdes.long })

type Make = (windowed: TimeWindowedKStream<string, string>, size: ReturnType<typeof windows.tumbling>) => void

/**
 * A line of inputs `k@time` and below it, in the same columns, what each one brought out: `k[start=count` for windows of
 * ten, `-` for nothing, `x` for a record left out.
 */
function run(
  marbles: string,
  make: Make,
  options: TestDriverOptions = {},
  size = windows.tumbling(10, { grace: 5 }),
): string {
  const builder = new StreamsBuilder()
  make(builder.stream(input).groupByKey().windowedBy(size), size)
  using driver = new TopologyTestDriver(builder.build(), options)
  const step = (each: string): string => {
    const [key, time] = each.split('@')
    const late = driver.dropped.late ?? 0
    driver.pipe(input, { key: key!, value: 'v', timestamp: Number(time) })
    const out = driver.read(output).map(({ key: { key: k, start }, value }) => `${k}[${start}=${value}`)
    if (out.length > 0) return out.join('+')
    return (driver.dropped.late ?? 0) > late ? 'x' : '-'
  }
  return marbles.trim().split(/\s+/).map(step).join(' ')
}

const updates: Make = (windowed) => windowed.count().toStream().to(output)
const closing: Make = (windowed) => windowed.emit('close').count().toStream().to(output)
const suppressed: Make = (windowed) => windowed.count().suppress({ until: 'windowCloses' }).toStream().to(output)

describe('aggregation over windows', () => {
  it('lets records in until time has passed the end by the grace period', () => {
    //                   closes [0,10) at 15: 14 is not enough
    const wanted = 'a[0=1 a[10=1 a[0=2 a[10=2 x  a[10=3'
    expect(run('a@3 a@14 a@9 a@15 a@9 a@11', updates)).toBe(wanted.replace(/\s+/g, ' '))
  })

  it('a record never makes itself late', () => {
    expect(run('a@3 a@100 a@95', updates)).toBe('a[0=1 a[100=1 a[90=1')
  })

  it('hopping windows refuse and take one record window by window', () => {
    const size = windows.hopping(10, { advance: 5, grace: 0 })
    expect(run('a@7 a@10 a@8', updates, {}, size)).toBe('a[0=1+a[5=1 a[5=2+a[10=1 a[5=3')
  })

  it.each([
    ['emit on close', closing],
    ['suppress', suppressed],
  ])('%s brings each window out once, when it is closed for good', (_, make) => {
    expect(run('a@3 b@4 a@14 a@9 c@15 c@25 c@30', make)).toBe('- - - - a[0=2+b[0=1 a[10=1+c[10=1 -')
  })

  it('no final result is lost, however far time jumps and however seldom results go out', () => {
    const inputs = fc.array(
      fc.record({ key: fc.constantFrom('a', 'b', 'c'), advance: fc.oneof(fc.nat(8), fc.nat(200)), late: fc.nat(12) }),
      { maxLength: 40 },
    )
    const finals = (make: (grouped: KGroupedStream<string, string>) => KTable<Windowed<string>, number>) => {
      const builder = new StreamsBuilder()
      make(builder.stream(input).groupByKey()).toStream().to(output)
      return builder.build()
    }
    const sizes = [windows.tumbling(10, { grace: 5 }), windows.hopping(10, { advance: 4, grace: 0 })]
    const closing = sizes.map((size) => finals((grouped) => grouped.windowedBy(size).emit('close').count()))
    const suppressing = sizes.map((size) =>
      finals((grouped) => grouped.windowedBy(size).count().suppress({ until: 'windowCloses' })),
    )
    const sessions = finals((grouped) =>
      grouped
        .windowedBy(windows.session(6, { grace: 3 }))
        .emit('close')
        .count(),
    )
    fc.assert(
      fc.property(inputs, fc.constantFrom(0, 1000), (steps, emitIntervalMs) => {
        const results = (topology: Topology) => {
          using driver = new TopologyTestDriver(topology, { config: { 'emit.interval.ms': emitIntervalMs } })
          let now = 0
          for (const { key, advance, late } of steps) {
            now += advance
            driver.pipe(input, { key, value: 'v', timestamp: Math.max(0, now - late) })
          }
          driver.closeWindows()
          return { rows: driver.read(output), late: driver.dropped.late ?? 0 }
        }
        const texts = (topology: Topology): string[] =>
          results(topology).rows.map(({ key: { key, start, end }, value }) => `${key}[${start},${end}]${value}`)
        for (const [i, topology] of closing.entries())
          expect(texts(topology).sort()).toEqual(texts(suppressing[i]!).sort())
        const { rows, late } = results(sessions)
        expect(rows.reduce((sum, { value }) => sum + value, late)).toBe(steps.length)
      }),
    )
  })

  it('the cache gathers updates until a commit and keeps the order of the last change', () => {
    const builder = new StreamsBuilder()
    builder.stream(input).groupByKey().windowedBy(windows.tumbling(10)).count().toStream().to(output)
    using driver = new TopologyTestDriver(builder.build(), { commit: 'manual' })
    for (const key of ['a', 'b', 'a']) driver.pipe(input, { key, value: 'v', timestamp: 1 })
    expect(driver.read(output)).toEqual([])
    driver.commit()
    expect(driver.read(output).map(({ key, value }) => `${key.key}${value}`)).toEqual(['b1', 'a2'])
  })

  it('without a cache every update comes out', () => {
    expect(run('a@1 a@2 a@3', updates, { commit: 'manual', config: { 'statestore.cache.max.bytes': 0 } })).toBe(
      'a[0=1 a[0=2 a[0=3',
    )
  })

  it('the end of input closes every window, and what comes later for them is late', () => {
    const builder = new StreamsBuilder()
    builder
      .stream(input)
      .groupByKey()
      .windowedBy(windows.tumbling(10, { grace: '1h' }))
      .emit('close')
      .count()
      .toStream()
      .to(output)
    using driver = new TopologyTestDriver(builder.build())
    driver.pipe(input, { key: 'a', value: 'v', timestamp: 3 }, { key: 'a', value: 'v', timestamp: 25 })
    driver.closeWindows()
    expect(driver.read(output).map(({ key, value }) => `${key.start}=${value}`)).toEqual(['0=1', '20=1'])
    driver.pipe(input, { key: 'a', value: 'v', timestamp: 26 })
    expect(driver.dropped.late).toBe(1)
    driver.pipe(input, { key: 'a', value: 'v', timestamp: 31 })
    driver.closeWindows()
    expect(driver.read(output).map(({ key, value }) => `${key.start}=${value}`)).toEqual(['30=1'])
  })
})
