import { afterAll, beforeAll, describe, it } from 'vitest'

import { type Broker, startBroker } from '../../../broker/index.ts'
import { clientContract } from '../../contract/client.ts'

describe('the lean client on the bundled broker', () => {
  let broker: Broker
  let bootstrap: string

  beforeAll(async () => {
    broker = await startBroker({
      memory: true,
      config: { 'group.initial.rebalance.delay.ms': '0', 'group.min.session.timeout.ms': '100' },
    })
    bootstrap = `${broker.address.host}:${broker.address.port}`
  })

  afterAll(() => broker.stop())

  for (const each of clientContract) it.concurrent(each.name, () => each.run(bootstrap, 1000))
})
