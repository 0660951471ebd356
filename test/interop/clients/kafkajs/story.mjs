// The story that every client tells (see clients.ts), with kafkajs: BOOTSTRAP PREFIX
import kafkajs from 'kafkajs'

const { CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = kafkajs

const first = 1_700_000_000_000
const [bootstrap, prefix] = process.argv.slice(2)
const [topicIn, topicOut, group] = [`${prefix}-in`, `${prefix}-out`, `${prefix}-group`]
const kafka = new Kafka({ brokers: [bootstrap], clientId: 'story', logLevel: logLevel.ERROR })
const admin = kafka.admin()
const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const say = (step, found) => console.log(JSON.stringify({ step, ...found }))
const inOrder = (partitions) =>
  partitions.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset))

async function create() {
  await admin.createTopics({
    topics: [
      { topic: topicIn, numPartitions: 3, configEntries: [{ name: 'retention.ms', value: '-1' }] },
      { topic: topicOut, numPartitions: 1 },
    ],
  })
  const configEntries = [
    { name: 'retention.ms', value: '-1' },
    { name: 'max.message.bytes', value: '123456' },
  ]
  const resource = { type: ConfigResourceTypes.TOPIC, name: topicIn }
  await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries }] })
  let value
  for (let i = 0; i < 100 && value !== '123456'; i++) {
    const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false })
    value = resources[0].configEntries.find(({ configName }) => configName === 'max.message.bytes').configValue
    await pause(50)
  }
  const { topics } = await admin.fetchTopicMetadata({ topics: [topicIn] })
  say('create', { partitions: topics[0].partitions.length, maxMessageBytes: value })
}

async function produce(from, to) {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const messages = Array.from({ length: to - from }, (_, n) => {
    const i = from + n
    return { key: `k${i}`, value: `${i}`, partition: i % 3, timestamp: `${first + i * 1000}`, headers: { n: `${i}` } }
  })
  await producer.send({ topic: topicIn, messages, compression: CompressionTypes.GZIP })
  await producer.disconnect()
}

/** Consumes until `take` says true of a message's consumer, then commits nothing by itself and leaves. */
async function consume(groupId, topic, take, { readUncommitted = true, started = () => {}, idleMs = 60_000 } = {}) {
  const consumer = kafka.consumer({ groupId, readUncommitted, maxWaitTimeInMs: 100, rebalanceTimeout: 5000 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise((done) => {
    let timer = setTimeout(done, idleMs)
    void consumer.run({
      autoCommit: false,
      eachMessage: async (each) => {
        clearTimeout(timer)
        timer = setTimeout(done, idleMs)
        if (take(each, consumer) === true) done(clearTimeout(timer))
      },
    })
    started(consumer)
  })
  return consumer
}

async function read(count) {
  const values = new Set()
  const next = new Map()
  const consumer = await consume(group, topicIn, ({ partition, message }) => {
    next.set(partition, String(Number(message.offset) + 1))
    const value = String(message.value)
    if (String(message.key) === `k${value}` && String(message.headers.n) === value) values.add(Number(value))
    return values.size === count
  })
  await consumer.commitOffsets([...next].map(([partition, offset]) => ({ topic: topicIn, partition, offset })))
  await consumer.disconnect()
  return [...values].toSorted((a, b) => a - b)
}

async function committed(groupId) {
  const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topicIn] })
  return inOrder(partitions)
}

async function seek() {
  let found
  const take = ({ partition, message }) => {
    if (partition !== 0) return false
    found ??= message
    return true
  }
  const started = (consumer) => consumer.seek({ topic: topicIn, partition: 0, offset: '5' })
  const consumer = await consume(`${group}-seek`, topicIn, take, { started })
  await consumer.disconnect()
  const times = await admin.fetchTopicOffsetsByTimestamp(topicIn, first + 30_000)
  say('seek', { offset: Number(found.offset), value: String(found.value), atTime: inOrder(times)[0] })
}

async function readOut(readUncommitted) {
  const values = []
  const take = ({ message }) => void values.push(String(message.value))
  const consumer = await consume(`${group}-out-${readUncommitted}`, topicOut, take, { readUncommitted, idleMs: 6000 })
  await consumer.disconnect()
  return values
}

async function transactions() {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, transactionalId: `${topicOut}-id` })
  await producer.connect()
  for (const [letter, count, offset] of [
    ['c', 5, '7'],
    ['a', 5, '9'],
    ['d', 2],
  ]) {
    const transaction = await producer.transaction()
    const messages = Array.from({ length: count }, (_, i) => ({ value: `${letter}${i}`, partition: 0 }))
    await transaction.send({ topic: topicOut, messages })
    if (offset !== undefined) {
      const topics = [{ topic: topicIn, partitions: [{ partition: 0, offset }] }]
      await transaction.sendOffsets({ consumerGroupId: `${group}-txn`, topics })
    }
    await (letter === 'a' ? transaction.abort() : transaction.commit())
  }
  await producer.disconnect()
  say('transactions', {
    committed: await readOut(false),
    uncommitted: (await readOut(true)).length,
    groupOffset: (await committed(`${group}-txn`))[0],
  })
}

const hasGroup = async () => (await admin.listGroups()).groups.some(({ groupId }) => groupId === group)

async function groups() {
  const described = await admin.describeGroups([group])
  say('groups', { listed: await hasGroup(), state: described.groups[0].state.toLowerCase() })
}

async function remove() {
  await admin.deleteGroups([group])
  await admin.deleteTopics({ topics: [topicIn, topicOut] })
  const names = await admin.listTopics()
  say('delete', { groupLeft: await hasGroup(), topicsLeft: names.includes(topicIn) || names.includes(topicOut) })
}

await admin.connect()
await create()
await produce(0, 60)
say('produce', { ends: inOrder(await admin.fetchTopicOffsets(topicIn)) })
say('consume', { values: await read(60) })
say('commit', { committed: await committed(group) })
await produce(60, 63)
say('resume', { values: await read(3) })
await seek()
await transactions()
await groups()
await remove()
await admin.disconnect()
