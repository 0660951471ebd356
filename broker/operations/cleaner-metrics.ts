import type { CleanerTally } from '../log/cleaner/cleaner-tally.ts'
import type { MetricRow } from './metric-table.ts'

const ofCleaner = (
  name: string,
  kind: MetricRow['kind'],
  help: string,
  value: (tally: CleanerTally) => number,
): MetricRow => ({ name, kind, help, read: ({ cleaner }) => [[{}, value(cleaner())]] })

/** What compaction did and what it has before it. */
export const cleanerMetrics: readonly MetricRow[] = [
  ofCleaner(
    'kafka_log_logcleaner_cleaner_recopy_percent',
    'gauge',
    'Share of what the last compaction read that it wrote again, percent.',
    ({ last }) => (last === undefined || last.bytesBefore === 0 ? 0 : (100 * last.bytesAfter) / last.bytesBefore),
  ),
  ofCleaner(
    'kafka_log_logcleaner_max_clean_time_secs',
    'gauge',
    'Time that the last compaction took, s.',
    ({ last }) => (last?.ms ?? 0) / 1000,
  ),
  ofCleaner(
    'kafka_log_logcleanermanager_max_dirty_percent',
    'gauge',
    'Largest share of a log that was not compacted, at the last look, percent.',
    ({ maxDirtyRatio }) => 100 * maxDirtyRatio,
  ),
  ofCleaner(
    'kafka_log_logcleanermanager_time_since_last_run_ms',
    'gauge',
    'Time since logs to compact were looked for, ms.',
    ({ sinceLookMs }) => sinceLookMs,
  ),
  ofCleaner(
    'kafka_log_logcleanermanager_uncleanable_partitions_count',
    'gauge',
    'Logs that could not be compacted and are left alone.',
    ({ uncleanable }) => uncleanable.logs,
  ),
  ofCleaner(
    'kafka_log_logcleanermanager_uncleanable_bytes',
    'gauge',
    'Bytes of the logs that could not be compacted.',
    ({ uncleanable }) => uncleanable.bytes,
  ),
  ofCleaner('millrace_compactions_total', 'counter', 'Compactions of a log.', ({ runs }) => runs),
  ofCleaner(
    'millrace_compaction_read_bytes_total',
    'counter',
    'Bytes of segments that compactions read.',
    ({ bytesBefore }) => bytesBefore,
  ),
  ofCleaner(
    'millrace_compaction_written_bytes_total',
    'counter',
    'Bytes of segments that compactions wrote.',
    ({ bytesAfter }) => bytesAfter,
  ),
]
