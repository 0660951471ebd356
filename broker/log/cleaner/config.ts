import { atLeast } from '#core/config/checks.ts'
import { boolean, double, int, long, type ConfigOf, type ConfigDefinition } from '#core/config/define.ts'

/** The broker's settings of compaction, by Kafka's names and with its defaults. */
export const cleanerSettings = {
  'log.cleaner.enable': boolean({
    doc: 'Compacts topics whose cleanup.policy asks for it. Without it they grow without end, the offsets topic among them.',
    default: true,
  }),
  'log.cleaner.threads': int({
    doc: 'Threads that compact in Apache Kafka. Here one log is compacted at a time, in small steps between requests.',
    default: 1,
    check: atLeast(0),
  }),
  'log.cleaner.io.max.bytes.per.second': double({
    doc: 'Most bytes that compaction reads and writes in a second.',
    default: Number.MAX_VALUE,
  }),
  'log.cleaner.dedupe.buffer.size': long({
    doc: 'Memory for the keys of one compaction, 24 bytes each. It is taken while one runs and only as needed; what does not fit is compacted in further passes.',
    default: 134_217_728,
    check: atLeast(1_048_576),
  }),
  'log.cleaner.io.buffer.size': int({
    doc: 'Memory for reading and writing in Apache Kafka. Buffers are sized as needed here.',
    default: 524_288,
    check: atLeast(0),
  }),
  'log.cleaner.io.buffer.load.factor': double({
    doc: 'How full the memory for keys may become in Apache Kafka. It is 0.9 here.',
    default: 0.9,
  }),
  'log.cleaner.backoff.ms': long({
    doc: 'Pause between looks for logs to compact when there was none.',
    default: 15_000,
    check: atLeast(0),
  }),
} as const

type CleanerConfig = ConfigOf<ConfigDefinition<typeof cleanerSettings>>

/** What compaction goes by. The values are read each time, so that they may change. */
export interface CleanerOptions {
  /** Pause between looks when there was nothing to do; 0 turns compaction off. */
  readonly backoffMs: number
  /** Memory for the keys of one compaction, taken while it runs. */
  readonly keyBytes: number
  readonly bytesPerSecond: number
}

/** The options that settings amount to; they follow settings that change. */
export function cleanerOptions(config: CleanerConfig): CleanerOptions {
  return {
    get backoffMs() {
      return config['log.cleaner.enable'] ? Math.max(1, config['log.cleaner.backoff.ms']) : 0
    },
    get keyBytes() {
      return config['log.cleaner.dedupe.buffer.size']
    },
    get bytesPerSecond() {
      return config['log.cleaner.io.max.bytes.per.second']
    },
  }
}

/** Apache Kafka's defaults of the settings above, for logs without a broker. */
export const defaultCleanerOptions: CleanerOptions = {
  backoffMs: 15_000,
  keyBytes: 128 * 1024 * 1024,
  bytesPerSecond: Number.MAX_VALUE,
}
