import type { Observable } from 'rxjs'
import { from, lastValueFrom, Subject, toArray } from 'rxjs'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type { Windowed } from '../../../streams/index.ts'
import { operators, record, StreamRecord, windows } from '../../../streams/index.ts'

/** `k1@5` → key k, value 1, time 5. */
const parse = (text: string): StreamRecord<string, number>[] =>
  text.split(' ').map((each) => {
    const [, key, value, timestamp] = /^([a-z])(-?\d+)@(\d+)$/.exec(each)!
    return record({ key: key!, value: Number(value), timestamp: Number(timestamp) })
  })

const show = (records: readonly StreamRecord<unknown, unknown>[]): string =>
  records
    .map(({ key, value, timestamp }) => {
      const { key: inner, start, end } = key as Windowed<string>
      return typeof key === 'object'
        ? `${inner}[${start},${end})=${String(value)}@${timestamp}`
        : `${key as string}${String(value)}@${timestamp}`
    })
    .join(' ')

describe('operators on any Observable', () => {
  it('filter, map and fan out like their topology twins', async () => {
    const out = await lastValueFrom(
      from(parse('a1@0 b2@1 c3@2')).pipe(
        operators.filter((value) => value !== 2),
        operators.flatMapValues((value) => [value, value * 10]),
        operators.map((value, key) => [key.toUpperCase(), value + 1] as const),
        toArray(),
      ),
    )
    expect(show(out)).toBe('A2@0 A11@0 C4@2 C31@2')
  })

  it('count per window, with grace and final results', async () => {
    let late = 0
    const out = await lastValueFrom(
      from(parse('a1@1 a1@4 b1@6 a1@9 a1@12 a1@3 b1@16 a1@8')).pipe(
        operators.windowed(windows.tumbling(5, { grace: 6 }), { onLate: () => late++ }),
        operators.count(),
        operators.finals({ graceMs: 6 }),
        toArray(),
      ),
    )
    // [0,5) closes at 11, so a@3 after 12 is late; [5,10) closes at 16, so a@8 after 16 is late as well.
    expect(late).toBe(2)
    expect(show(out)).toBe('a[0,5)=2@4 b[5,10)=1@6 a[5,10)=1@9 a[10,15)=1@12 b[15,20)=1@16')
  })

  it('a function that throws ends the stream with its error, as RxJS has it', () => {
    const source = new Subject<StreamRecord<string, number>>()
    const seen: unknown[] = []
    source
      .pipe(operators.mapValues((value) => (value === 2 ? fail() : value)))
      .subscribe({ next: ({ value }) => seen.push(value), error: (error: Error) => seen.push(error.message) })
    for (const each of parse('a1@0 a2@1 a3@2')) source.next(each)
    expect(seen).toEqual([1, 'two'])
  })

  it('every subscription begins anew', async () => {
    const counted = from(parse('a1@0 a1@1')).pipe(operators.count(), toArray())
    expect(show(await lastValueFrom(counted))).toBe('a1@0 a2@1')
    expect(show(await lastValueFrom(counted))).toBe('a1@0 a2@1')
  })

  it('infer key and value types through a pipe', () => {
    const out = from(parse('a1@0')).pipe(operators.windowed(windows.tumbling('1m')), operators.count())
    expectTypeOf(out).toEqualTypeOf<Observable<StreamRecord<Windowed<string>, number>>>()
  })
})

function fail(): never {
  throw new Error('two')
}
