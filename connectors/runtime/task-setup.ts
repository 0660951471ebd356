import type { Client } from '#core/client/client.ts'
import type { Log } from '#core/telemetry/log.ts'

import type { StringMap } from '../api/connector.ts'
import type { ConnectorPorts } from '../api/ports.ts'
import type { RecordConverters } from './record-converters.ts'

/** What every task runner is given. */
export interface TaskSetup<Config, Task> {
  readonly connector: string
  readonly id: number
  readonly task: Task
  /** Full name of the connector's class. */
  readonly executor: string
  readonly config: Config
  /** The task's settings as text. */
  readonly raw: StringMap
  readonly converters: RecordConverters
  readonly client: Client
  readonly ports: ConnectorPorts
  readonly log: Log
  readonly flushIntervalMs: number
  readonly gracefulMs: number
  readonly topicCreation: boolean
}

/** Pauses between tries to reach what a plugin said it is not connected to. */
export const reconnectBackoff = { firstMs: 300, mostMs: 30_000 } as const
