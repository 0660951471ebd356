import { describe, expect, it } from 'vitest'
import { serdes } from '../../../core/index.ts'
import type { KGroupedStream, KTable, Windowed } from '../../../streams/index.ts'
import { StreamsBuilder, topic, windows } from '../../../streams/index.ts'
import { TopologyTestDriver } from '../../../streams/testing/index.ts'

const strings = { key: serdes.string, value: serdes.string }
const input = topic('in', strings)
const output = topic('out', { key: serdes.json<Windowed<string>>(), value: serdes.string })
const join = { init: () => '', add: (all: string, value: string) => all + value, value: serdes.string }

/** Inputs `k:value@time` and what each brought out: `k[start,end]result`, `x` for a deletion, `-` for nothing. */
function run(
  inputs: string,
  make: (grouped: KGroupedStream<string, string>) => KTable<Windowed<string>, string>,
): string {
  const builder = new StreamsBuilder({ defaults: strings })
  make(builder.stream(input).groupByKey()).toStream().to(output)
  using driver = new TopologyTestDriver(builder.build(), { config: { 'statestore.cache.max.bytes': 0 } })
  const step = (each: string): string => {
    const [, key, value, time] = /^(\w):(\w+)@(\d+)$/.exec(each)!
    driver.pipe(input, { key: key!, value: value!, timestamp: Number(time) })
    const out = driver
      .read(output)
      .map(({ key: { key: k, start, end }, value: v }) => `${k}[${start},${end}]${v ?? 'x'}`)
    return out.length === 0 ? '-' : out.join('+')
  }
  return inputs.trim().split(/\s+/).map(step).join(' ')
}

const sessions = (gap: number, grace = 1000) => windows.session(gap, { grace })
// A merge begins with the initial aggregate.
const merge = (earlier: string, later: string): string => (earlier === '' ? later : `${earlier}/${later}`)

describe('sessions', () => {
  it('grow with each record within the gap, and a record between two makes one of them', () => {
    const wanted = 'k[0,0]a k[0,0]x+k[0,5]ab k[20,20]c k[0,5]x+k[20,20]x+k[0,20]ab/cd'
    expect(run('k:a@0 k:b@5 k:c@20 k:d@13', (g) => g.windowedBy(sessions(8)).aggregate({ ...join, merge }))).toBe(
      wanted,
    )
  })

  it('keep keys apart', () => {
    expect(run('k:a@0 l:b@1', (g) => g.windowedBy(sessions(8)).reduce((all, value) => all + value))).toBe(
      'k[0,0]a l[1,1]b',
    )
  })

  it('let records in until time has passed their end by gap and grace', () => {
    const made = (g: KGroupedStream<string, string>) => g.windowedBy(sessions(5, 10)).aggregate({ ...join, merge })
    expect(run('k:a@20 k:b@35 l:c@19 l:d@20', made)).toBe('k[20,20]a k[35,35]b - l[20,20]d')
  })

  it('on close: each once, when nothing can join them any more', () => {
    const closing = (g: KGroupedStream<string, string>) =>
      g
        .windowedBy(sessions(5, 0))
        .emit('close')
        .aggregate({ ...join, merge })
    expect(run('k:a@0 k:b@4 l:c@9 l:d@10 l:e@30', closing)).toBe('- - - k[0,4]ab l[9,10]cd')
  })
})

describe('sliding windows', () => {
  it('make a window for each record and for the time just behind it', () => {
    const slide = (g: KGroupedStream<string, string>) =>
      g.windowedBy(windows.sliding(10, { grace: 1000 })).aggregate(join)
    // [start,end] of a window that ends with a record, and of the one that begins behind the record before.
    expect(run('k:a@20 k:b@25 k:c@31', slide)).toBe('k[10,20]a k[21,31]b+k[15,25]ab k[21,31]bc+k[26,36]c')
  })
})

describe('cogrouped streams', () => {
  it('build one aggregate from several topics, each with an adder of its own', () => {
    const other = topic('other', { key: serdes.string, value: serdes.long })
    const sums = topic('sums', strings)
    const builder = new StreamsBuilder({ defaults: strings })
    const words = builder.stream(input).groupByKey()
    const numbers = builder.stream(other).groupByKey()
    words
      .cogroup<string>((all, word) => `${all} ${word}`)
      .cogroup(numbers, (all, number) => `${all} #${number}`)
      .aggregate({ init: () => '>', value: serdes.string })
      .toStream()
      .to(sums)
    using driver = new TopologyTestDriver(builder.build())
    driver.pipe(input, { key: 'k', value: 'a', timestamp: 1 })
    driver.pipe(other, { key: 'k', value: 7, timestamp: 2 })
    driver.pipe(input, { key: 'k', value: 'b', timestamp: 1 })
    expect(driver.read(sums).map(({ value, timestamp }) => `${value}@${timestamp}`)).toEqual([
      '> a@1',
      '> a #7@2',
      '> a #7 b@2',
    ])
  })
})
