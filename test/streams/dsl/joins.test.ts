import { describe, expect, it } from 'vitest'
import { serdes } from '../../../core/index.ts'
import type { GlobalKTable, KStream, KTable } from '../../../streams/index.ts'
import { StreamsBuilder, topic } from '../../../streams/index.ts'
import { TopologyTestDriver } from '../../../streams/testing/index.ts'

const strings = { key: serdes.string, value: serdes.string }
const topics = { a: topic('a', strings), b: topic('b', strings) }
const output = topic('out', strings)
const pair = (left: string | null, right: string | null): string => `${left ?? '·'}${right ?? '·'}`

interface Sides {
  readonly a: () => KStream<string, string>
  readonly b: () => KStream<string, string>
  readonly tableA: () => KTable<string, string>
  readonly tableB: () => KTable<string, string>
  readonly globalB: () => GlobalKTable<string, string>
}

/** Inputs `a:value@time` (key k; `a:key/value@time`; no value is a deletion) and what each one brought out. */
function run(inputs: string, make: (sides: Sides) => KStream<string, string>): string {
  const builder = new StreamsBuilder({ defaults: strings })
  const result = make({
    a: () => builder.stream(topics.a),
    b: () => builder.stream(topics.b),
    tableA: () => builder.table(topics.a),
    tableB: () => builder.table(topics.b),
    globalB: () => builder.globalTable(topics.b),
  })
  result.to(output)
  using driver = new TopologyTestDriver(builder.build(), { config: { 'statestore.cache.max.bytes': 0 } })
  const step = (input: string): string => {
    const [, name, key = 'k', value, time] = /^([ab]):(?:(\w+)\/)?(\w*)@(\d+)$/.exec(input)!
    driver.pipe(topics[name as 'a' | 'b'], { key, value: value || null, timestamp: Number(time) })
    const out = driver.read(output).map((each) => `${each.value ?? 'x'}@${each.timestamp}`)
    return out.length === 0 ? '-' : out.join('+')
  }
  return inputs.trim().split(/\s+/).map(step).join(' ')
}

describe('joins of two streams', () => {
  it('match within the window on both sides, at the later time', () => {
    expect(run('a:A@10 b:B@15 b:C@16 b:D@5 a:E@14', ({ a, b }) => a().join(b(), pair, { within: 5 }))).toBe(
      '- AB@15 - AD@10 EB@15+EC@16',
    )
  })

  it('may look further back than ahead', () => {
    const within = { before: 10, after: 0 }
    expect(run('b:B@1 a:A@10 b:C@11', ({ a, b }) => a().join(b(), pair, { within }))).toBe('- AB@10 -')
  })

  it('left: says so when no match can come any more, grace included', () => {
    expect(
      run('a:A@10 b:z/B@15 b:z/C@17 b:z/D@18', ({ a, b }) => a().leftJoin(b(), pair, { within: 5, grace: 2 })),
    ).toBe('- - - A·@10')
  })

  it('outer: from both sides, each once', () => {
    const both = ({ a, b }: Sides) => a().outerJoin(b(), pair, { within: 5 })
    expect(run('a:A@10 b:B@11 a:C@30 b:D@50 a:z/E@70', both)).toBe('- AB@11 - C·@30 ·D@50')
  })

  it('refuse streams whose windows have no width at all', () => {
    const bad = ({ a, b }: Sides) => a().join(b(), pair, { within: { before: 5, after: -6 } })
    expect(() => run('a:A@1', bad)).toThrow('window')
  })
})

describe('joins of a stream with a table', () => {
  it('look the row up as it is then', () => {
    expect(run('a:A@10 b:B@20 a:C@5 b:@30 a:D@31', ({ a, tableB }) => a().join(tableB(), pair))).toBe('- - CB@5 - -')
  })

  it('left: without a row as well', () => {
    expect(run('a:A@10 b:B@20 a:C@5', ({ a, tableB }) => a().leftJoin(tableB(), pair))).toBe('A·@10 - CB@5')
  })

  it('global: by any key, and every record of the table is there at once', () => {
    const byValue = ({ a, globalB }: Sides) => a().lookup(globalB(), (value) => value, pair, { left: true })
    expect(run('b:A/1@99 a:A@10 b:A/2@1 a:A@11 a:B@12', byValue)).toBe('- A1@10 - A2@11 B·@12')
  })
})

describe('joins of two tables', () => {
  it('inner: a row while both are there', () => {
    expect(
      run('a:A@10 b:B@5 b:C@12 a:@13 b:D@14', ({ tableA, tableB }) => tableA().join(tableB(), pair).toStream()),
    ).toBe('- AB@10 AC@12 x@13 -')
  })

  it('outer: a row while one of them is there', () => {
    const both = ({ tableA, tableB }: Sides) => tableA().outerJoin(tableB(), pair).toStream()
    expect(run('a:A@10 b:B@11 a:@12 b:@13 b:@14', both)).toBe('A·@10 AB@11 ·B@12 x@13 -')
  })

  it('by foreign key: rows follow the row that they point to, and the pointer when it moves', () => {
    const byFirst = ({ tableA, tableB }: Sides) =>
      tableA()
        .foreignKeyJoin(tableB(), (value) => value[0]!, pair)
        .toStream()
    expect(run('a:m1@1 a:l/m2@2 b:m/M@3 b:n/N@4 a:n1@5 b:m/@6 a:@7', byFirst)).toBe('- - m1M@3+m2M@3 - n1N@5 x@6 x@7')
  })

  it('by foreign key, left: rows that point nowhere come out as well', () => {
    const byFirst = ({ tableA, tableB }: Sides) =>
      tableA()
        .foreignKeyJoin(tableB(), (value) => (value === 'none' ? null : value[0]!), pair, { left: true })
        .toStream()
    expect(run('a:m1@1 b:m/M@3 a:none@4 b:m/N@5 a:@6', byFirst)).toBe('m1·@1 m1M@3 none·@4 - x@6')
  })
})
