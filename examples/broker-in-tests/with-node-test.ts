import { startBroker } from 'millrace/broker'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { placeOrders, readValues } from './orders.ts'

test('places orders', async () => {
  await using broker = await startBroker({ memory: true })
  await placeOrders(broker.bootstrapServers, ['tea', 'cake'])
  assert.deepEqual(await readValues(broker.bootstrapServers, 'orders', 2), ['tea', 'cake'])
})
