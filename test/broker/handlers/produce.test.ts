import { describe, expect, it } from 'vitest'

import { initProducerId } from '#core/wire/api/22-init-producer-id.ts'
import { errorCodes, errorName } from '#core/wire/errors.ts'
import { BatchBuilder } from '#core/records/batch-builder.ts'
import {
  batchOf,
  fetchValues,
  makeTopic,
  memoryBroker,
  produce,
  produceBody,
  wireClient,
} from '../../support/memory-broker.ts'
import type { WireClient } from '../../support/wire-client.ts'

async function outcome(client: WireClient, body: ReturnType<typeof produceBody>, version = 9): Promise<string> {
  const { responses } = await client.call(produce, version, body)
  return errorName(responses[0]!.partitionResponses[0]!.errorCode)
}

describe('produce', () => {
  it('says per partition what is wrong and stores the rest', async () => {
    const client = await wireClient(await memoryBroker())
    await makeTopic(client, 'a')
    const { responses } = await client.call(produce, 9, {
      acks: 1,
      timeoutMs: 1000,
      topicData: [
        {
          name: 'a',
          partitionData: [
            { index: 0, records: batchOf(['x']) },
            { index: 1, records: batchOf(['y']) },
          ],
        },
        { name: 'missing', partitionData: [{ index: 0, records: batchOf(['z']) }] },
      ],
    })
    const codes = responses.map(({ partitionResponses }) =>
      partitionResponses.map(({ errorCode }) => errorName(errorCode)),
    )
    expect(codes).toEqual([['NONE', 'UNKNOWN_TOPIC_OR_PARTITION'], ['UNKNOWN_TOPIC_OR_PARTITION']])
    expect(await fetchValues(client, 'a', 0)).toEqual(['x'])
  })

  it('refuses what cannot be stored', async () => {
    const client = await wireClient(await memoryBroker())
    await makeTopic(client, 'a')
    await makeTopic(client, 'pairs', { 'min.insync.replicas': '2' })
    const damaged = batchOf(['x'])
    damaged[damaged.length - 1]! ^= 1
    const zstd = new BatchBuilder({ compression: 'zstd' })
    zstd.append(1_700_000_000_000, null, Buffer.from('x'))
    expect(await outcome(client, produceBody('a', batchOf(['x']), 2))).toBe('INVALID_REQUIRED_ACKS')
    expect(await outcome(client, produceBody('a', damaged))).toBe('CORRUPT_MESSAGE')
    expect(await outcome(client, produceBody('a', Buffer.alloc(10)))).toBe('INVALID_RECORD')
    expect(await outcome(client, produceBody('a', zstd.build()), 6)).toBe('UNSUPPORTED_COMPRESSION_TYPE')
    expect(await outcome(client, produceBody('pairs', batchOf(['x'])))).toBe('NOT_ENOUGH_REPLICAS')
    expect(await outcome(client, produceBody('pairs', batchOf(['x']), 1))).toBe('NONE')
    expect(await fetchValues(client, 'a', 0)).toEqual([])
  })

  it('answers the double of a batch with the offset of the first, and refuses a gap', async () => {
    const client = await wireClient(await memoryBroker())
    await makeTopic(client, 'a')
    const { producerId } = await client.call(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000 })
    const send = async (baseSequence: number) => {
      const builder = new BatchBuilder({ producerId, producerEpoch: 0, baseSequence })
      builder.append(1_700_000_000_000, null, Buffer.from(String(baseSequence)))
      return (await client.call(produce, 9, produceBody('a', builder.build()))).responses[0]!.partitionResponses[0]!
    }
    expect((await send(0)).baseOffset).toBe(0)
    expect((await send(1)).baseOffset).toBe(1)
    expect(await send(0)).toMatchObject({ errorCode: 0, baseOffset: 0 })
    expect((await send(5)).errorCode).toBe(errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER.code)
    expect(await fetchValues(client, 'a', 0)).toEqual(['0', '1'])
  })

  it('never gives the same producer id twice', async () => {
    const client = await wireClient(await memoryBroker())
    const ids = await Promise.all(
      Array.from({ length: 2500 }, () =>
        client.call(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000 }),
      ),
    )
    expect(new Set(ids.map(({ producerId }) => producerId)).size).toBe(2500)
  })

  it('keeps internal topics to the broker and its admin tools', async () => {
    const client = await wireClient(await memoryBroker())
    await makeTopic(client, '__consumer_offsets')
    expect(await outcome(client, produceBody('__consumer_offsets', batchOf(['x'])))).toBe('INVALID_TOPIC_EXCEPTION')
  })

  it('acknowledges in order although every batch waits for the disk', async () => {
    const client = await wireClient(await memoryBroker({ flush: 'always' }))
    await makeTopic(client, 'a')
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => client.call(produce, 9, produceBody('a', batchOf([String(i)])))),
    )
    expect(answers.map(({ responses }) => responses[0]!.partitionResponses[0]!.baseOffset)).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    )
    expect(await fetchValues(client, 'a', 0)).toHaveLength(50)
  })
})
