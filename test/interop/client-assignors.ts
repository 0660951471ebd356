/** Our assignors beside Apache Kafka's own, on random groups: equal where Kafka's are determined, as good where not. */
import { deepEqual, ok } from 'node:assert/strict'

import {
  cooperativeStickyAssignor,
  rangeAssignor,
  roundRobinAssignor,
  stickyAssignor,
} from '#core/client/assignors/index.ts'
import { encodeClaim } from '#core/client/assignors/sticky.ts'
import { type Assignor, partitionKey, type Subscription, type TopicPartition } from '#core/client/client.ts'
import { type Random, seededRandom } from '#core/ports/random.ts'
import type { Check } from '../support/check.ts'
import { runJava } from '../support/java-messages.ts'

interface Group {
  readonly counts: ReadonlyMap<string, number>
  readonly members: ReadonlyMap<string, Subscription>
}

type Division = Map<string, string[]>

const casesPerAssignor = 300

function randomGroup(random: Random, uniform: boolean): Group {
  const whole = (most: number): number => Math.floor(random.next() * (most + 1))
  const counts = new Map(Array.from({ length: 1 + whole(3) }, (_, i) => [`t-${i}`, whole(9)]))
  const all = [...counts.keys()]
  const members = new Map<string, Subscription>()
  for (let i = whole(5); i >= 0; i--) {
    const topics = uniform ? all : someOf(all, random)
    const groupInstanceId = random.next() < 0.3 ? `static-${whole(1000)}-${i}` : null
    members.set(`member-${whole(1000)}-${i}`, { ...nobody, topics, groupInstanceId })
  }
  return { counts, members }
}

/** At least one: Kafka's sticky assignors give partitions even to members that want no topic at all. */
function someOf(topics: readonly string[], random: Random): string[] {
  const some = topics.filter(() => random.next() < 0.6)
  return some.length > 0 ? some : [topics[0]!]
}

const nobody = { userData: null, ownedPartitions: [] as TopicPartition[], generationId: -1, rackId: null }

const textOf = (partitions: readonly TopicPartition[]): string => partitions.map(partitionKey).join(',') || '-'

function lines(name: string, { counts, members }: Group): string[] {
  return [
    `case\t${name}`,
    ...[...counts].map(([topic, count]) => `topic\t${topic}\t${count}`),
    ...[...members].map(([id, { topics, groupInstanceId, generationId, ownedPartitions, userData }]) =>
      [
        'member',
        id,
        groupInstanceId ?? '-',
        topics.join(',') || '-',
        generationId,
        textOf(ownedPartitions),
        userData?.toString('hex') ?? '-',
      ].join('\t'),
    ),
    'end',
  ]
}

/** Lets Java divide all groups in one run. */
function javaDivides(name: string, groups: readonly Group[]): Division[] {
  const output = runJava('Assignors.java', groups.flatMap((group) => `${lines(name, group).join('\n')}\n`).join(''))
  const divisions: Division[] = []
  let current: Division = new Map()
  for (const line of output) {
    if (line === 'end') {
      divisions.push(current)
      current = new Map()
    } else {
      const [member, partitions] = line.split('\t') as [string, string]
      current.set(member, partitions === '' ? [] : partitions.split(','))
    }
  }
  return divisions
}

async function weDivide(assignor: Assignor, { counts, members }: Group): Promise<Division> {
  const assignments = await assignor.assign(counts, members)
  const division = [...assignments].map(([id, { partitions }]) => [id, partitions.map(partitionKey).sort()] as const)
  return new Map(division.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function equalCheck(make: () => Assignor): Check {
  const { name } = make()
  return {
    name: `${name} divides as Kafka's does`,
    async run() {
      const random = seededRandom(11)
      const groups = Array.from({ length: casesPerAssignor }, (_, i) => randomGroup(random, i % 2 === 0))
      const theirs = javaDivides(name, groups)
      for (const [index, group] of groups.entries()) {
        deepEqual([...(await weDivide(make(), group))], [...theirs[index]!], JSON.stringify([...group.members]))
      }
    },
  }
}

/** The group a generation later: some members gone, some new, topics grown, and everybody says what they had. */
function later({ counts, members }: Group, had: Division, name: string, random: Random, uniform: boolean): Group {
  const grown = new Map([...counts].map(([topic, count]) => [topic, count + (random.next() < 0.2 ? 2 : 0)]))
  const next = new Map<string, Subscription>()
  for (const [id, subscription] of members) {
    if (random.next() < 0.2) continue
    next.set(id, remembering(subscription, had.get(id), name, 5))
  }
  const all = [...counts.keys()]
  for (let i = Math.floor(random.next() * 3); i >= 0; i--) {
    const topics = uniform ? all : someOf(all, random)
    next.set(`new-${i}`, { ...nobody, topics, groupInstanceId: null })
  }
  return { counts: grown, members: next }
}

function remembering(
  subscription: Subscription,
  had: string[] | undefined,
  name: string,
  generation: number,
): Subscription {
  const partitions = (had ?? []).map(parsePartition)
  if (name === 'sticky') return { ...subscription, userData: encodeClaim({ partitions, generation }) }
  return { ...subscription, ownedPartitions: partitions, generationId: generation }
}

/** The same group again, each member with what it got. */
const again = ({ counts, members }: Group, had: Division, name: string): Group => ({
  counts,
  members: new Map([...members].map(([id, each]) => [id, remembering(each, had.get(id), name, 6)])),
})

const parsePartition = (key: string): TopicPartition => {
  const dash = key.lastIndexOf('-')
  return { topic: key.slice(0, dash), partition: Number(key.slice(dash + 1)) }
}

const sizes = (division: Division): number[] => [...division.values()].map(({ length }) => length).sort((a, b) => a - b)
const unevenness = (division: Division): number => sizes(division).reduce((sum, size) => sum + size * size, 0)
const kept = (before: Division, after: Division): number =>
  [...after].reduce((sum, [id, keys]) => sum + keys.filter((key) => before.get(id)?.includes(key)).length, 0)

/** Sticky divisions may differ in which partition goes where; how even they are and how much stays may not. */
function stickyCheck(make: () => Assignor): Check {
  const { name } = make()
  return {
    name: `${name} is as even and as sticky as Kafka's`,
    async run() {
      const random = seededRandom(23)
      const kinds = Array.from({ length: casesPerAssignor }, (_, i) => i % 2 === 0)
      const groups = kinds.map((uniform) => randomGroup(random, uniform))
      const before = javaDivides(name, groups)
      const laterGroups = groups.map((group, i) => later(group, before[i]!, name, random, kinds[i]!))
      let theirs = javaDivides(name, laterGroups)
      let ours = await Promise.all(laterGroups.map((group) => weDivide(make(), group)))
      // What moves is given to nobody at first; where wishes differ it may take several rounds.
      for (let rounds = name === 'cooperative-sticky' ? 4 : 0; rounds > 0; rounds--) {
        theirs = javaDivides(
          name,
          laterGroups.map((group, i) => again(group, theirs[i]!, name)),
        )
        ours = await Promise.all(laterGroups.map((group, i) => weDivide(make(), again(group, ours[i]!, name))))
      }
      for (const [i, group] of laterGroups.entries()) {
        const seen = JSON.stringify({ members: [...group.members], ours: [...ours[i]!], theirs: [...theirs[i]!] })
        if (kinds[i]) {
          deepEqual(sizes(ours[i]!), sizes(theirs[i]!), seen)
          ok(kept(before[i]!, ours[i]!) === kept(before[i]!, theirs[i]!), seen)
        } else {
          ok(unevenness(ours[i]!) <= unevenness(theirs[i]!), seen)
        }
      }
    },
  }
}

export const checks: readonly Check[] = [
  equalCheck(rangeAssignor),
  equalCheck(roundRobinAssignor),
  stickyCheck(stickyAssignor),
  stickyCheck(cooperativeStickyAssignor),
  {
    name: 'sticky assignors remember in the same bytes',
    async run() {
      const partitions = ['a-0', 'a-2', 'b-1'].map(parsePartition)
      const input = ['sticky', 'cooperative-sticky'].map((name) => `remember\t${name}\t7\t${textOf(partitions)}`)
      const theirs = runJava('Assignors.java', `${input.join('\n')}\n`)
      const ours = [stickyAssignor(), cooperativeStickyAssignor()].map((assignor) => {
        assignor.onAssignment?.({ partitions, userData: null }, 7)
        return assignor.subscriptionUserData?.(['t'])?.toString('hex')
      })
      deepEqual(ours, theirs)
    },
  },
]
