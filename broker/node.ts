import type { Clock } from '#core/ports/clock.ts'
import type { Files } from '#core/ports/files.ts'
import type { Random } from '#core/ports/random.ts'
import type { Timers } from '#core/ports/timers.ts'
import type { Log } from '#core/telemetry/log.ts'

import type { Authorizer } from './authorizer/authorizer.ts'
import type { BrokerConfig } from './config.ts'
import type { Configs } from './controller/configs.ts'
import type { Controller } from './controller/controller.ts'
import type { GroupCoordinator } from './coordinator/group-coordinator.ts'
import type { TransactionCoordinator } from './coordinator/transaction/transaction-coordinator.ts'
import type { BrokerMetrics } from './events.ts'
import type { LogDirectory } from './log/log-directory.ts'
import type { BufferPool } from './network/buffer-pool.ts'
import type { LogLevels } from './operations/log-levels.ts'
import type { Meters } from './operations/meters.ts'
import type { Quotas } from './quota/quotas.ts'
import type { FetchSessions } from './replication/fetch-session.ts'
import type { Partitions } from './replication/partitions.ts'
import type { WriteMarker } from './transaction-markers.ts'

/** This broker as its handlers see it. */
export interface Node {
  readonly id: number
  readonly clusterId: string
  readonly config: BrokerConfig
  readonly directoryId: string
  readonly controller: Controller
  /** Decides what clients may do; handlers ask it. */
  readonly authorizer: Authorizer
  /** What clients may use, and have used. */
  readonly quotas: Quotas
  readonly configs: Configs
  readonly partitions: Partitions
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  /** Writes the end of a transaction into a partition. */
  readonly writeMarker: WriteMarker
  readonly logs: LogDirectory
  readonly files: Files
  /** What clients read, kept between their requests. */
  readonly fetchSessions: FetchSessions
  /** Memory for what is read from logs and goes out to clients. */
  readonly buffers: BufferPool
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  /** The level of that log, which may change. */
  readonly logLevels: LogLevels
  readonly metrics: BrokerMetrics
  /** Counts per topic and per API, while somebody looks. */
  readonly meters: Meters | undefined
}
