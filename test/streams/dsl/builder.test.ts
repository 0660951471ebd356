import { describe, expect, it } from 'vitest'
import { serdes } from '../../../core/index.ts'
import { StreamsBuilder, topic, topics, windows } from '../../../streams/index.ts'

const strings = { key: serdes.string, value: serdes.string }
const input = topic('in', strings)
const output = topic('out', strings)

describe('builder', () => {
  it('inherits serdes along the chain, and says which node lacks one', () => {
    const builder = new StreamsBuilder()
    builder
      .stream(input)
      .mapValues((value) => value.length)
      .groupByKey()
      .reduce((a, b) => a + b)
    expect(() => builder.build()).toThrow(
      'store "KSTREAM-REDUCE-STATE-STORE-0000000002" needs a value serde and none is known there',
    )
    const given = new StreamsBuilder()
    given
      .stream(input)
      .mapValues((value) => value.length, { value: serdes.int32 })
      .groupByKey()
      .reduce((a, b) => a + b)
    expect(given.build().stores.get('KSTREAM-REDUCE-STATE-STORE-0000000002')?.value).toBe(serdes.int32)
    const defaulted = new StreamsBuilder({ defaults: strings })
    defaulted
      .stream(input)
      .flatMapValues((value) => value.split(' '))
      .groupBy((word) => word)
      .count()
    expect(
      defaulted
        .build()
        .internalTopics('app')
        .map(({ name }) => name),
    ).toEqual([
      'app-KSTREAM-AGGREGATE-STATE-STORE-0000000003-changelog',
      'app-KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition',
    ])
  })

  it('uses a name up for every call, named or not', () => {
    const names = (name?: string): string[] => {
      const builder = new StreamsBuilder()
      builder
        .stream(input)
        .filter(() => true, name === undefined ? {} : { name })
        .to(output)
      return builder.build().nodes.map((node) => node.name)
    }
    expect(names()).toEqual(['KSTREAM-SOURCE-0000000000', 'KSTREAM-FILTER-0000000001', 'KSTREAM-SINK-0000000002'])
    expect(names('mine')).toEqual(['KSTREAM-SOURCE-0000000000', 'mine', 'KSTREAM-SINK-0000000002'])
  })

  it('reads a topic once, however often it is asked for', () => {
    const builder = new StreamsBuilder()
    builder.stream(input).foreach(() => {})
    builder.stream(input).to(output)
    const sources = builder.build().nodes.filter((node) => node.kind === 'source')
    expect(sources).toHaveLength(1)
  })

  it("makes a table's store only if something looks rows up", () => {
    const plain = new StreamsBuilder()
    plain.table(input).toStream().to(output)
    expect(plain.build().stores.size).toBe(0)
    const joined = new StreamsBuilder()
    joined
      .stream(topic('other', strings))
      .join(joined.table(input), (a, b) => a + b)
      .to(output)
    expect([...joined.build().stores.keys()]).toEqual(['in-STATE-STORE-0000000001'])
  })

  it('repartitions once behind a key change when asked to merge, under the first name', () => {
    const build = (optimization: string) => {
      const builder = new StreamsBuilder({ defaults: strings })
      const grouped = builder.stream(input).selectKey((value) => value)
      grouped.groupByKey().count({ store: 'first' })
      grouped.groupByKey().count({ store: 'second' })
      return builder
        .build({ optimization })
        .internalTopics('app')
        .filter(({ kind }) => kind === 'repartition')
        .map(({ name }) => name)
    }
    expect(build('none')).toEqual(['app-first-repartition', 'app-second-repartition'])
    expect(build('all')).toEqual(['app-first-repartition'])
    expect(() => build('everything')).toThrow('"everything" is not one of none, all')
  })

  it.each([
    [
      'two processors of one name',
      (b: StreamsBuilder) =>
        void b
          .stream(input)
          .filter(() => true, { name: 'x' })
          .filter(() => true, { name: 'x' }),
      'two processors have the name "x"',
    ],
    [
      'two stores of one name',
      (b: StreamsBuilder) => [1, 2].forEach(() => b.stream(input).groupByKey().count({ store: 's' })),
      'another store has the name "s" already',
    ],
    [
      'names with other characters',
      (b: StreamsBuilder) => void b.stream(input, { name: 'a b' }),
      'name "a b" is not allowed: it has other characters',
    ],
    [
      'sources that overlap',
      (b: StreamsBuilder) => void b.stream([input, topic('x', strings)]).merge(b.stream([input, topic('y', strings)])),
      'read some topics in common',
    ],
    [
      'a topic that a pattern reads too',
      (b: StreamsBuilder) => void b.stream(input).merge(b.stream(topics(/i.*/, strings))),
      'topic "in" is read by more than one source',
    ],
    [
      'final results without windows',
      (b: StreamsBuilder) => void b.table(input).suppress({ until: 'windowCloses' }),
      'needs an aggregation over windows',
    ],
    [
      'retention shorter than the windows',
      (b: StreamsBuilder) =>
        void b
          .stream(input)
          .groupByKey()
          .windowedBy(windows.tumbling(10, { grace: 5 }))
          .count({ store: { name: 's', retention: 14 } }),
      '14 ms is less than the windows need, which is 15 ms',
    ],
    [
      'results on close of windows without end',
      (b: StreamsBuilder) => void b.stream(input).groupByKey().windowedBy(windows.unlimited()).emit('close'),
      'never close',
    ],
    [
      'joins of topics with different fixed counts',
      (b: StreamsBuilder) =>
        void b
          .stream(input)
          .repartition({ name: 'two', partitions: 2 })
          .join(b.stream(output).repartition({ name: 'three', partitions: 3 }), (x) => x, { within: 1 }),
      'must have the same number of partitions',
    ],
    [
      'nodes of another builder',
      (b: StreamsBuilder) => void b.stream(input).merge(new StreamsBuilder().stream(input)),
      'of another StreamsBuilder',
    ],
  ])('refuses %s', (_, make, message) => {
    expect(() => {
      const builder = new StreamsBuilder()
      make(builder)
      builder.build()
    }).toThrow(message)
  })
})
