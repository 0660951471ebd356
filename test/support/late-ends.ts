import { createClient } from '#core/client/lean-client.ts'
import { seededRandom } from '#core/ports/random.ts'
import { startBroker } from '../../broker/start.ts'
import {
  type CopierFigures,
  fill,
  hangingTransactions,
  input,
  judge,
  noFigures,
  output,
  startCopier,
} from './copier-runs.ts'
import { type LateFigures, LateFramesProxy } from './late-frames-proxy.ts'
import { freePort } from './peers.ts'

/**
 * Kafka's TransactionalMessageCopier behind a network that delivers ends of transactions and their markers once more, or late, while
 * the next transaction is under way. Under transactions of version 2 nothing of that may end the wrong one: the copy, read
 * committed, is the original.
 */
export async function lateEnds(records: number, seed: number): Promise<CopierFigures & LateFigures> {
  const random = seededRandom(seed)
  const [front, back] = [await freePort(), await freePort()]
  const figures = noFigures()
  const advertised = { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${front}` }
  const broker = await startBroker({ memory: true, port: back, config: advertised })
  try {
    const proxy = await LateFramesProxy.start(front, `127.0.0.1:${back}`, output, random)
    try {
      const bootstrap = `127.0.0.1:${front}`
      const client = createClient({ bootstrapServers: bootstrap })
      await client.admin().createTopics([input, output].map((name) => ({ name, partitions: 1 })))
      await fill(client, 0, records)
      figures.input = records
      for (let code = 1; code !== 0 && figures.gaveUp < 20;) {
        figures.copiers++
        code = await startCopier(bootstrap, 10).ended
        if (code !== 0) figures.gaveUp++
      }
      await judge(client, figures)
      figures.hanging = await hangingTransactions(bootstrap)
      await client.close()
      return { ...figures, ...proxy.figures }
    } finally {
      await proxy.stop()
    }
  } finally {
    await broker.stop()
  }
}
