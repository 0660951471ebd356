import { describe, expectTypeOf, it } from 'vitest'
import { serdes } from '../../../core/index.ts'
import type { KStream, KTable, Windowed } from '../../../streams/index.ts'
import { StreamsBuilder, topic, windows } from '../../../streams/index.ts'

interface Click {
  readonly page: string
  readonly tier: 'gold' | 'free'
}

const clicks = topic('clicks', { key: serdes.string, value: serdes.json<Click>() })
const names = topic('names', { key: serdes.string, value: serdes.string })
const numbers = topic('numbers', { key: serdes.string, value: serdes.long })
const stream = (): KStream<string, Click> => new StreamsBuilder().stream(clicks)

describe('types of the DSL', () => {
  it('follow keys and values through a chain', () => {
    expectTypeOf(stream().mapValues((click) => click.page.length)).toEqualTypeOf<KStream<string, number>>()
    expectTypeOf(stream().map((click, key) => [click.page, key] as const)).toEqualTypeOf<KStream<string, string>>()
    expectTypeOf(stream().flatMapValues((click) => click.page.split(''))).toEqualTypeOf<KStream<string, string>>()
    const counts = stream().groupByKey().windowedBy(windows.tumbling('1m')).count()
    expectTypeOf(counts).toEqualTypeOf<KTable<Windowed<string>, number>>()
    expectTypeOf(counts.toStream((_, { key }) => key)).toEqualTypeOf<KStream<string, number>>()
  })

  it('narrow branches by their guards', () => {
    const isGold = (click: Click): click is Click & { readonly tier: 'gold' } => click.tier === 'gold'
    const { gold, rest } = stream().split().branch('gold', isGold).default('rest')
    expectTypeOf(gold).toEqualTypeOf<KStream<string, Click & { readonly tier: 'gold' }>>()
    expectTypeOf(rest).toExtend<KStream<string, Click>>()
    // @ts-expect-error there is no such branch
    void stream().split().branch('gold', isGold).noDefault().silver
  })

  it('refuse a sink of another type, and take one that accepts more', () => {
    // @ts-expect-error the topic takes text, the stream has clicks
    const wrong = () => stream().to(names)
    const wide = topic('wide', { key: serdes.string, value: serdes.json<{ readonly page: string }>() })
    void [wrong, () => stream().to(wide)]
  })

  it('give a left join null for what is not there', () => {
    const table = new StreamsBuilder().table(names)
    void (() => stream().join(table, (click, name) => click.page + name.length))
    // @ts-expect-error the name may be missing
    void (() => stream().leftJoin(table, (click, name) => click.page + name.length))
  })

  it('refuse durations that are none, reducers of another type, keys that do not fit', () => {
    // @ts-expect-error no unit of that name
    const duration = (): unknown => windows.tumbling('1 minute')
    const grouped = () => stream().groupByKey()
    // @ts-expect-error a reducer makes what the stream has
    const reducer = (): unknown => grouped().reduce(() => 1)
    const byNumber = new StreamsBuilder().stream(numbers).selectKey((n) => n)
    const near = { within: '1s' } as const
    // @ts-expect-error a join needs equal keys
    const join = (): unknown => stream().join(byNumber, (a: Click) => a, near)
    const init = (): number => 0
    // @ts-expect-error the seed is a number, the step makes text
    const seed = (): unknown => grouped().aggregate<number>({ init, add: (n, click) => n + click.page })
    void [duration, reducer, join, seed]
  })
})
