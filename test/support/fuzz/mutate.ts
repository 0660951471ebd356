import type { Random } from '#core/ports/random.ts'

/** A frame that may be anything now. */
export interface Mutant {
  readonly frame: Buffer
  /** The size in front is not that of the frame: the broker may wait for bytes that never come. */
  readonly sizeLies: boolean
  readonly how: string
}

const boundaries32 = [-1, 0, 1, 0x7fffffff, -0x80000000, 0x7ffffff0, 0x10000000, 100_000_000, 65_536]
const boundaries16 = [-1, 0, 1, 0x7fff, -0x8000, 255]
/** Unsigned varints: the largest, one too long, one that never ends, and counts that cannot be. */
const varints = [
  'ffffffff0f',
  'ffffffffff01',
  'ffffffffffffffffffff',
  '80808080808080',
  '80ffffff07',
  'ffff03',
  '00',
  '7f',
].map((hex) => Buffer.from(hex, 'hex'))
/** Tags after a struct: many, unsorted, repeated, without an end, longer than the frame. */
const tags = [
  '01',
  '0100',
  '010005',
  '0200000000',
  '02050001000100',
  'ffffffff0f',
  '0100ffffffff0f',
  '01ffffffff0f00',
].map((hex) => Buffer.from(hex, 'hex'))

const headerBytes = 14

type Change = (frame: Buffer, random: Random, other: Buffer) => Buffer

const below = (random: Random, limit: number): number => Math.floor(random.next() * limit)
const pick = <T>(random: Random, items: readonly T[]): T => items[below(random, items.length)]!
/** A place in the body, or sometimes in the header. */
const place = (frame: Buffer, random: Random, room = 1): number => {
  const from = random.next() < 0.95 ? Math.max(0, Math.min(headerBytes, frame.length - room)) : 4
  return Math.min(frame.length, from + below(random, Math.max(1, frame.length - room - from + 1)))
}
const splice = (frame: Buffer, at: number, removed: number, ...added: Buffer[]): Buffer =>
  Buffer.concat([frame.subarray(0, at), ...added, frame.subarray(at + removed)])

const changes: Readonly<Record<string, Change>> = {
  'bits flipped': (frame, random) => {
    for (let i = 1 + below(random, 6); i > 0; i--) {
      const at = place(frame, random)
      if (at < frame.length) frame[at] = frame[at]! ^ (1 << below(random, 8))
    }
    return frame
  },
  'bytes overwritten': (frame, random) => {
    const at = place(frame, random)
    const length = Math.min(frame.length - at, 1 + below(random, 8))
    random.bytes(length).copy(frame, at)
    return frame
  },
  'an int32 at a boundary': (frame, random) => {
    if (frame.length >= headerBytes + 4) frame.writeInt32BE(pick(random, boundaries32), place(frame, random, 4))
    return frame
  },
  'an int16 at a boundary': (frame, random) => {
    if (frame.length >= headerBytes + 2) frame.writeInt16BE(pick(random, boundaries16), place(frame, random, 2))
    return frame
  },
  'a varint put in': (frame, random) => splice(frame, place(frame, random), below(random, 3), pick(random, varints)),
  'tags put in': (frame, random) =>
    splice(frame, random.next() < 0.5 ? frame.length - 1 : place(frame, random), 1, pick(random, tags)),
  'cut short': (frame, random) => frame.subarray(0, Math.max(5, place(frame, random))),
  'bytes added': (frame, random) => Buffer.concat([frame, random.bytes(1 + below(random, 40))]),
  'a part repeated': (frame, random) => {
    const at = place(frame, random)
    const part = frame.subarray(at, at + 1 + below(random, 30))
    return splice(frame, at, 0, ...Array.from({ length: 1 + below(random, 5) }, () => part))
  },
  'crossed with another': (frame, random, other) =>
    Buffer.concat([frame.subarray(0, place(frame, random)), other.subarray(place(other, random))]),
  'another version': (frame, random) => {
    if (frame.length >= 8) frame.writeInt16BE(below(random, 20) - 1, 6)
    return frame
  },
  'another API': (frame, random) => {
    if (frame.length >= 8) frame.writeInt16BE(below(random, 95) - 1, 4)
    return frame
  },
}

const names = Object.keys(changes)
const sizes = [-1, 0, 1, 3, 4, 7, 8, 9, 0x7fffffff, -0x80000000, 104_857_600, 104_857_601, 70_000]

/** One to three changes; in one of forty the size in front lies as well. */
export function mutate(frame: Buffer, other: Buffer, random: Random): Mutant {
  let changed: Buffer = Buffer.from(frame)
  const how: string[] = []
  for (let i = 1 + Math.floor(random.next() ** 2 * 3); i > 0; i--) {
    const name = pick(random, names)
    how.push(name)
    changed = changes[name]!(changed, random, other)
  }
  const sizeLies = random.next() < 1 / 40
  if (sizeLies) how.push('its size lies')
  changed = Buffer.from(changed)
  changed.writeInt32BE(sizeLies ? pick(random, sizes) : changed.length - 4, 0)
  return { frame: changed, sizeLies, how: how.join(', ') }
}
