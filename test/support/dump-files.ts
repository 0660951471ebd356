import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { command, peer } from './peers.ts'

// The tool finds that -1 is "followed by" the first offset of every segment but the first, Apache's own included.
const gap = /^\s*\d+ is followed by/
const complaint = /isvalid: false|Found|Mismatch|corrupt|Could not|Exception|invalid|unrecognized/i

/**
 * Runs Apache Kafka's reader of log files, DumpLogSegments, over files and returns what it printed; throws when it complains,
 * or reads less than all. Offsets may be missing where a log is compacted.
 */
export async function dumpFiles(
  paths: readonly string[],
  options: readonly string[],
  { isCompacted = false } = {},
): Promise<string> {
  const ran = await command(peer('kafka/kafka.sh'), ['dump-log', ...options, '--files', paths.join(',')])
  if (ran.code !== 0) throw new Error(`DumpLogSegments ended with ${ran.code}: ${ran.stderr}`)
  // Mismatches go to the error output.
  const lines = `${ran.stdout}\n${ran.stderr}`.split('\n')
  const bad = lines.filter((line) => complaint.test(line) || (!isCompacted && gap.test(line)))
  if (bad.length > 0) throw new Error(`DumpLogSegments complains:\n${bad.slice(0, 20).join('\n')}`)
  const dumped = ran.stdout.split('\n').filter((line) => line.startsWith('Dumping ')).length
  if (dumped !== paths.length) throw new Error(`${dumped} of ${paths.length} files were read`)
  return ran.stdout
}

/** How files are read, by their path. */
const readers: readonly (readonly [RegExp, readonly string[]])[] = [
  [/__cluster_metadata-0\/.*\.(log|checkpoint)$|bootstrap\.checkpoint$/, ['--cluster-metadata-decoder']],
  [/__consumer_offsets-\d+\/.*\.log$/, ['--offsets-decoder', '--deep-iteration']],
  [/__transaction_state-\d+\/.*\.log$/, ['--transaction-log-decoder', '--deep-iteration']],
  [/\.log$/, ['--deep-iteration', '--print-data-log']],
  [/\.(time)?index$/, ['--index-sanity-check']],
  [/\.txnindex$|\.snapshot$/, []],
]

/**
 * Every file of a data directory through that reader, each with the decoder that its topic calls for; what was printed. The
 * logs of `compacted` topics may have gaps.
 */
export async function dumpDirectory(dataDir: string, compacted: ReadonlySet<string> = new Set()): Promise<string> {
  const runs = new Map<string, { options: readonly string[]; isCompacted: boolean; paths: string[] }>()
  for (const name of readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const path = join(dataDir, name)
    const options = readers.find(([pattern]) => pattern.test(path))?.[1]
    if (options === undefined || statSync(path).isDirectory()) continue
    const isCompacted = compacted.has(name.slice(0, name.lastIndexOf('-')))
    const key = `${options.join(' ')} ${isCompacted}`
    if (!runs.has(key)) runs.set(key, { options, isCompacted, paths: [] })
    runs.get(key)!.paths.push(path)
  }
  const printed: string[] = []
  for (const { paths, options, isCompacted } of runs.values()) {
    printed.push(await dumpFiles(paths, options, { isCompacted }))
  }
  return printed.join('\n')
}
