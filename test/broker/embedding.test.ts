import { describe, expect, it } from 'vitest'

import { metadata } from '#core/wire/api/03-metadata.ts'
import { type Broker, startBroker } from '../../broker/start.ts'
import { makeTopic, wireClient } from '../support/memory-broker.ts'
import '../../examples/broker-in-tests/with-vitest.ts'

const topicsOf = async (broker: Broker): Promise<(string | null)[]> => {
  const client = await wireClient(broker)
  return (await client.call(metadata, 12, { topics: null })).topics.map(({ name }) => name)
}

describe('brokers in a test', () => {
  it('run side by side, each with ports and topics of its own', async () => {
    const brokers = await Promise.all(Array.from({ length: 5 }, () => startBroker({ memory: true })))
    try {
      expect(new Set(brokers.map(({ bootstrapServers }) => bootstrapServers)).size).toBe(5)
      expect(new Set(brokers.map(({ clusterId }) => clusterId)).size).toBe(5)
      await makeTopic(await wireClient(brokers[0]!), 'only-here')
      expect(await topicsOf(brokers[0]!)).toEqual(['only-here'])
      expect(await topicsOf(brokers[1]!)).toEqual([])
    } finally {
      await Promise.all(brokers.map((broker) => broker.stop()))
    }
  })

  it('end with the block that holds them', async () => {
    let address: { readonly host: string; readonly port: number }
    {
      await using broker = await startBroker({ memory: true })
      address = broker.address
    }
    await expect(fetch(`http://${address.host}:${address.port}`)).rejects.toThrow()
  })

  it('stop once, however often they are told', async () => {
    const broker = await startBroker({ memory: true })
    await Promise.all([broker.stop(), broker.stop()])
    await broker.stop()
  })
})
