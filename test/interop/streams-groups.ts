/**
 * Streams groups beside Apache Kafka's own coordinator classes, on random input: who gets which tasks, how many partitions
 * internal topics get, what a member does next, what a group remembers of its topics.
 */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { assignSticky, type MemberSpec } from '../../broker/coordinator/streams-group/assignor/sticky.ts'
import { metadataHash } from '../../broker/coordinator/metadata-hash.ts'
import { decodeRecord } from '../../broker/coordinator/records.ts'
import type { MemberState, Progress } from '../../broker/coordinator/streams-group/member.ts'
import { reconcile } from '../../broker/coordinator/streams-group/reconciliation.ts'
import type { GivenTasks, TargetTasks, Tasks } from '../../broker/coordinator/streams-group/tasks.ts'
import { configureTopology } from '../../broker/coordinator/streams-group/topology/configure.ts'
import { topologyOf } from '../../broker/coordinator/streams-group/topology/topology.ts'
import { type Random, seededRandom } from '#core/ports/random.ts'
import { batches } from '#core/records/batch.ts'
import { ProtocolError } from '#core/wire/errors.ts'
import type { StreamsGroupTopologyValue } from '#core/wire/stored/streams-group-records.ts'
import { withBroker } from '../support/broker-under-test.ts'
import type { Check } from '../support/check.ts'
import { coordinatorOver } from '../support/coordinator-over.ts'
import { runJava } from '../support/java-messages.ts'
import { freePort, kafkaTool } from '../support/peers.ts'
import {
  converseOnStreams,
  leavesBehind,
  prepareStreams,
  streamsScenarios,
  streamsSettings,
} from '../support/streams-group-scenarios.ts'

type Json = Record<string, unknown>

const whole = (random: Random, most: number): number => Math.floor(random.next() * (most + 1))
const pick = <T>(random: Random, list: readonly T[]): T => list[whole(random, list.length - 1)]!
const some = <T>(random: Random, list: readonly T[], chance: number): T[] => list.filter(() => random.next() < chance)

/** What Java answers to each case. */
const ask = (kind: string, cases: readonly Json[]): Json[] =>
  runJava('StreamsGroups.java', cases.map((each) => `${JSON.stringify({ kind, ...each })}\n`).join('')).map(
    (line) => JSON.parse(line) as Json,
  )

const listed = (tasks: Tasks): Record<string, number[]> =>
  Object.fromEntries([...tasks.keys()].toSorted().map((id) => [id, [...tasks.get(id)!].toSorted((a, b) => a - b)]))

/** Java keeps strings in the order of their hashes; for these names that is the order of the alphabet. */
const letters = Array.from('ABCDEFGHIJKLMNO')

/** The same for processes, of which Java keeps fewer: the digits from 0 on, none left out. */
function numbered(group: Group): Group {
  const processes = [...new Set(Array.from(group.members.values(), ({ processId }) => processId))].toSorted()
  const named = ([id, spec]: [string, MemberSpec]): [string, MemberSpec] => [
    id,
    { ...spec, processId: String(processes.indexOf(spec.processId)) },
  ]
  return { ...group, members: new Map([...group.members].map(named)) }
}

interface Group {
  readonly members: Map<string, MemberSpec>
  readonly subtopologies: Map<string, { tasks: number; isStateful: boolean }>
  readonly standby: number
}

function randomGroup(random: Random): Group {
  const subtopologies = new Map(
    Array.from({ length: 1 + whole(random, 3) }, (_, i) => [
      String(i),
      { tasks: 1 + whole(random, 7), isStateful: random.next() < 0.7 },
    ]),
  )
  const processes = letters.slice(0, 1 + whole(random, 5))
  const members = new Map(
    letters.slice(0, 1 + whole(random, 9)).map((memberId) => {
      const target: TargetTasks = { active: new Map(), standby: new Map(), warmup: new Map() }
      return [memberId, { processId: pick(random, processes), target }]
    }),
  )
  return { members, subtopologies, standby: whole(random, 2) }
}

/** The group some time later: members went and came, subtopologies grew. */
function later(
  random: Random,
  { members, subtopologies, standby }: Group,
  targets: ReadonlyMap<string, TargetTasks>,
): Group {
  const stayed = new Map(
    Array.from(members, ([id, { processId }]) => [id, { processId, target: targets.get(id)! }] as const).filter(
      () => random.next() < 0.7,
    ),
  )
  for (const memberId of some(random, letters.slice(0, 10), 0.2)) {
    if (stayed.has(memberId)) continue
    const target: TargetTasks = { active: new Map(), standby: new Map(), warmup: new Map() }
    stayed.set(memberId, { processId: pick(random, letters.slice(0, 5)), target })
  }
  if (stayed.size === 0) {
    const [id, { processId }] = [...members][0]!
    stayed.set(id, { processId, target: targets.get(id)! })
  }
  const grown = new Map(
    Array.from(subtopologies, ([id, each]) => [id, { ...each, tasks: each.tasks + (random.next() < 0.2 ? 2 : 0) }]),
  )
  return { members: stayed, subtopologies: grown, standby: random.next() < 0.8 ? standby : whole(random, 2) }
}

const assignments: Check = {
  name: 'streams groups: the sticky assignor gives every task to whom Apache Kafka gives it',
  run: async () => {
    const random = seededRandom(1071)
    const groups: Group[] = []
    const ours: Json[] = []
    for (let history = 0; history < 400; history++) {
      let group = numbered(randomGroup(random))
      for (let step = 0; step < 4; step++) {
        const targets = assignSticky(group.members, group.subtopologies, group.standby)
        groups.push(group)
        ours.push(
          Object.fromEntries(
            Array.from(targets, ([id, { active, standby }]) => [
              id,
              { active: listed(active), standby: listed(standby) },
            ]),
          ),
        )
        group = numbered(later(random, group, targets))
      }
    }
    const theirs = ask(
      'assign',
      groups.map(({ members, subtopologies, standby }) => ({
        standby,
        subtopologies: Object.fromEntries(subtopologies),
        members: Object.fromEntries(
          Array.from(members, ([id, { processId, target }]) => [
            id,
            { processId, active: listed(target.active), standby: listed(target.standby) },
          ]),
        ),
      })),
    )
    for (const [i, group] of groups.entries()) assert.deepEqual(ours[i], theirs[i], JSON.stringify(group.standby))
  },
}

/** A topology that may or may not fit topics: repartition topics between subtopologies, copartition groups, fixed counts. */
function randomTopology(random: Random): StreamsGroupTopologyValue {
  const size = 1 + whole(random, 3)
  const sinksOf: string[][] = Array.from({ length: size }, () => [])
  const subtopologies = Array.from({ length: size }, (_, i) => {
    const repartitionSourceTopics = some(random, ['r1', 'r2', 'r3', 'r4'], 0.3).map((name) => `${name}-${i}`)
    for (const name of repartitionSourceTopics) if (random.next() < 0.95) pick(random, sinksOf).push(name)
    const sourceTopics = some(random, ['a', 'b', 'c'], random.next() < 0.9 ? 0.6 : 0)
    const places = (count: number): number[] => some(random, Array.from(Array(count).keys()), 0.6)
    return {
      subtopologyId: String(i),
      sourceTopics,
      sourceTopicRegex: [],
      stateChangelogTopics: some(random, ['s1', 's2'], 0.4).map((name) => info(`${name}-${i}`, 0)),
      repartitionSinkTopics: sinksOf[i]!,
      repartitionSourceTopics: repartitionSourceTopics.map((name) =>
        info(name, random.next() < 0.3 ? 1 + whole(random, 3) : 0),
      ),
      copartitionGroups: some(random, [1, 2], 0.4).map(() => ({
        sourceTopics: places(sourceTopics.length),
        sourceTopicRegex: [],
        repartitionSourceTopics: places(repartitionSourceTopics.length),
      })),
    }
  })
  return { epoch: whole(random, 2), subtopologies }
}

const info = (name: string, partitions: number) => ({
  name,
  partitions,
  replicationFactor: 0,
  topicConfigs: [{ key: 'cleanup.policy', value: 'compact' }],
})

function randomTopics(
  random: Random,
  topology: StreamsGroupTopologyValue,
): Record<string, { id: string; partitions: number }> {
  const partitions = 1 + whole(random, 3)
  const topic = () => ({
    id: random.bytes(16).toString('base64url'),
    partitions: random.next() < 0.8 ? partitions : 1 + whole(random, 3),
  })
  const sources = some(random, ['a', 'b', 'c'], 0.97)
  const internal = topology.subtopologies.flatMap(({ stateChangelogTopics, repartitionSourceTopics }) =>
    [...stateChangelogTopics, ...repartitionSourceTopics].map(({ name }) => name),
  )
  return Object.fromEntries(
    [...sources, ...some(random, internal, pick(random, [0, 0.5, 1]))].map((name) => [name, topic()]),
  )
}

const topologies: Check = {
  name: 'streams groups: internal topics get as many partitions as Apache Kafka gives them, or the same complaint',
  run: async () => {
    const random = seededRandom(4711)
    const cases = Array.from({ length: 4000 }, () => {
      const topology = randomTopology(random)
      return { topology, topics: randomTopics(random, topology) }
    })
    const seen = new Map<unknown, number>()
    for (const [i, theirs] of ask('configure', cases).entries()) {
      const { topology, topics } = cases[i]!
      const ours = configured(topology, topics)
      // Where Apache Kafka trips over its own assumptions it answers with a fault of the server; a topology is to blame.
      const isFault = ['IllegalStateException', 'StreamsInvalidTopologyException', 'NoSuchElementException']
      const expected = isFault.includes(String(theirs['error'])) ? { error: 'STREAMS_INVALID_TOPOLOGY' } : theirs
      const outcome = expected['error'] ?? expected['status'] ?? 'ready'
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
      assert.deepEqual(ours, expected, JSON.stringify(cases[i], null, 1))
    }
    for (const [outcome, count] of seen) assert.ok(count > 50, `${String(outcome)} came up ${count} times only`)
    assert.equal(seen.size, 5)
  },
}

function configured(topology: StreamsGroupTopologyValue, topics: Record<string, { partitions: number }>): Json {
  try {
    const { problem, subtopologies, toCreate } = configureTopology(
      topologyOf(topology),
      (name) => topics[name]?.partitions,
    )
    return {
      ...(problem === undefined ? {} : { status: problem.status }),
      subtopologies: Object.fromEntries(
        Array.from(subtopologies ?? [], ([id, each]) => {
          const internal = [...each.repartitionSourceTopics, ...each.stateChangelogTopics]
          return [id, { tasks: each.tasks, internal: Object.fromEntries(internal.map((t) => [t.name, t.partitions])) }]
        }),
      ),
      toCreate: Object.fromEntries(toCreate.map(({ name, partitions }) => [name, partitions])),
    }
  } catch (error) {
    if (error instanceof ProtocolError) return { error: error.code }
    throw error
  }
}

const ids = ['0', '1']
const partitions = [0, 1, 2, 3]

function randomTasks(random: Random, chance: number): Tasks {
  const tasks = new Map<string, Set<number>>()
  for (const id of ids) {
    const chosen = some(random, partitions, chance)
    if (chosen.length > 0) tasks.set(id, new Set(chosen))
  }
  return tasks
}

const randomTarget = (random: Random, chance: number): TargetTasks => ({
  active: randomTasks(random, chance),
  standby: randomTasks(random, chance / 2),
  warmup: randomTasks(random, chance / 4),
})

function randomGiven(random: Random, chance: number): GivenTasks {
  const { active, standby, warmup } = randomTarget(random, chance)
  const epochs = new Map(
    Array.from(active, ([id, set]) => [id, new Map(Array.from(set, (p) => [p, 1 + whole(random, 4)]))]),
  )
  return { active: epochs, standby, warmup }
}

const givenJson = ({ active, standby, warmup }: GivenTasks): Json => ({
  active: Object.fromEntries([...active.keys()].toSorted().map((id) => [id, Object.fromEntries(active.get(id)!)])),
  standby: listed(standby),
  warmup: listed(warmup),
})
const targetJson = ({ active, standby, warmup }: TargetTasks): Json => ({
  active: listed(active),
  standby: listed(standby),
  warmup: listed(warmup),
})

/** Owners of tasks by `partition_subtopology`. */
function randomOwners(random: Random) {
  const keys = ids.flatMap((id) => partitions.map((partition) => `${partition}_${id}`))
  const several = (): Record<string, string[]> =>
    Object.fromEntries(some(random, keys, 0.2).map((key) => [key, some(random, ['P', 'Q'], 0.6)]))
  const active = Object.fromEntries(some(random, keys, 0.3).map((key) => [key, pick(random, ['P', 'Q'])]))
  return { active, standby: several(), warmup: several() }
}

const reconciliations: Check = {
  name: 'streams groups: a member takes the steps towards its target that Apache Kafka lets it take',
  run: async () => {
    const random = seededRandom(22)
    const states: readonly MemberState[] = ['STABLE', 'UNREVOKED_TASKS', 'UNRELEASED_TASKS', 'UNKNOWN']
    const cases = Array.from({ length: 5000 }, () => {
      const member: Progress = {
        memberEpoch: 1 + whole(random, 4),
        previousMemberEpoch: whole(random, 4),
        state: pick(random, states),
        assigned: randomGiven(random, 0.4),
        pendingRevocation: randomGiven(random, 0.1),
      }
      const owned = random.next() < 0.3 ? undefined : randomTarget(random, random.next() < 0.3 ? 0 : 0.3)
      return {
        member,
        owned,
        epoch: 1 + whole(random, 5),
        target: randomTarget(random, 0.5),
        owners: randomOwners(random),
      }
    })
    const theirs = ask(
      'reconcile',
      cases.map(({ member, owned, epoch, target, owners }) => ({
        processId: 'P',
        epoch,
        owners,
        target: targetJson(target),
        owned: owned === undefined ? null : targetJson(owned),
        member: {
          ...member,
          assigned: givenJson(member.assigned),
          pendingRevocation: givenJson(member.pendingRevocation),
        },
      })),
    )
    for (const [i, { member, owned, epoch, target, owners }] of cases.entries()) {
      const way = {
        processId: 'P',
        epoch,
        target,
        owned,
        owners: {
          active: (id: string, partition: number) => owners.active[`${partition}_${id}`],
          hasStandby: (id: string, partition: number, p: string) =>
            owners.standby[`${partition}_${id}`]?.includes(p) === true,
          hasWarmup: (id: string, partition: number, p: string) =>
            owners.warmup[`${partition}_${id}`]?.includes(p) === true,
        },
      }
      assert.deepEqual(stepOf(member, way), theirs[i], `case ${i}`)
    }
  },
}

function stepOf(member: Progress, way: Parameters<typeof reconcile>[1]): Json {
  try {
    const next = reconcile(member, way)
    return { ...next, assigned: givenJson(next.assigned), pendingRevocation: givenJson(next.pendingRevocation) }
  } catch (error) {
    if (error instanceof ProtocolError) return { error: 'FencedMemberEpochException' }
    throw error
  }
}

const hashes: Check = {
  name: 'groups: what a group remembers of its topics is the number that Apache Kafka remembers',
  run: async () => {
    const random = seededRandom(99)
    const cases = Array.from({ length: 200 }, () => ({
      topics: Object.fromEntries(
        some(random, ['orders', 'a-very-long-name-of-a-topic.with.parts', 'ümlaut', 'x'], 0.7).map((name) => [
          name,
          { id: random.bytes(16).toString('base64url'), partitions: 1 + whole(random, random.next() < 0.2 ? 500 : 20) },
        ]),
      ),
    }))
    for (const [i, theirs] of ask('hash', cases).entries()) {
      const { topics } = cases[i]!
      const port = {
        partitionCount: (name: string) => topics[name]?.partitions,
        topicId: (name: string) => topics[name]?.id,
        topicName: () => undefined,
        names: () => Object.keys(topics),
        racks: () => undefined,
        version: () => 0,
      }
      assert.equal(
        String(metadataHash(port, [...Object.keys(topics), 'missing'])),
        theirs['hash'],
        JSON.stringify(topics),
      )
    }
  },
}

/** The group that Apache Kafka described last is the same to a coordinator of ours that reads its log. */
async function takeOver(directory: string, said: string): Promise<void> {
  const groups = await coordinatorOver(directory)
  const context = { apiVersion: 5, clientId: 'check', clientHost: '/127.0.0.1' }
  const listed = groups.listGroups(context, { statesFilter: [], typesFilter: ['streams'] })
  const groupId = listed.groups.map((each) => each.groupId).find((id) => id.startsWith('updates-'))!
  const ours = groups.streamsGroupDescribe(groupId)
  await groups.close()
  const theirs = (JSON.parse(said.slice(said.indexOf('{'))) as { groups: (typeof ours)[] }).groups[0]!
  const byId = (members: typeof ours.members) => members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const { authorizedOperations: _, errorMessage: __, ...expected } = theirs
  assert.deepEqual(
    { ...ours, groupId: 'updates', members: byId(ours.members) },
    { ...expected, members: byId(expected.members) },
  )
}

/** The records of streams groups in the logs of a directory, by group, without what differs from run to run. */
async function recordsIn(directory: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>()
  for (const path of (await readdir(directory, { recursive: true })).toSorted()) {
    if (!/__consumer_offsets-\d+\/\d+\.log$/.test(path)) continue
    for (const batch of batches(await readFile(join(directory, path)))) {
      for (const { key, value } of batch.records()) {
        const record = decodeRecord(key!, value)
        if (record?.kind !== 'streams') continue
        const name = record.groupId.replace(/-[a-z0-9]{1,6}$/, '')
        const text = JSON.stringify(record, (field, each: unknown) =>
          field === 'assignmentTimestamp' || typeof each === 'bigint' ? typeof each : each,
        ).replaceAll(record.groupId, name)
        found.set(name, [...(found.get(name) ?? []), `${text} in ${value?.length ?? 'no'} bytes`])
      }
    }
  }
  return found
}

const conversations: Check = {
  name: 'streams groups: every conversation is the one that Apache Kafka has, and leaves the records that Apache Kafka leaves',
  run: async () => {
    const port = await freePort()
    const directory = await mkdtemp(join(tmpdir(), 'millrace-kafka-'))
    const properties = Object.entries(streamsSettings)
    const env = {
      KAFKA_HEAP_OPTS: '-Xmx512m -Xms256m',
      KAFKA_PROPS: properties.map(([name, value]) => `${name}=${value}`).join(' '),
    }
    const expected: Record<string, string[]> = {}
    try {
      await kafkaTool(['start', String(port), directory], { env })
      try {
        await prepareStreams(`127.0.0.1:${port}`)
        for (const name of Object.keys(streamsScenarios)) {
          expected[name] = await converseOnStreams(`127.0.0.1:${port}`, name)
        }
      } finally {
        await kafkaTool(['stop', String(port)])
      }
      await takeOver(directory, expected[leavesBehind]!.at(-1)!)
      const theirs = await recordsIn(directory)
      await withBroker(streamsSettings, async (bootstrap, broker) => {
        await prepareStreams(bootstrap)
        for (const name of Object.keys(streamsScenarios)) {
          assert.deepEqual(await converseOnStreams(bootstrap, name), expected[name], name)
        }
        const ours = await recordsIn(broker.dataDir)
        assert.deepEqual([...ours.keys()].toSorted(), [...theirs.keys()].toSorted())
        for (const [group, records] of theirs) {
          // Sessions that ended meanwhile are a matter of how long the rest took.
          const common = Math.min(records.length, ours.get(group)!.length)
          assert.deepEqual(ours.get(group)!.slice(0, common), records.slice(0, common), group)
        }
      })
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  },
}

export const checks: readonly Check[] = [assignments, topologies, reconciliations, hashes, conversations]
