import { type Broker, startBroker } from 'millrace/broker'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { placeOrders, readValues } from './orders.ts'

let broker: Broker
beforeAll(async () => void (broker = await startBroker({ memory: true })))
afterAll(() => broker.stop())

it('places orders', async () => {
  await placeOrders(broker.bootstrapServers, ['tea', 'cake'])
  expect(await readValues(broker.bootstrapServers, 'orders', 2)).toEqual(['tea', 'cake'])
})
