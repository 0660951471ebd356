import { describe, expect, it } from 'vitest'

import type { ProducerOptions } from '#core/client/client.ts'
import { createClient } from '#core/client/lean-client.ts'
import { RecordBatch } from '#core/records/batch.ts'
import { errorCodes } from '#core/wire/errors.ts'
import { ScriptedCluster, silence } from '../../../support/scripted-cluster.ts'
import { ScriptedLog } from '../../../support/scripted-log.ts'

type Parts = { index: number; records: Buffer }[]

/** One broker with a topic of `partitions`; `refuse` may answer a batch with an error code first. */
function world(
  options: ProducerOptions = {},
  { partitions = 2, refuse = (_batch: RecordBatch): number => 0, callTimeoutMs = 60_000 } = {},
) {
  const cluster = new ScriptedCluster([1])
  const logs = Array.from({ length: partitions }, () => new ScriptedLog())
  const requests: { at: number; parts: Parts }[] = []
  cluster.serveTopics({ t: partitions }, () => 1)
  cluster.on('Produce', ({ body }) => {
    const [{ topicId, partitionData }] = body.topicData as [{ topicId: string; partitionData: Parts }]
    requests.push({ at: cluster.time.now(), parts: partitionData })
    const partitionResponses = partitionData.map(({ index, records }) => {
      const errorCode = refuse(RecordBatch.at(records))
      return errorCode === 0 ? { index, ...logs[index]!.append(records) } : { index, errorCode, baseOffset: -1 }
    })
    return body.acks === 0 ? silence : { responses: [{ topicId, partitionResponses }] }
  })
  const client = createClient({ bootstrapServers: cluster.bootstrap, ports: cluster.ports, callTimeoutMs })
  const producer = client.producer(options)
  const append = (value: string, partition = 0): void =>
    producer.append({ topic: 't', partition, key: null, value: Buffer.from(value) })
  return { cluster, producer, append, requests, values: () => logs.map(({ values }) => values), logs }
}

describe('producer', () => {
  it('sends what one turn appended to several partitions in one request', async () => {
    const { cluster, producer, append, requests, values } = world()
    for (let i = 0; i < 10; i++) append(`${i}`, i % 2)
    await cluster.until(producer.flush())
    expect(requests).toHaveLength(1)
    expect(values()).toEqual([
      ['0', '2', '4', '6', '8'],
      ['1', '3', '5', '7', '9'],
    ])
  })

  it('lingers when told to, and not when a batch is full or a flush runs', async () => {
    const { cluster, producer, append, requests } = world({ lingerMs: 50, batchSize: 400 })
    await cluster.until(producer.partitionsFor('t'))
    append('first')
    await cluster.settle()
    cluster.time.advance(49)
    await cluster.settle()
    expect(requests).toHaveLength(0)
    cluster.time.advance(2)
    await cluster.settle()
    expect(requests).toHaveLength(1)
    append('x'.repeat(300))
    append('y'.repeat(300))
    await cluster.settle()
    expect(requests).toHaveLength(2)
    const flushed = producer.flush()
    await cluster.settle()
    expect(requests).toHaveLength(3)
    await flushed
  })

  it('waits by itself only behind a request that is under way', async () => {
    const { cluster, producer, append, requests } = world({})
    await cluster.until(producer.send({ topic: 't', partition: 0, key: null, value: null }))
    let release = (): void => {}
    cluster.on('Produce', async ({ body }) => {
      requests.push({ at: cluster.time.now(), parts: body.topicData[0].partitionData })
      await new Promise<void>((resolve) => (release = resolve))
      const partitionResponses = [{ index: 0, errorCode: 0, baseOffset: requests.length }]
      return { responses: [{ topicId: body.topicData[0].topicId, partitionResponses }] }
    })
    append('at once')
    await cluster.settle()
    expect(requests).toHaveLength(2)
    append('gathers')
    append('gathers too')
    await cluster.settle()
    expect(requests).toHaveLength(2)
    release()
    await cluster.settle()
    expect(requests).toHaveLength(3)
    expect(RecordBatch.at(requests[2]!.parts[0]!.records).recordCount).toBe(2)
    release()
    await producer.flush()
  })

  it('gives up after the delivery timeout and numbers anew under the next epoch', async () => {
    const { cluster, producer, append, requests } = world({ deliveryTimeoutMs: 3000, requestTimeoutMs: 500 })
    await cluster.until(producer.send({ topic: 't', partition: 0, key: null, value: Buffer.from('fine') }))
    let mute = true
    const log = new ScriptedLog()
    cluster.on('Produce', ({ body }) => {
      if (mute) return silence
      const [{ topicId, partitionData }] = body.topicData
      requests.push({ at: cluster.time.now(), parts: partitionData })
      const partitionResponses = [{ index: 0, ...log.append(partitionData[0].records) }]
      return { responses: [{ topicId, partitionResponses }] }
    })
    append('lost')
    await expect(cluster.until(producer.flush())).rejects.toMatchObject({ code: 'DELIVERY_TIMED_OUT' })
    mute = false
    append('later')
    await cluster.until(producer.flush())
    const last = RecordBatch.at(requests.at(-1)!.parts[0]!.records)
    expect([last.producerEpoch, last.baseSequence]).toEqual([1, 0])
  })

  it.each(['UNKNOWN_PRODUCER_ID', 'OUT_OF_ORDER_SEQUENCE_NUMBER'] as const)(
    'goes on under the next epoch when the broker answers %s to the next in line',
    async (code) => {
      let forget = false
      const { cluster, producer, append, requests, values } = world(
        {},
        { refuse: ({ producerEpoch }) => (forget && producerEpoch === 0 ? errorCodes[code].code : 0) },
      )
      append('a')
      await cluster.until(producer.flush())
      forget = true
      append('b')
      await cluster.until(producer.flush())
      append('c')
      await cluster.until(producer.flush())
      expect(values()[0]).toEqual(['a', 'b', 'c'])
      const stamps = requests
        .map(({ parts }) => RecordBatch.at(parts[0]!.records))
        .map((b) => [b.producerEpoch, b.baseSequence])
      expect(stamps).toEqual([
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ])
    },
  )

  it('splits a batch that the broker finds too large, as often as needed', async () => {
    const { cluster, producer, values } = world(
      {},
      { refuse: ({ recordCount }) => (recordCount > 3 ? errorCodes.MESSAGE_TOO_LARGE.code : 0) },
    )
    const offsets: number[] = []
    for (let i = 0; i < 20; i++) {
      producer.append({ topic: 't', partition: 0, key: null, value: Buffer.from(`${i}`) }, (_, __, offset) =>
        offsets.push(offset),
      )
    }
    await cluster.until(producer.flush())
    expect(values()[0]).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`))
    expect(offsets).toEqual(Array.from({ length: 20 }, (_, i) => i))
    expect(producer.pendingBytes).toBe(0)
  })

  it('fails a single record that the broker finds too large', async () => {
    const { cluster, producer } = world({}, { refuse: () => errorCodes.MESSAGE_TOO_LARGE.code })
    const sent = producer.send({ topic: 't', partition: 0, key: null, value: Buffer.from('x') })
    await expect(cluster.until(sent)).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
  })

  it('fails records for a topic that never comes, with what the cluster said', async () => {
    const { cluster, producer } = world({}, { callTimeoutMs: 1000 })
    const sent = producer.send({ topic: 'missing', key: null, value: null })
    await expect(cluster.until(sent)).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    expect(producer.pendingBytes).toBe(0)
  })

  it('refuses what is appended after close, and fails what a client that is closed could not send', async () => {
    const { cluster, producer, append } = world({ lingerMs: 0 })
    append('x')
    await cluster.until(producer.close())
    expect(() => append('y')).toThrow(expect.objectContaining({ code: 'CLIENT_CLOSED' }))
  })

  it('keeps the bytes it was given, though the caller writes over them', async () => {
    const { cluster, producer, values } = world()
    const value = Buffer.from('aaa')
    producer.append({ topic: 't', partition: 0, key: null, value })
    value.fill('b')
    producer.append({ topic: 't', partition: 0, key: null, value })
    await cluster.until(producer.flush())
    expect(values()[0]).toEqual(['aaa', 'bbb'])
  })

  it('refuses options that contradict each other', () => {
    const client = createClient({ bootstrapServers: 'fake:1', ports: new ScriptedCluster().ports })
    expect(() => client.producer({ idempotent: true, acks: 1 })).toThrow('acks -1')
    expect(() => client.producer({ maxInFlight: 6 })).toThrow('in flight')
  })
})
