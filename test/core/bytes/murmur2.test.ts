import { expect, it } from 'vitest'

import { murmur2, partitionForKey } from '#core/bytes/murmur2.ts'

// The vectors of Apache Kafka's own UtilsTest.
const vectors: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
]

it('hashes as the Java client does', () => {
  for (const [text, hash] of vectors) expect(murmur2(Buffer.from(text))).toBe(hash)
})

it('drops the sign before it divides', () => {
  expect(partitionForKey(Buffer.from('21'), 10)).toBe((-973932308 & 0x7fffffff) % 10)
})
