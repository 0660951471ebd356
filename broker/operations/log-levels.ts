import type { Log, LogLevel } from '#core/telemetry/log.ts'

const rank: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/** Apache Kafka's names of levels, and what they come to here. */
const kafkaLevels: Readonly<Record<string, LogLevel>> = {
  TRACE: 'debug',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
  FATAL: 'error',
}

/** A log whose level can change while the broker runs. */
export class LogLevels {
  level: LogLevel
  readonly log: Log

  /** Lines from `level` up go to `target`, which may have a level of its own. */
  constructor(target: Log, level: LogLevel) {
    this.level = level
    this.log = (each, message, details) => {
      if (rank[each] >= rank[this.level]) target(each, message, details)
    }
  }

  /** The levels that Kafka's tools may name. */
  static readonly names = Object.keys(kafkaLevels)

  /** The level that one of Kafka's names stands for, in any case; undefined when it is none. */
  static byName(name: string): LogLevel | undefined {
    return kafkaLevels[name.toUpperCase()]
  }
}
