import { scan } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { serdes } from '../../../core/index.ts'
import type { KStream } from '../../../streams/index.ts'
import { StreamRecord, StreamsBuilder, topic } from '../../../streams/index.ts'
import { TopologyTestDriver } from '../../../streams/testing/index.ts'

const strings = { key: serdes.string, value: serdes.string }
const input = topic('in', strings)
const output = topic('out', strings)

const driverOf = (make: (stream: KStream<string, string>) => KStream<string, string>, handler: 'fail' | 'continue') => {
  const builder = new StreamsBuilder()
  make(builder.stream(input)).to(output)
  return new TopologyTestDriver(builder.build(), { config: { 'processing.exception.handler': handler } })
}
const send = (driver: TopologyTestDriver, ...values: string[]): void =>
  driver.pipe(input, ...values.map((value) => ({ key: 'k', value })))
const values = (driver: TopologyTestDriver): string[] => driver.read(output).map(({ value }) => value)
const boom = (value: string): string => {
  if (value === 'bad') throw new Error('boom')
  return value
}

describe('functions that throw', () => {
  it('fail: the error names node, topic, partition and offset, and the task takes no more', () => {
    using driver = driverOf((stream) => stream.mapValues(boom, { name: 'risky' }), 'fail')
    send(driver, 'good')
    expect(() => send(driver, 'bad')).toThrow('processor "risky" failed on in-0 at offset 1: boom')
    expect(() => send(driver, 'good')).toThrow('processor "risky" failed')
  })

  it('continue: the record is counted and the next one goes on', () => {
    using driver = driverOf((stream) => stream.mapValues(boom), 'continue')
    send(driver, 'a', 'bad', 'b')
    expect(values(driver)).toEqual(['a', 'b'])
    expect(driver.dropped.processing).toBe(1)
  })

  it('continue: of a fan-out only the failing piece is lost', () => {
    using driver = driverOf((stream) => stream.flatMapValues((value) => value.split(' ')).mapValues(boom), 'continue')
    send(driver, 'a bad b')
    expect(values(driver)).toEqual(['a', 'b'])
  })

  it('an error behind RxJS operators is that of its own node and leaves them running', () => {
    const count = scan((sum: StreamRecord<string, string>, next: StreamRecord<string, string>) =>
      next.withValue(`${sum.value}${next.value}`),
    )
    using driver = driverOf(
      (stream) => stream.pipe(count).mapValues((all) => (all.endsWith('x') ? boom('bad') : all)),
      'continue',
    )
    send(driver, 'a', 'x', 'b')
    // Had the error ended the scan, it would have begun anew and said "b".
    expect(values(driver)).toEqual(['a', 'axb'])
  })

  it('an error in RxJS operators starts only that stage anew', () => {
    const count = scan((sum: StreamRecord<string, string>, next: StreamRecord<string, string>) =>
      next.withValue(sum.value + boom(next.value)),
    )
    using driver = driverOf((stream) => stream.pipe(count), 'continue')
    send(driver, 'a', 'b', 'bad', 'c', 'd')
    expect(values(driver)).toEqual(['a', 'ab', 'c', 'cd'])
    expect(driver.dropped.processing).toBe(1)
  })

  it('bytes that a serde refuses are left out or fail by name', () => {
    const numbers = topic('numbers', { key: serdes.string, value: serdes.long })
    const build = () => {
      const builder = new StreamsBuilder()
      builder.stream(numbers, { name: 'reader' }).mapValues(String).to(output)
      return builder.build()
    }
    using failing = new TopologyTestDriver(build())
    const bad = { key: Buffer.from('k'), value: Buffer.from('abc') }
    expect(() => failing.pipeBytes('numbers', bad)).toThrow(
      'source "reader" cannot read numbers-0 at offset 0: a int64 takes 8 bytes, got 3',
    )
    using going = new TopologyTestDriver(build(), { config: { 'deserialization.exception.handler': 'continue' } })
    going.pipeBytes('numbers', bad)
    going.pipe(numbers, { key: 'k', value: 7 })
    expect(values(going)).toEqual(['7'])
    expect(going.dropped.deserialization).toBe(1)
  })
})
