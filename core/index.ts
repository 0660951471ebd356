/** The vocabulary that every room shares, as `millrace` exports it. */
export { configErrors, defineConfig } from '#core/config/define.ts'
export type { ConfigDefinition, ConfigOf } from '#core/config/define.ts'
export { KnownError, isKnownError } from '#core/errors/table.ts'
export type { Clock } from '#core/ports/clock.ts'
export type { Header } from '#core/records/record.ts'
export type { Serde, SerdeValue } from '#core/serde/serde.ts'
export { serdes } from '#core/serde/serdes.ts'
export { schemaSerde } from '#core/serde/standard-schema.ts'
export type { Log, LogLevel } from '#core/telemetry/log.ts'
export { silentLog, textLog } from '#core/telemetry/log.ts'
export * from '#core/client/client.ts'
export {
  cooperativeStickyAssignor,
  rangeAssignor,
  roundRobinAssignor,
  stickyAssignor,
} from '#core/client/assignors/index.ts'
export { clientErrors } from '#core/client/errors.ts'
export { createKafkajsClient } from '#core/client/kafkajs/kafkajs-client.ts'
export { createClient } from '#core/client/lean-client.ts'
export type { LeanClientOptions } from '#core/client/lean-client.ts'
export {
  keyHashPartitioner,
  partitionForKey,
  randomPartitioner,
  roundRobinPartitioner,
} from '#core/client/producer/partitioners.ts'
