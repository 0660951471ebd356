import { describe, expect, it } from 'vitest'

import { makeTopic, memoryBroker, wireClient } from '../../support/memory-broker.ts'
import { metadata } from '#core/wire/api/03-metadata.ts'

describe('metadata by topic id', () => {
  it('is answered since version 12, and refused where a missing name could not be written', async () => {
    const broker = await memoryBroker()
    const client = await wireClient(broker)
    const topicId = await makeTopic(client, 'a')
    const topics = [{ topicId, name: null }]
    expect((await client.call(metadata, 12, { topics })).topics[0]).toMatchObject({ errorCode: 0, name: 'a', topicId })
    expect((await client.call(metadata, 10, { topics })).topics[0]).toMatchObject({ errorCode: 42, name: '', topicId })
    expect((await client.call(metadata, 11, { topics: [{ topicId, name: 'a' }] })).topics[0]).toMatchObject({
      errorCode: 42,
    })
  })
})
