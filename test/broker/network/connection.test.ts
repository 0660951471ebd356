import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

import { describe, expect, it } from 'vitest'

import { listOffsets } from '#core/wire/api/02-list-offsets.ts'
import { apiVersions } from '#core/wire/api/18-api-versions.ts'
import { decodeResponse, encodeRequest } from '#core/wire/frame.ts'
import type { Broker } from '../../../broker/start.ts'
import {
  batchOf,
  fetch,
  fetchBody,
  fetchValues,
  makeTopic,
  memoryBroker,
  metadata,
  produce,
  produceBody,
  produceValues,
  valuesIn,
  wireClient,
} from '../../support/memory-broker.ts'

/** Sends bytes and gives what came back until the broker closed the connection. */
function untilClosed(broker: Broker, ...chunks: readonly Buffer[]): Promise<Buffer> {
  return new Promise((done) => {
    const received: Buffer[] = []
    const socket = connect(broker.address.port, broker.address.host, () => {
      for (const chunk of chunks) socket.write(chunk)
    })
    socket.on('data', (bytes: Buffer) => received.push(bytes))
    socket.on('error', () => {})
    socket.on('close', () => done(Buffer.concat(received)))
  })
}

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

const latest = (topic: string) => ({
  replicaId: -1,
  topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
})

describe('connection', () => {
  it('answers pipelined requests in their order, with those behind a long poll after it', async () => {
    const broker = await memoryBroker()
    const client = await wireClient(broker)
    const other = await wireClient(broker)
    await makeTopic(client, 'a')
    const order: string[] = []
    const parked = client.call(fetch, 12, fetchBody('a', 0, { maxWaitMs: 10_000 })).then((body) => {
      order.push('fetch')
      return body
    })
    const behind = client.call(listOffsets, 7, latest('a')).then((body) => {
      order.push('offsets')
      return body
    })
    // The other connection is served while the first one waits.
    expect((await other.call(listOffsets, 7, latest('a'))).topics[0]!.partitions[0]!.offset).toBe(0)
    await produceValues(other, 'a', ['x'])
    expect(valuesIn((await parked).responses[0]!.partitions[0]!.records)).toEqual(['x'])
    expect((await behind).topics[0]!.partitions[0]!.offset).toBe(1)
    expect(order).toEqual(['fetch', 'offsets'])
  })

  it('answers a thousand requests sent at once', async () => {
    const broker = await memoryBroker()
    const client = await wireClient(broker)
    await makeTopic(client, 'a')
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => client.call(produce, 9, produceBody('a', batchOf([String(i)])))),
    )
    expect(answers.map(({ responses }) => responses[0]!.partitionResponses[0]!.baseOffset)).toEqual(
      Array.from({ length: 1000 }, (_, i) => i),
    )
  })

  it('closes on what it cannot read, and serves everybody else', async () => {
    const broker = await memoryBroker({ 'socket.request.max.bytes': '100000' })
    const client = await wireClient(broker)
    await makeTopic(client, 'a')
    const header = (apiKey: number, version: number) =>
      Buffer.from([apiKey >> 8, apiKey & 255, version >> 8, version & 255, 0, 0, 0, 1, 255, 255])
    const hostile = [
      int32(-1),
      int32(100_001),
      Buffer.concat([int32(2), Buffer.alloc(2)]),
      Buffer.concat([int32(10), header(999, 0)]),
      Buffer.concat([int32(10), header(3, 99)]),
      // Metadata whose list claims two billion topics.
      Buffer.concat([int32(14), header(3, 1), int32(2_000_000_000)]),
    ]
    for (const bytes of hostile) expect(await untilClosed(broker, bytes)).toEqual(Buffer.alloc(0))
    expect(broker.metrics.values.broker_connections_dropped_total).toBe(hostile.length)
    expect(await produceValues(client, 'a', ['still here'])).toBe(0)
  })

  it('tells a client that comes with too new an ApiVersions which versions there are', async () => {
    const broker = await memoryBroker()
    const client = await wireClient(broker)
    // The header of an unknown version is read as far as the correlation id.
    const frame = await client.send([int32(12), Buffer.from([0, 18, 0, 99, 0, 0, 0, 42, 255, 255, 0, 0])])
    const { correlationId, body } = decodeResponse(apiVersions, 0, frame)
    expect(correlationId).toBe(42)
    expect(body.errorCode).toBe(35)
    expect(body.apiKeys).toEqual([{ apiKey: 18, minVersion: 0, maxVersion: 4 }])
  })

  it('gives no answer to acks 0, and closes the connection when it fails', async () => {
    const broker = await memoryBroker({ 'auto.create.topics.enable': 'false' })
    const client = await wireClient(broker)
    await makeTopic(client, 'a')
    const silent = encodeRequest(produce, 9, 1, null, produceBody('a', batchOf(['quiet']), 0))
    const question = encodeRequest(listOffsets, 7, 2, null, latest('a'))
    const frame = await client.send([...silent, ...question])
    expect(decodeResponse(listOffsets, 7, frame).correlationId).toBe(2)
    expect(await fetchValues(client, 'a', 0)).toEqual(['quiet'])
    const failing = encodeRequest(produce, 9, 1, null, produceBody('missing', batchOf(['lost']), 0))
    expect(await untilClosed(broker, ...failing)).toEqual(Buffer.alloc(0))
  })

  it('takes frames larger than one read, side by side', async () => {
    const broker = await memoryBroker({ 'queued.max.request.bytes': '300000' })
    const values = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(200_000))
    const clients = await Promise.all(values.map(() => wireClient(broker)))
    await makeTopic(clients[0]!, 'big')
    await Promise.all(values.map((value, i) => produceValues(clients[i]!, 'big', [value])))
    const { responses } = await clients[0]!.call(fetch, 12, fetchBody('big', 0))
    expect(valuesIn(responses[0]!.partitions[0]!.records).sort()).toEqual(values)
  })

  it('refuses connections above the bound', async () => {
    const broker = await memoryBroker({ 'max.connections': '2' })
    await wireClient(broker)
    await wireClient(broker)
    await untilClosed(broker)
    expect(broker.metrics.values.broker_connections_refused_total).toBe(1)
  })

  it('answers a client that has shut down its sending side', async () => {
    const broker = await memoryBroker()
    const request = encodeRequest(metadata, 1, 7, null, { topics: [] })
    const answer = await new Promise<Buffer>((done) => {
      const received: Buffer[] = []
      const socket = connect(broker.address.port, broker.address.host, () => socket.end(Buffer.concat(request)))
      socket.on('data', (bytes: Buffer) => received.push(bytes))
      socket.on('close', () => done(Buffer.concat(received)))
    })
    expect(decodeResponse(metadata, 1, answer.subarray(4)).correlationId).toBe(7)
  })

  it('forgets a long poll whose client has gone', async () => {
    const broker = await memoryBroker()
    const client = await wireClient(broker)
    const leaver = await wireClient(broker)
    await makeTopic(client, 'a')
    leaver.call(fetch, 12, fetchBody('a', 0, { maxWaitMs: 60_000 })).catch(() => {})
    while (broker.metrics.values.broker_requests_total < 2) await pause(1)
    leaver.close()
    while (broker.metrics.values.broker_connections > 1) await pause(1)
    expect(await produceValues(client, 'a', ['x'])).toBe(0)
  })

  it('answers waiting fetches when the broker stops', async () => {
    const broker = await memoryBroker()
    const client = await wireClient(broker)
    await makeTopic(client, 'a')
    const parked = client.call(fetch, 12, fetchBody('a', 0, { maxWaitMs: 60_000 }))
    while (broker.metrics.values.broker_requests_total < 2) await pause(1)
    const stopped = broker.stop()
    expect((await parked).responses[0]!.partitions[0]!.errorCode).toBe(0)
    await stopped
  })
})
