import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type Broker, startBroker } from '../../broker/start.ts'

/** Starts a broker of ours on a fresh directory, in this process; stops it and removes the directory when the body ends. */
export async function withBroker<T>(
  config: Readonly<Record<string, string>>,
  body: (bootstrap: string, broker: Broker) => Promise<T>,
): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-broker-'))
  const broker = await startBroker({ port: 0, dataDir, config })
  try {
    return await body(broker.bootstrapServers, broker)
  } finally {
    await broker.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
