/**
 * The server-side assignors of consumer groups against Apache Kafka's own classes: the same members, subscriptions and
 * earlier assignments must give the same partitions to the same members, through whole histories of a group.
 */
import assert from 'node:assert/strict'

import { rangeAssignor } from '../../broker/coordinator/consumer-group/assignor/range.ts'
import { uniformAssignor } from '../../broker/coordinator/consumer-group/assignor/uniform.ts'
import { grownCapacity, hashes, inHashOrder } from '../../broker/coordinator/consumer-group/assignor/java-order.ts'
import { type Partitions, listed, partitionsOf } from '../../broker/coordinator/consumer-group/partitions.ts'
import { randomUuid } from '#core/bytes/uuid.ts'
import { type Random, seededRandom } from '#core/ports/random.ts'
import type { Check } from '../support/check.ts'
import { runJava } from '../support/java-messages.ts'

interface TestGroup {
  readonly assignor: 'uniform' | 'range'
  readonly homogeneous: boolean
  readonly topics: Record<string, number>
  readonly members: Record<string, { instanceId: string | null; topics: string[]; assigned: Record<string, number[]> }>
}

type Shares = Record<string, Record<string, number[]>>

/** What our assignor makes of a group, in the form in which the Java program prints it. */
function assignOurs(group: TestGroup): Shares {
  const ids = Object.keys(group.members)
  const order = inHashOrder(ids, hashes.string, grownCapacity(ids.length))
  const members = new Map(
    order.map((id) => {
      const { instanceId, topics, assigned } = group.members[id]!
      const list = Object.entries(assigned).map(([topicId, partitions]) => ({ topicId, partitions }))
      return [id, { instanceId, topicIds: new Set(topics), assigned: partitionsOf(list) }]
    }),
  )
  const taken = new Set(
    Object.values(group.members).flatMap(({ assigned }) =>
      Object.entries(assigned).flatMap(([topicId, partitions]) => partitions.map((each) => `${topicId} ${each}`)),
    ),
  )
  const assignor = group.assignor === 'range' ? rangeAssignor : uniformAssignor
  const result = assignor.assign({
    members,
    isHomogeneous: group.homogeneous,
    isAssigned: (topicId, partition) => taken.has(`${topicId} ${partition}`),
    partitionCount: (topicId) => group.topics[topicId]!,
  })
  return printed(result)
}

const printed = (result: ReadonlyMap<string, Partitions>): Shares =>
  Object.fromEntries(
    Array.from(result, ([id, partitions]): [string, Record<string, number[]>] => [
      id,
      Object.fromEntries(listed(partitions).map((each) => [each.topicId, each.partitions])),
    ]).filter(([, topics]) => Object.keys(topics).length > 0),
  )

const upTo = (random: Random, most: number): number => Math.floor(random.next() * (most + 1))

/** A group at a moment of its life: members came, went and changed their minds since the last assignment. */
function nextGroup(random: Random, before: TestGroup | undefined, shares: Shares): TestGroup {
  const topics = { ...before?.topics }
  for (let i = upTo(random, before === undefined ? 4 : 1); i >= 0; i--)
    topics[randomUuid(random)] = 1 + upTo(random, 40)
  for (const id of Object.keys(topics)) if (random.next() < 0.1) topics[id]! += upTo(random, 5)
  const ids = Object.keys(topics)
  const homogeneous = random.next() < 0.5
  const some = (): string[] => ids.filter(() => random.next() < 0.6)
  const all = some()
  const members: TestGroup['members'] = {}
  for (const [id, member] of Object.entries(before?.members ?? {})) {
    if (random.next() < 0.2) continue
    const mine = homogeneous ? all : random.next() < 0.2 ? some() : member.topics
    members[id] = { ...member, topics: mine, assigned: shares[id] ?? {} }
  }
  for (let i = upTo(random, before === undefined ? 25 : 6); i >= 0; i--) {
    const instanceId = random.next() < 0.3 ? randomUuid(random) : null
    members[randomUuid(random)] = { instanceId, topics: homogeneous ? all : some(), assigned: {} }
  }
  return { assignor: random.next() < 0.7 ? 'uniform' : 'range', homogeneous, topics, members }
}

const sameShares: Check = {
  name: 'group assignors: uniform and range share out as Apache Kafka does, through the lives of 300 groups',
  run: () => {
    const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    const random = seededRandom(seed)
    const groups: TestGroup[] = []
    const ours: Shares[] = []
    for (let life = 0; life < 300; life++) {
      let group: TestGroup | undefined
      let shares: Shares = {}
      for (let i = 0; i < 6; i++) {
        group = nextGroup(random, group, shares)
        shares = assignOurs(group)
        groups.push(group)
        ours.push(shares)
      }
    }
    const theirs = runJava('GroupAssignors.java', groups.map((group) => JSON.stringify(group)).join('\n'))
    assert.equal(theirs.length, groups.length)
    for (const [i, line] of theirs.entries()) {
      assert.deepEqual(ours[i], JSON.parse(line), `seed ${seed}, group ${i}: ${JSON.stringify(groups[i])}`)
    }
    return Promise.resolve()
  },
}

export const checks: readonly Check[] = [sameShares]
