import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  cooperativeStickyAssignor,
  rangeAssignor,
  roundRobinAssignor,
  stickyAssignor,
} from '#core/client/assignors/index.ts'
import { decodeClaim, encodeClaim } from '#core/client/assignors/sticky.ts'
import {
  type Assignment,
  type Assignor,
  partitionKey,
  type Subscription,
  type TopicPartition,
} from '#core/client/client.ts'

// Small worlds: fifty of them show what a thousand would.
fc.configureGlobal({ numRuns: 50 })

const subscription = (topics: readonly string[], more: Partial<Subscription> = {}): Subscription => ({
  topics,
  userData: null,
  ownedPartitions: [],
  generationId: -1,
  rackId: null,
  groupInstanceId: null,
  ...more,
})

type Plan = Record<string, string>
const assign = async (
  assignor: Assignor,
  counts: Record<string, number>,
  members: Record<string, Subscription>,
): Promise<ReadonlyMap<string, Assignment>> =>
  assignor.assign(new Map(Object.entries(counts)), new Map(Object.entries(members)))
const plan = (assignments: ReadonlyMap<string, Assignment>): Plan =>
  Object.fromEntries(
    [...assignments].map(([member, { partitions }]) => [member, partitions.map(partitionKey).join(' ')]),
  )

describe('range', () => {
  it.each([
    ['one member takes all', { t: 3 }, ['a'], { a: 't-0 t-1 t-2' }],
    ['the first run is longer', { t: 3 }, ['a', 'b'], { a: 't-0 t-1', b: 't-2' }],
    ['each topic by itself', { t: 3, u: 3 }, ['a', 'b'], { a: 't-0 t-1 u-0 u-1', b: 't-2 u-2' }],
    ['more members than partitions', { t: 1 }, ['a', 'b'], { a: 't-0', b: '' }],
  ] as const)('%s', async (_, counts, members, expected) => {
    const topics = Object.keys(counts)
    const subscriptions = Object.fromEntries(members.map((member) => [member, subscription(topics)]))
    expect(plan(await assign(rangeAssignor(), counts, subscriptions))).toEqual(expected)
  })

  it('serves static members first, by their instance id', async () => {
    const members = {
      a: subscription(['t']),
      b: subscription(['t'], { groupInstanceId: 'i2' }),
      c: subscription(['t'], { groupInstanceId: 'i1' }),
    }
    expect(plan(await assign(rangeAssignor(), { t: 3 }, members))).toEqual({ c: 't-0', b: 't-1', a: 't-2' })
  })
})

describe('roundrobin', () => {
  it.each([
    ['deals over topics', { t: 3, u: 3 }, { a: ['t', 'u'], b: ['t', 'u'] }, { a: 't-0 t-2 u-1', b: 't-1 u-0 u-2' }],
    ['passes over who does not want', { t: 2, u: 2 }, { a: ['t'], b: ['t', 'u'] }, { a: 't-0', b: 't-1 u-0 u-1' }],
    ['ignores topics that are not there', { t: 1 }, { a: ['t', 'gone'] }, { a: 't-0' }],
  ] as const)('%s', async (_, counts, members, expected) => {
    const subscriptions = Object.fromEntries(
      Object.entries(members).map(([member, topics]) => [member, subscription(topics)]),
    )
    expect(plan(await assign(roundRobinAssignor(), counts, subscriptions))).toEqual(expected)
  })
})

/** Topics t0… with partition counts, members m0… with some of the topics. */
const world = fc
  .record({
    counts: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 4 }),
    wishes: fc.array(fc.uniqueArray(fc.nat(3), { minLength: 0, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
    uniform: fc.boolean(),
  })
  .map(({ counts, wishes, uniform }) => {
    const topics = counts.map((_, index) => `t${index}`)
    return {
      counts: Object.fromEntries(counts.map((count, index) => [`t${index}`, count])),
      members: Object.fromEntries(
        wishes.map((wish, index) => [
          `m${index}`,
          uniform ? topics : topics.filter((_, topic) => wish.includes(topic)),
        ]),
      ),
    }
  })

const wanted = (members: Record<string, readonly string[]>): Record<string, Subscription> =>
  Object.fromEntries(Object.entries(members).map(([member, topics]) => [member, subscription(topics)]))

/** What every assignor owes: all partitions that somebody wants, each once, and only to those who want them. */
function expectComplete(
  counts: Record<string, number>,
  members: Record<string, readonly string[]>,
  given: Map<string, readonly TopicPartition[]>,
): void {
  const all = Object.entries(counts)
    .filter(([topic]) => Object.values(members).some((topics) => topics.includes(topic)))
    .flatMap(([topic, count]) => Array.from({ length: count }, (_, partition) => partitionKey({ topic, partition })))
  expect([...given.values()].flat().map(partitionKey).sort()).toEqual(all.sort())
  for (const [member, partitions] of given) for (const { topic } of partitions) expect(members[member]).toContain(topic)
}

/** No member could relieve another that has two or more partitions above it. */
function expectBalanced(
  members: Record<string, readonly string[]>,
  given: Map<string, readonly TopicPartition[]>,
): void {
  for (const [member, topics] of Object.entries(members)) {
    for (const [other, partitions] of given) {
      if (partitions.length < given.get(member)!.length + 2) continue
      expect([other, member, partitions.filter(({ topic }) => topics.includes(topic)).map(partitionKey)]).toEqual([
        other,
        member,
        [],
      ])
    }
  }
}

const partitionsOf = (assignments: ReadonlyMap<string, Assignment>): Map<string, readonly TopicPartition[]> =>
  new Map([...assignments].map(([member, { partitions }]) => [member, partitions]))

describe('every assignor', () => {
  it.each([rangeAssignor, roundRobinAssignor, stickyAssignor, cooperativeStickyAssignor])(
    'gives each wanted partition to one member that wants it (%o)',
    async (make) => {
      await fc.assert(
        fc.asyncProperty(world, async ({ counts, members }) => {
          expectComplete(counts, members, partitionsOf(await assign(make(), counts, wanted(members))))
        }),
      )
    },
  )
})

describe.each([
  ['sticky', stickyAssignor],
  ['cooperative-sticky', cooperativeStickyAssignor],
] as const)('%s', (name, make) => {
  /** The group a generation later: members come and go, each says what it had. */
  async function nextRound(
    before: Map<string, readonly TopicPartition[]>,
    counts: Record<string, number>,
    members: Record<string, readonly string[]>,
  ) {
    const subscriptions = Object.fromEntries(
      Object.entries(members).map(([member, topics]) => {
        const partitions = before.get(member) ?? []
        const claim = { partitions, generation: 1 }
        return [
          member,
          name === 'sticky'
            ? subscription(topics, { userData: encodeClaim(claim) })
            : subscription(topics, { ownedPartitions: partitions, generationId: 1 }),
        ]
      }),
    )
    return partitionsOf(await assign(make(), counts, subscriptions))
  }

  it('is balanced from the start', async () => {
    await fc.assert(
      fc.asyncProperty(world, async ({ counts, members }) => {
        expectBalanced(members, partitionsOf(await assign(make(), counts, wanted(members))))
      }),
    )
  })

  it('changes nothing when nothing changed', async () => {
    await fc.assert(
      fc.asyncProperty(world, async ({ counts, members }) => {
        const before = partitionsOf(await assign(make(), counts, wanted(members)))
        expect(await nextRound(before, counts, members)).toEqual(before)
      }),
    )
  })

  it('moves as few as balance allows when all want the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        async (count, old, now) => {
          const group = (size: number) =>
            Object.fromEntries(Array.from({ length: size }, (_, index) => [`m${index}`, ['t']]))
          const before = partitionsOf(await assign(make(), { t: count }, wanted(group(old))))
          let after = await nextRound(before, { t: count }, group(now))
          if (name === 'cooperative-sticky') after = await nextRound(after, { t: count }, group(now))
          expectComplete({ t: count }, group(now), after)
          const sizes = [...after.values()].map(({ length }) => length)
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
          const kept = [...after].flatMap(([member, partitions]) => {
            const had = new Set((before.get(member) ?? []).map(partitionKey))
            return partitions.filter((each) => had.has(partitionKey(each)))
          })
          // Everybody keeps up to the larger share, and as many as there are larger shares keep one more than the smaller.
          const share = Math.floor(count / now)
          let larger = count % now
          let possible = 0
          for (const [member, partitions] of before) {
            if (!(member in group(now))) continue
            const keeps = Math.min(partitions.length, share + (partitions.length > share && larger-- > 0 ? 1 : 0))
            possible += keeps
          }
          expect(kept.length).toBe(possible)
        },
      ),
    )
  })

  it('believes the later generation when two members claim a partition', async () => {
    const claim = (generation: number): Partial<Subscription> =>
      name === 'sticky'
        ? { userData: encodeClaim({ partitions: [{ topic: 't', partition: 0 }], generation }) }
        : { ownedPartitions: [{ topic: 't', partition: 0 }], generationId: generation }
    const members = { a: subscription(['t'], claim(3)), b: subscription(['t'], claim(4)) }
    const given = partitionsOf(await assign(make(), { t: 2 }, members))
    expect(given.get('b')).toEqual([{ topic: 't', partition: 0 }])
  })
})

describe('cooperative-sticky', () => {
  it('gives a partition that moves to nobody until its owner has let go', async () => {
    const owned = [0, 1, 2, 3].map((partition) => ({ topic: 't', partition }))
    const members = { a: subscription(['t'], { ownedPartitions: owned, generationId: 1 }), b: subscription(['t']) }
    const first = plan(await assign(cooperativeStickyAssignor(), { t: 4 }, members))
    expect(first['b']).toBe('')
    expect(first['a']!.split(' ')).toHaveLength(2)
  })
})

describe('what a sticky member remembers', () => {
  it('survives the trip, also from clients that know no generation', () => {
    const claim = {
      partitions: [
        { topic: 'u', partition: 2 },
        { topic: 't', partition: 1 },
        { topic: 'u', partition: 0 },
      ],
      generation: 7,
    }
    const bytes = encodeClaim(claim)
    expect(decodeClaim(bytes)).toEqual({
      partitions: [
        { topic: 't', partition: 1 },
        { topic: 'u', partition: 2 },
        { topic: 'u', partition: 0 },
      ],
      generation: 7,
    })
    expect(decodeClaim(bytes.subarray(0, -4)).generation).toBe(-1)
    expect(decodeClaim(Buffer.from('nonsense'))).toEqual({ partitions: [], generation: -1 })
  })
})
