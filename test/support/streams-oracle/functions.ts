import type { Windowed } from 'millrace/streams'
import type { Fn } from './case.ts'

/** The function vocabulary of the oracle (FORMAT.md 5), written anew in TypeScript. */
type Text = string | null

const isWindowed = (x: unknown): x is Windowed<unknown> => typeof x === 'object' && x !== null && 'start' in x

export function text(x: unknown): string {
  if (!isWindowed(x)) return String(x)
  const { start, end } = x
  return `${text(x.key)}@${start}-${end === Infinity ? 'inf' : end}`
}

/** The number at the end of a text; 0 if there is none. */
export function num(x: unknown): number {
  if (x === null) return 0
  const whole = text(x)
  const digits = /[0-9]*$/.exec(whole)![0]
  if (digits === '') return 0
  const value = Number(digits.slice(-9))
  return whole === `-${digits}` ? -value : value
}

const name = (fn: Fn): string => (typeof fn === 'string' ? fn : fn[0])
const number = (fn: Fn, at: number): number => Number(fn[at])
const string = (fn: Fn, at: number): string => String(fn[at])
const mod = (fn: Fn, at: number, value: unknown): boolean =>
  value !== null && num(value) % number(fn, at) === number(fn, at + 1)
const first = (x: unknown): string => text(x).slice(0, 1)
const orNull = (x: unknown): Text => (x === null ? null : text(x))
const unknown = (kind: string, fn: Fn): never => {
  throw new Error(`the vocabulary has no ${kind} ${JSON.stringify(fn)}`)
}

export function predicate(fn: Fn, key: unknown, value: unknown): boolean {
  switch (name(fn)) {
    case 'true':
      return true
    case 'false':
      return false
    case 'null':
      return value === null
    case 'notNull':
      return value !== null
    case 'nullKey':
      return key === null
    case 'mod':
      return mod(fn, 1, value)
    case 'gt':
      return value !== null && num(value) > number(fn, 1)
    case 'key':
      return key !== null && first(key) !== '' && string(fn, 1).includes(first(key))
    case 'has':
      return value !== null && text(value).includes(string(fn, 1))
    default:
      return unknown('predicate', fn)
  }
}

export function mapValue(fn: Fn, key: unknown, value: unknown): Text {
  switch (name(fn)) {
    case 'id':
      return orNull(value)
    case 'suffix':
      return text(value) + string(fn, 1)
    case 'suffixOrNull':
      return value === null ? null : text(value) + string(fn, 1)
    case 'upper':
      return value === null ? null : text(value).replace(/[a-z]/g, (c) => c.toUpperCase())
    case 'withKey':
      return `${text(key)}:${text(value)}`
    case 'nullIf':
      return value === null || mod(fn, 1, value) ? null : text(value)
    case 'throwIf':
      if (mod(fn, 1, value)) throw new Error(`boom ${text(value)}`)
      return orNull(value)
    case 'length':
      return value === null ? null : String(text(value).length)
    case 'digits':
      return String(num(value))
    case 'const':
      return string(fn, 1)
    default:
      return unknown('value mapper', fn)
  }
}

export function mapKey(fn: Fn, key: unknown, value: unknown): Text {
  switch (name(fn)) {
    case 'id':
      return orNull(key)
    case 'inner':
      return isWindowed(key) ? text(key.key) : orNull(key)
    case 'valueMod':
      return value === null ? null : `g${num(value) % number(fn, 1)}`
    case 'valueFirst':
      return value === null ? null : first(value)
    case 'keyFirst':
      return key === null ? null : first(key)
    case 'keyMod':
      return key === null ? null : `h${(first(key) === '' ? 0 : first(key).charCodeAt(0)) % number(fn, 1)}`
    case 'suffix':
      return key === null ? null : text(key) + string(fn, 1)
    case 'const':
      return string(fn, 1)
    case 'nullIf':
      return key === null || mod(fn, 1, value) ? null : text(key)
    case 'foreign':
      return value === null || (number(fn, 2) > 0 && num(value) % number(fn, 2) === 0)
        ? null
        : `f${num(value) % number(fn, 1)}`
    default:
      return unknown('key mapper', fn)
  }
}

/** How many records a fan-out makes of a value, and the i-th of them. */
export const fan = (m: number, value: unknown): number => (value === null ? 0 : num(value) % m)
export const fanned = (value: unknown, i: number): string => `${text(value)}/${i}`

class Parts {
  count = 0
  readonly items: string[] = []

  constructor(aggregate: unknown) {
    if (aggregate === null) return
    const whole = text(aggregate)
    const bar = whole.indexOf('|')
    if (bar < 0) {
      this.count = 1
      this.items.push(whole)
      return
    }
    this.count = num(whole.slice(0, bar))
    if (bar + 1 < whole.length) this.items.push(...whole.slice(bar + 1).split(','))
  }

  text(keep: number): string {
    return `${this.count}|${this.items.slice(Math.max(0, this.items.length - keep)).join(',')}`
  }
}

export function push(aggregate: unknown, part: string, keep: number): string {
  const parts = new Parts(aggregate)
  parts.count++
  parts.items.push(part)
  return parts.text(keep)
}

export function aggregate(fn: Fn, key: unknown, value: unknown, agg: unknown): Text {
  switch (name(fn)) {
    case 'push':
      return push(agg, text(value), number(fn, 1))
    case 'pushKey':
      return push(agg, `${text(key)}:${text(value)}`, number(fn, 1))
    case 'pushNull':
      return mod(fn, 2, value) ? null : push(agg, text(value), number(fn, 1))
    case 'pushThrow':
      if (mod(fn, 2, value)) throw new Error(`boom ${text(value)}`)
      return push(agg, text(value), number(fn, 1))
    case 'add':
      return push(agg, `+${text(value)}`, number(fn, 1))
    case 'sub':
      return push(agg, `-${text(value)}`, number(fn, 1))
    case 'count':
      return String(num(agg) + 1)
    case 'sum':
      return String(num(agg) + num(value))
    case 'minus':
      return String(num(agg) - num(value))
    case 'max':
      return String(Math.max(num(agg), num(value)))
    case 'min':
      return String(Math.min(num(agg), num(value)))
    case 'last':
      return orNull(value)
    default:
      return unknown('aggregator', fn)
  }
}

export function merge(fn: Fn, a: unknown, b: unknown): string {
  switch (name(fn)) {
    case 'merge': {
      const left = new Parts(a)
      const right = new Parts(b)
      left.count += right.count
      left.items.push('/', ...right.items)
      return left.text(number(fn, 1))
    }
    case 'sum':
      return String(num(a) + num(b))
    case 'max':
      return String(Math.max(num(a), num(b)))
    default:
      return unknown('session merger', fn)
  }
}

export function join(fn: Fn, key: unknown, left: unknown, right: unknown): Text {
  const pair = `${text(left)}&${text(right)}`
  switch (name(fn)) {
    case 'pair':
      return pair
    case 'keyPair':
      return `${text(key)}:${pair}`
    case 'pairNull':
      return (num(left) + num(right)) % number(fn, 1) === 0 ? null : pair
    default:
      return unknown('joiner', fn)
  }
}

export function timestamp(
  fn: Fn,
  record: { readonly value: unknown; readonly timestamp: number },
  partitionTime: number,
): number {
  switch (name(fn)) {
    case 'value':
      return num(record.value) + number(fn, 1)
    case 'partitionTimeIf':
      return num(record.value) % number(fn, 1) === number(fn, 2) ? partitionTime : record.timestamp
    default:
      return unknown('timestamp extractor', fn)
  }
}
