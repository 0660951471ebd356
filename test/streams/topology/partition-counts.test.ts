import { describe, expect, it } from 'vitest'
import { serdes } from '../../../core/index.ts'
import { StreamsBuilder, topic } from '../../../streams/index.ts'

const strings = { key: serdes.string, value: serdes.string }

describe('partition counts', () => {
  it('follow from the topics that exist, through chains of repartitions', () => {
    const builder = new StreamsBuilder({ defaults: strings })
    builder
      .stream(topic('in', strings))
      .selectKey((value) => value)
      .groupByKey({ name: 'one' })
      .count({ store: 'counts' })
      .toStream()
      .map((count, key) => [key, String(count)])
      .repartition({ name: 'two' })
      .to(topic('out', strings))
    const counts = builder.build().partitionCounts('app', new Map([['in', 6]]))
    expect(Object.fromEntries(counts)).toEqual({
      in: 6,
      'app-one-repartition': 6,
      'app-counts-changelog': 6,
      'app-two-repartition': 6,
    })
  })

  it('a repartition topic adapts to what it is joined with, a fixed one stays', () => {
    const build = (partitions?: number) => {
      const builder = new StreamsBuilder({ defaults: strings })
      const left = builder
        .stream(topic('left', strings))
        .repartition({ name: 'l', ...(partitions !== undefined && { partitions }) })
      left.join(builder.table(topic('right', strings)), (a, b) => a + b).to(topic('out', strings))
      return builder.build().partitionCounts(
        'app',
        new Map([
          ['left', 2],
          ['right', 8],
        ]),
      )
    }
    expect(build().get('app-l-repartition')).toBe(8)
    expect(build(3).get('app-l-repartition')).toBe(3)
  })
})
