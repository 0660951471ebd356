import { deepEqual, equal, ok, rejects } from 'node:assert/strict'

import type {
  Client,
  CompressionName,
  Consumer,
  ConsumerOptions,
  ConsumerRecord,
  TopicPartition,
} from '#core/client/client.ts'
import { partitionKey } from '#core/client/client.ts'
import { cooperativeStickyAssignor, stickyAssignor } from '#core/client/assignors/index.ts'
import { createClient } from '#core/client/lean-client.ts'
import { partitionForKey } from '#core/client/producer/partitioners.ts'

/** One promise of the client port; holds against any broker. */
export interface ContractCase {
  readonly name: string
  /** `sessionTimeoutMs`: the shortest session that the broker grants. */
  run(bootstrap: string, sessionTimeoutMs?: number): Promise<void>
}

let serial = 0
/** A name that no other case and no earlier run used. */
const fresh = (what: string): string => `${what}-${process.pid}-${Date.now().toString(36)}-${serial++}`
const bytes = (text: string): Buffer => Buffer.from(text)
const text = (value: Buffer | null): string | null => value?.toString() ?? null

async function withClient(
  bootstrap: string,
  body: (client: Client, topic: (partitions?: number) => Promise<string>) => Promise<void>,
  options: { metadataMaxAgeMs?: number } = {},
): Promise<void> {
  const client = createClient({ bootstrapServers: bootstrap, clientId: 'contract', callTimeoutMs: 15_000, ...options })
  try {
    await body(client, async (partitions = 1) => {
      const name = fresh('topic')
      await client.admin().createTopics([{ name, partitions, replicationFactor: 1 }])
      return name
    })
  } finally {
    await client.close()
  }
}

/** Appends values `from` to before `to` and waits until they are acknowledged. */
async function fill(client: Client, topic: string, from: number, to: number, partition = 0): Promise<void> {
  const producer = client.producer()
  for (let i = from; i < to; i++) producer.append({ topic, partition, key: null, value: bytes(`${i}`) })
  await producer.close()
}

/** Polls until `enough` records came, or ten seconds are over. */
async function read(consumer: Consumer, enough: number): Promise<ConsumerRecord[]> {
  const records: ConsumerRecord[] = []
  const end = Date.now() + 10_000
  while (records.length < enough && Date.now() < end) for (const each of await consumer.poll(200)) records.push(...each)
  return records
}

/** Polls all consumers, one after another, until a condition holds. */
async function pollUntil(consumers: readonly Consumer[], holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000
  while (!(await holds())) {
    ok(Date.now() < end, 'the condition never held')
    await Promise.all(consumers.map((each) => each.poll(50)))
  }
}

const partitionsOf = (topic: string, count: number): TopicPartition[] =>
  Array.from({ length: count }, (_, partition) => ({ topic, partition }))
const keys = (partitions: readonly TopicPartition[]): string[] => partitions.map(partitionKey).sort()
const numbers = (records: readonly ConsumerRecord[]): number[] => records.map(({ value }) => Number(text(value)))
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)
const earliest = { autoOffsetReset: 'earliest' } as const

/** Two cooperative or eager consumers come and go; says what each was told. */
function listening(client: Client, topic: string | RegExp, options: ConsumerOptions) {
  const told: string[] = []
  const consumer = client.consumer({ ...earliest, heartbeatIntervalMs: 100, ...options })
  const note = (what: string) => (partitions: readonly TopicPartition[]) =>
    void (
      partitions.length > 0 &&
      told.push(
        `${what} ${partitions
          .map(({ partition }) => partition)
          .sort()
          .join(',')}`,
      )
    )
  consumer.subscribe(topic instanceof RegExp ? topic : [topic], {
    assigned: note('assigned'),
    revoked: note('revoked'),
    lost: note('lost'),
  })
  return { consumer, told }
}

export const clientContract: readonly ContractCase[] = [
  {
    name: 'a record comes back as it was sent',
    run: (bootstrap) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic()
        const producer = client.producer()
        const headers = [
          { key: 'a', value: bytes('1') },
          { key: 'none', value: null },
        ]
        deepEqual(
          await producer.send({ topic, key: bytes('k'), value: bytes('v'), timestamp: 1234567890123, headers }),
          {
            topic,
            partition: 0,
            offset: 0,
          },
        )
        await producer.send({ topic, key: null, value: null })
        const consumer = client.consumer(earliest)
        consumer.assign([{ topic, partition: 0 }])
        const [first, second] = await read(consumer, 2)
        equal(text(first!.key), 'k')
        equal(text(first!.value), 'v')
        equal(first!.timestamp, 1234567890123)
        deepEqual(
          first!.headers.map(({ key, value }) => [key, value === null ? null : String(value)]),
          [
            ['a', '1'],
            ['none', null],
          ],
        )
        deepEqual([second!.key, second!.value, second!.offset], [null, null, 1])
      }),
  },
  ...(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).map((compression: CompressionName) => ({
    name: `a batch packed with ${compression} comes back`,
    run: (bootstrap: string) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic()
        const producer = client.producer({ compression })
        for (let i = 0; i < 1000; i++) producer.append({ topic, key: null, value: bytes(`${i}`.padStart(100)) })
        await producer.flush()
        const consumer = client.consumer(earliest)
        consumer.assign([{ topic, partition: 0 }])
        deepEqual(numbers(await read(consumer, 1000)), range(0, 1000))
      }),
  })),
  {
    name: 'every kind of acknowledgement delivers',
    run: (bootstrap) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic()
        const offsets: number[] = []
        for (const acks of [0, 1, -1] as const) {
          const producer = client.producer({ acks })
          offsets.push((await producer.send({ topic, key: null, value: bytes(String(acks)) })).offset)
          await producer.close()
          if (acks === 0) await pollEnd(client, topic, 1)
        }
        deepEqual(offsets, [-1, 1, 2])
      }),
  },
  {
    name: 'each record is told where it landed, in order',
    run: (bootstrap) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic(3)
        const producer = client.producer({ batchSize: 2000 })
        const told = new Map<number, number[]>()
        let expected = 0
        for (let i = 0; i < 3000; i++) {
          const key = bytes(`key ${i % 97}`)
          producer.append({ topic, key, value: bytes(`${i}`) }, (error, partition, offset) => {
            equal(error, null)
            equal(partition, partitionForKey(key, 3))
            told.set(partition, [...(told.get(partition) ?? []), offset])
          })
          expected++
        }
        ok(producer.pendingBytes > 0)
        await producer.flush()
        equal(producer.pendingBytes, 0)
        equal([...told.values()].flat().length, expected)
        for (const offsets of told.values()) deepEqual(offsets, range(0, offsets.length))
      }),
  },
  {
    name: 'a full buffer says so and empties',
    run: (bootstrap) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic()
        const producer = client.producer({ bufferMemory: 50_000, batchSize: 4000 })
        let waits = 0
        for (let i = 0; i < 3000; i++) {
          producer.append({ topic, key: null, value: bytes(`${i}`.padStart(100)) })
          if (producer.writable) continue
          waits++
          await producer.ready()
          ok(producer.pendingBytes < 50_000)
        }
        ok(waits > 3)
        await producer.close()
        equal(await pollEnd(client, topic, 3000), 3000)
      }),
  },
  {
    name: 'what cannot be sent fails with a reason and holds up nothing',
    run: (bootstrap) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic(2)
        const producer = client.producer({ maxRequestSize: 10_000 })
        const value = Buffer.alloc(20_000)
        await rejects(producer.send({ topic, key: null, value }), { code: 'RECORD_TOO_LARGE' })
        await rejects(producer.send({ topic, partition: 7, key: null, value: null }), {
          code: 'PARTITION_CHOICE_INVALID',
        })
        await producer.flush()
        producer.append({ topic, key: null, value })
        producer.append({ topic, partition: 1, key: null, value: bytes('fine') })
        await rejects(producer.flush(), { code: 'RECORD_TOO_LARGE' })
        await producer.flush()
        equal((await client.admin().listOffsets([{ topic, partition: 1, timestamp: -1 }])).get(`${topic}-1`)!.offset, 1)
      }),
  },
  {
    name: 'a reader by hand seeks, pauses and knows its position',
    run: (bootstrap) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic(2)
        await fill(client, topic, 0, 100)
        await fill(client, topic, 100, 200, 1)
        const consumer = client.consumer({ ...earliest, maxPollRecords: 30 })
        const [first, second] = partitionsOf(topic, 2) as [TopicPartition, TopicPartition]
        consumer.assign([first, second])
        equal(await consumer.position(first), 0)
        consumer.pause([second])
        deepEqual(keys(consumer.paused), keys([second]))
        deepEqual(numbers(await read(consumer, 100)), range(0, 100))
        equal(await consumer.position(first), 100)
        equal(await consumer.position(second), 0)
        consumer.resume([second])
        deepEqual(numbers(await read(consumer, 100)), range(100, 200))
        consumer.seek(first, 42)
        deepEqual(numbers(await read(consumer, 58)), range(42, 100))
        await consumer.seekToBeginning([first])
        await consumer.seekToEnd([second])
        deepEqual([await consumer.position(first), await consumer.position(second)], [0, 100])
        deepEqual([...(await consumer.beginningOffsets([first, second])).values()], [0, 0])
        deepEqual((await consumer.endOffsets([first, second])).get(partitionKey(second)), 100)
        consumer.assign([second])
        deepEqual(keys(consumer.assignment), keys([second]))
        await fill(client, topic, 200, 201, 1)
        deepEqual(numbers(await read(consumer, 1)), [200])
      }),
  },
  {
    name: 'polls split batches without losing or doubling records',
    run: (bootstrap) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic()
        await fill(client, topic, 0, 1000)
        const consumer = client.consumer({ ...earliest, maxPollRecords: 7 })
        consumer.assign([{ topic, partition: 0 }])
        const seen: number[] = []
        const held: Iterable<ConsumerRecord>[] = []
        while (seen.length < 1000) {
          const polled = await consumer.poll(1000)
          ok(polled.reduce((sum, { count }) => sum + count, 0) <= 7)
          for (const each of polled) {
            held.push(each)
            const records = [...each]
            equal(records.length, each.count)
            equal(each.nextOffset, records.at(-1)!.offset + 1)
            equal(each.highWatermark, 1000)
            seen.push(...numbers(records))
          }
        }
        deepEqual(seen, range(0, 1000))
        // Pieces can be read again, and in any order.
        deepEqual(
          held
            .reverse()
            .flatMap((each) => numbers([...each]).reverse())
            .reverse(),
          range(0, 1000),
        )
      }),
  },
  {
    name: 'an offset that is gone is reset as the policy says',
    run: (bootstrap) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic()
        const at = { topic, partition: 0 }
        await fill(client, topic, 0, 20)
        const low = await client.admin().deleteRecords([{ ...at, offset: 5 }])
        deepEqual([...low], [[partitionKey(at), 5]])
        const patient = client.consumer(earliest)
        patient.assign([at])
        patient.seek(at, 2)
        deepEqual(numbers(await read(patient, 15)), range(5, 20))
        const hasty = client.consumer({ autoOffsetReset: 'latest' })
        hasty.assign([at])
        hasty.seek(at, 2)
        await pollUntil([hasty], async () => (await hasty.position(at)) === 20)
        const strict = client.consumer({ autoOffsetReset: 'none' })
        strict.assign([at])
        await rejects(() => read(strict, 1), { code: 'OFFSET_MISSING' })
        strict.seek(at, 99)
        await rejects(() => read(strict, 1), { code: 'OFFSET_OUT_OF_RANGE' })
        strict.seek(at, 10)
        deepEqual(numbers(await read(strict, 10)), range(10, 20))
      }),
  },
  {
    name: 'wakeup ends a poll, polls do not overlap',
    run: (bootstrap) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic()
        const consumer = client.consumer()
        consumer.assign([{ topic, partition: 0 }])
        const waiting = consumer.poll(60_000)
        await rejects(consumer.poll(0), { code: 'POLL_CONCURRENT' })
        setTimeout(() => consumer.wakeup(), 50)
        deepEqual(await waiting, [])
        deepEqual(await consumer.poll(0), [])
      }),
  },
  {
    name: 'a group goes on where it committed',
    run: (bootstrap) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic()
        const at = { topic, partition: 0 }
        const groupId = fresh('group')
        await fill(client, topic, 0, 10)
        const first = client.consumer({ ...earliest, groupId, maxPollRecords: 4 })
        first.subscribe([topic])
        deepEqual(numbers(await read(first, 1)), range(0, 4))
        await first.commit([{ ...at, offset: 4, metadata: 'note' }])
        deepEqual((await first.committed([at])).get(partitionKey(at))?.metadata, 'note')
        await first.close()
        const second = client.consumer({ ...earliest, groupId })
        second.subscribe([topic])
        deepEqual(numbers(await read(second, 6)), range(4, 10))
      }),
  },
  {
    name: 'automatic commits cover what was handed out',
    run: (bootstrap) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic()
        const groupId = fresh('group')
        await fill(client, topic, 0, 10)
        const consumer = client.consumer({ ...earliest, groupId, autoCommitIntervalMs: 60_000, maxPollRecords: 7 })
        consumer.subscribe([topic])
        await read(consumer, 7)
        await consumer.close()
        deepEqual(
          (await client.admin().groupOffsets(groupId)).map(({ offset }) => offset),
          [7],
        )
      }),
  },
  {
    name: 'members share a topic, and take over from one that leaves',
    run: (bootstrap) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic(4)
        const groupId = fresh('group')
        const first = listening(client, topic, { groupId })
        await pollUntil([first.consumer], () => first.consumer.assignment.length === 4)
        const second = listening(client, topic, { groupId })
        const both = [first.consumer, second.consumer]
        await pollUntil(both, () => both.every(({ assignment }) => assignment.length === 2))
        deepEqual(first.told, ['assigned 0,1,2,3', 'revoked 0,1,2,3', `assigned ${partitionList(first.consumer)}`])
        await second.consumer.close()
        await pollUntil([first.consumer], () => first.consumer.assignment.length === 4)
        deepEqual(second.told, [`assigned ${second.told[0]!.slice(9)}`, `revoked ${second.told[0]!.slice(9)}`])
      }),
  },
  {
    name: 'cooperative members read on and give up only what moves',
    run: (bootstrap) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic(4)
        const groupId = fresh('group')
        const options = () => ({ groupId, assignors: [cooperativeStickyAssignor()] })
        const first = listening(client, topic, options())
        await pollUntil([first.consumer], () => first.consumer.assignment.length === 4)
        const second = listening(client, topic, options())
        const both = [first.consumer, second.consumer]
        await pollUntil(both, () => both.every(({ assignment }) => assignment.length === 2))
        const moved = partitionList(second.consumer)
        deepEqual(first.told, ['assigned 0,1,2,3', `revoked ${moved}`])
        deepEqual(second.told, [`assigned ${moved}`])
        await second.consumer.close()
        await pollUntil([first.consumer], () => first.consumer.assignment.length === 4)
        deepEqual(first.told.at(-1), `assigned ${moved}`)
      }),
  },
  {
    name: 'sticky members keep what they had',
    run: (bootstrap) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic(6)
        const groupId = fresh('group')
        const members = range(0, 3).map(() => listening(client, topic, { groupId, assignors: [stickyAssignor()] }))
        const consumers = members.map(({ consumer }) => consumer)
        await pollUntil(consumers, () => consumers.every(({ assignment }) => assignment.length === 2))
        const before = consumers.map(({ assignment }) => keys(assignment))
        await consumers[2]!.close()
        const rest = consumers.slice(0, 2)
        await pollUntil(rest, () => rest.every(({ assignment }) => assignment.length === 3))
        rest.forEach(({ assignment }, index) => ok(before[index]!.every((key) => keys(assignment).includes(key))))
      }),
  },
  {
    name: 'a static member restarts without a rebalance',
    run: (bootstrap) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic(2)
        const groupId = fresh('group')
        const first = listening(client, topic, { groupId, groupInstanceId: 'one' })
        const second = listening(client, topic, { groupId, groupInstanceId: 'two' })
        const both = [first.consumer, second.consumer]
        await pollUntil(both, () => both.every(({ assignment }) => assignment.length === 1))
        const toldBefore = [...first.told]
        const owned = keys(second.consumer.assignment)
        await second.consumer.close()
        const again = listening(client, topic, { groupId, groupInstanceId: 'two' })
        await pollUntil([first.consumer, again.consumer], () => again.consumer.assignment.length === 1)
        deepEqual(keys(again.consumer.assignment), owned)
        deepEqual(first.told, toldBefore)
      }),
  },
  {
    name: 'a pattern finds topics that come later, and a topic that grows is divided anew',
    run: (bootstrap) =>
      withClient(
        bootstrap,
        async (client) => {
          const prefix = fresh('pattern')
          const admin = client.admin()
          await admin.createTopics([{ name: `${prefix}-a`, partitions: 1, replicationFactor: 1 }])
          const { consumer } = listening(client, new RegExp(`^${prefix}-`), { groupId: fresh('group') })
          await pollUntil([consumer], () => consumer.assignment.length === 1)
          await admin.createTopics([{ name: `${prefix}-b`, partitions: 2, replicationFactor: 1 }])
          await pollUntil([consumer], () => consumer.assignment.length === 3)
          await admin.createPartitions({ [`${prefix}-a`]: 3 })
          await pollUntil([consumer], () => consumer.assignment.length === 5)
        },
        { metadataMaxAgeMs: 300 },
      ),
  },
  {
    name: 'a commit after the place in the group was lost is refused',
    run: (bootstrap, sessionTimeoutMs = 6000) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic(1)
        const groupId = fresh('group')
        const { consumer, told } = listening(client, topic, {
          groupId,
          sessionTimeoutMs,
          heartbeatIntervalMs: 60_000,
        })
        await pollUntil([consumer], () => consumer.assignment.length === 1)
        const description = await client.admin().describeGroups([groupId])
        deepEqual(
          description.map(({ state, protocol }) => [state, protocol]),
          [['Stable', 'range']],
        )
        // The broker ends the session of a member that does not beat; a commit then has no place to count from.
        await new Promise((resolve) => setTimeout(resolve, sessionTimeoutMs + 500))
        await rejects(consumer.commit([{ topic, partition: 0, offset: 0 }]), { code: 'COMMIT_REFUSED' })
        await pollUntil([consumer], () => told.length === 3)
        deepEqual(told, ['assigned 0', 'lost 0', 'assigned 0'])
      }),
  },
  {
    name: 'topics are created, described, grown, configured and deleted',
    run: (bootstrap) =>
      withClient(bootstrap, async (client) => {
        const admin = client.admin()
        const name = fresh('admin')
        await admin.createTopics([{ name, partitions: 2, replicationFactor: 1, configs: { 'retention.ms': '60000' } }])
        await rejects(admin.createTopics([{ name, partitions: 2, replicationFactor: 1 }]), {
          code: 'TOPIC_ALREADY_EXISTS',
        })
        ok((await admin.listTopics()).includes(name))
        const [topic] = await admin.describeTopics([name, fresh('missing')])
        deepEqual([topic!.name, topic!.internal, topic!.partitions.length], [name, false, 2])
        await admin.createPartitions({ [name]: 4 })
        equal((await admin.describeTopics([name]))[0]!.partitions.length, 4)
        const retention = async (): Promise<(string | number | null | undefined)[]> => {
          const entry = (await admin.describeConfigs([{ type: 'topic', name }]))
            .get(name)!
            .find((each) => each.name === 'retention.ms')
          return [entry?.value, entry?.source]
        }
        deepEqual(await retention(), ['60000', 1])
        await admin.alterConfigs({ type: 'topic', name }, { 'retention.ms': '120000', 'cleanup.policy': 'compact' })
        await eventually(async () => (await retention())[0] === '120000')
        await admin.alterConfigs({ type: 'topic', name }, { 'retention.ms': null })
        // A broker may answer from metadata that is a moment old.
        await eventually(async () => (await retention())[1] === 5)
        await admin.deleteTopics([name])
        deepEqual(await admin.describeTopics([name]), [])
        await rejects(admin.deleteTopics([name]), { code: 'UNKNOWN_TOPIC_OR_PARTITION' })
      }),
  },
  {
    name: 'offsets are found by time and by special numbers',
    run: (bootstrap) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic()
        const producer = client.producer()
        for (const timestamp of [1000, 3000, 2000]) producer.append({ topic, key: null, value: null, timestamp })
        await producer.flush()
        const find = async (timestamp: number): Promise<number[]> => {
          const found = (await client.admin().listOffsets([{ topic, partition: 0, timestamp }])).get(`${topic}-0`)!
          return [found.offset, found.timestamp]
        }
        deepEqual(await find(-2), [0, -1])
        deepEqual(await find(-1), [3, -1])
        deepEqual(await find(-3), [1, 3000])
        deepEqual(await find(1500), [1, 3000])
        deepEqual(await find(9000), [-1, -1])
      }),
  },
  {
    name: 'groups are listed, described, moved and deleted',
    run: (bootstrap) =>
      withClient(bootstrap, async (client, newTopic) => {
        const topic = await newTopic(2)
        const groupId = fresh('group')
        const admin = client.admin()
        const at = { topic, partition: 0 }
        await admin.alterGroupOffsets(groupId, [
          { ...at, offset: 3 },
          { topic, partition: 1, offset: 4 },
        ])
        const offsets = async (): Promise<number[]> =>
          (await admin.groupOffsets(groupId)).map(({ offset }) => offset).sort()
        deepEqual(await offsets(), [3, 4])
        await admin.deleteGroupOffsets(groupId, [at])
        deepEqual(await offsets(), [4])
        const { consumer } = listening(client, topic, { groupId })
        await pollUntil([consumer], () => consumer.assignment.length === 2)
        const [group] = await admin.describeGroups([groupId])
        deepEqual([group!.state, group!.protocolType, group!.members[0]!.clientId], ['Stable', 'consumer', 'contract'])
        ok((await admin.listGroups()).some((each) => each.groupId === groupId && each.protocolType === 'consumer'))
        await rejects(admin.deleteGroups([groupId]), { code: 'NON_EMPTY_GROUP' })
        await consumer.close()
        await admin.deleteGroups([groupId])
        equal((await admin.describeGroups([groupId]))[0]!.state, 'Dead')
        const cluster = await admin.describeCluster()
        ok(cluster.clusterId !== '' && cluster.brokers.length > 0)
        const settings = await admin.describeConfigs([{ type: 'broker', name: String(cluster.brokers[0]!.id) }])
        ok([...settings.values()][0]!.length > 10)
      }),
  },
]

const partitionList = (consumer: Consumer): string =>
  consumer.assignment
    .map(({ partition }) => partition)
    .sort()
    .join(',')

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 5000; !(await holds());) {
    ok(Date.now() < end, 'the condition never held')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** The end offset of a topic's partition 0, once it is `expected` or two seconds have passed. */
async function pollEnd(client: Client, topic: string, expected: number): Promise<number> {
  const end = Date.now() + 2000
  for (;;) {
    const found = (await client.admin().listOffsets([{ topic, partition: 0, timestamp: -1 }])).get(`${topic}-0`)!.offset
    if (found === expected || Date.now() > end) return found
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
