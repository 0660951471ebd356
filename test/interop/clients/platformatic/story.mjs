// The story that every client tells (see clients.ts), with @platformatic/kafka: BOOTSTRAP PREFIX [groupProtocol=consumer]
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'

const first = 1_700_000_000_000
const [bootstrap, prefix, ...settings] = process.argv.slice(2)
const [topicIn, topicOut, group] = [`${prefix}-in`, `${prefix}-out`, `${prefix}-group`]
const at = { clientId: 'story', bootstrapBrokers: [bootstrap] }
const membership = Object.fromEntries(settings.map((pair) => pair.split('=')))
const admin = new Admin(at)
const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const say = (step, found) => console.log(JSON.stringify({ step, ...found }))

async function create() {
  await admin.createTopics({
    topics: [topicIn],
    partitions: 3,
    replicas: 1,
    configs: [{ name: 'retention.ms', value: '-1' }],
  })
  await admin.createTopics({ topics: [topicOut], partitions: 1, replicas: 1 })
  const [resourceType, resourceName] = [2, topicIn]
  const configs = [{ name: 'max.message.bytes', configOperation: 0, value: '123456' }]
  await admin.incrementalAlterConfigs({ resources: [{ resourceType, resourceName, configs }] })
  let value
  for (let i = 0; i < 100 && value !== '123456'; i++) {
    const configurationKeys = ['max.message.bytes']
    const [found] = await admin.describeConfigs({ resources: [{ resourceType, resourceName, configurationKeys }] })
    value = found.configs[0].value
    await pause(50)
  }
  const metadata = await admin.metadata({ topics: [topicIn] })
  say('create', { partitions: metadata.topics.get(topicIn).partitionsCount, maxMessageBytes: value })
}

async function produce(from, to) {
  const producer = new Producer({ ...at, serializers: stringSerializers, idempotent: true, compression: 'gzip' })
  const messages = Array.from({ length: to - from }, (_, n) => {
    const i = from + n
    const timestamp = BigInt(first + i * 1000)
    return { topic: topicIn, key: `k${i}`, value: `${i}`, partition: i % 3, timestamp, headers: { n: `${i}` } }
  })
  await producer.send({ messages })
  await producer.close()
}

const consumer = (groupId) =>
  new Consumer({ ...at, groupId, deserializers: stringDeserializers, maxWaitTime: 100, ...membership })

async function read(count) {
  const member = consumer(group)
  const stream = await member.consume({
    topics: [topicIn],
    mode: 'committed',
    fallbackMode: 'earliest',
    autocommit: false,
  })
  const values = new Set()
  const next = new Map()
  for await (const message of stream) {
    next.set(message.partition, message.offset + 1n)
    const { key, value, headers } = message
    if (key === `k${value}` && headers.get('n') === value) values.add(Number(value))
    if (values.size === count) break
  }
  const offsets = [...next].map(([partition, offset]) => ({ topic: topicIn, partition, offset, leaderEpoch: -1 }))
  await member.commit({ offsets })
  await member.close(true)
  return [...values].toSorted((a, b) => a - b)
}

async function listed(timestamp) {
  const partitions = [0, 1, 2].map((partitionIndex) => ({ partitionIndex, timestamp }))
  const [topic] = await admin.listOffsets({ topics: [{ name: topicIn, partitions }] })
  return topic.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex).map(({ offset }) => Number(offset))
}

async function committed(groupId) {
  const [{ topics }] = await admin.listConsumerGroupOffsets({ groups: [groupId] })
  const found = new Map(topics[0].partitions.map((each) => [each.partitionIndex, Number(each.committedOffset)]))
  return [0, 1, 2].map((partition) => found.get(partition) ?? -1)
}

async function seek() {
  const reader = consumer(`${group}-seek`)
  const offsets = [0, 1, 2].map((partition) => ({ topic: topicIn, partition, offset: 5n }))
  const stream = await reader.consume({ topics: [topicIn], mode: 'manual', offsets, autocommit: false })
  let found
  for await (const message of stream) {
    if (message.partition !== 0) continue
    found = message
    break
  }
  await reader.close(true)
  say('seek', { offset: Number(found.offset), value: found.value, atTime: (await listed(BigInt(first + 30_000)))[0] })
}

async function readOut(isolationLevel) {
  const reader = consumer(`${group}-out-${isolationLevel}`)
  const stream = await reader.consume({ topics: [topicOut], mode: 'earliest', isolationLevel, autocommit: false })
  const values = []
  stream.on('data', ({ value }) => values.push(value))
  for (let before = -1; before !== values.length || before === 0; await pause(1500)) before = values.length
  await reader.close(true)
  return values
}

async function transactions() {
  const producer = new Producer({
    ...at,
    serializers: stringSerializers,
    idempotent: true,
    transactionalId: `${topicOut}-id`,
  })
  // In a group of the newer protocol it commits with a generation that even Apache Kafka refuses.
  const commits = membership.groupProtocol !== 'consumer'
  const member = consumer(`${group}-txn`)
  const stream = await member.consume({ topics: [topicIn], mode: 'earliest', autocommit: false })
  const sixth = await new Promise((done) => {
    stream.on('data', (message) => message.partition === 0 && message.offset === 6n && done(message))
  })
  for (const [letter, count] of [
    ['c', 5],
    ['a', 5],
    ['d', 2],
  ]) {
    const transaction = await producer.beginTransaction()
    if (commits && letter !== 'd') await transaction.addConsumer(member)
    const messages = Array.from({ length: count }, (_, i) => ({
      topic: topicOut,
      value: `${letter}${i}`,
      partition: 0,
    }))
    await transaction.send({ messages })
    if (commits && letter === 'c') await transaction.addOffset(sixth)
    await (letter === 'a' ? transaction.abort() : transaction.commit())
  }
  await member.close(true)
  await producer.close()
  say('transactions', {
    committed: await readOut(1),
    uncommitted: (await readOut(0)).length,
    ...(commits ? { groupOffset: (await committed(`${group}-txn`))[0] } : {}),
  })
}

async function groups() {
  const found = (await admin.listGroups({ types: ['classic', 'consumer'] })).get(group)
  say('groups', {
    listed: found !== undefined,
    state: found?.state.toLowerCase(),
    type: found?.groupType.toLowerCase(),
  })
}

async function remove() {
  await admin.deleteGroups({ groups: [group] })
  await admin.deleteTopics({ topics: [topicIn, topicOut] })
  const left = (await admin.listGroups({ types: ['classic', 'consumer'] })).has(group)
  const names = await admin.listTopics()
  say('delete', { groupLeft: left, topicsLeft: names.includes(topicIn) || names.includes(topicOut) })
}

await create()
await produce(0, 60)
say('produce', { ends: await listed(-1n) })
say('consume', { values: await read(60) })
say('commit', { committed: await committed(group) })
await produce(60, 63)
say('resume', { values: await read(3) })
await seek()
await transactions()
await groups()
await remove()
await admin.close()
