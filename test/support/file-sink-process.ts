/**
 * A process that writes numbered lines through the file sink's task, as a worker would, and is meant to be killed:
 *   tsx --conditions=source test/support/file-sink-process.ts FILE RECORDS FILE_MAX_BYTES
 * Prints `begun` when the first records are put and `done` when all of every partition are written.
 */
import { renameSync, writeFileSync } from 'node:fs'

import type { TopicPartition } from '../../core/client/client.ts'
import { systemClock } from '../../core/ports/clock.ts'
import type { Files } from '../../core/ports/files.ts'
import { systemRandom } from '../../core/ports/random.ts'
import { systemFiles } from '../../core/ports/system-files.ts'
import { systemTimers } from '../../core/ports/timers.ts'
import { silentLog } from '../../core/telemetry/log.ts'

import type { SinkRecord } from '../../connectors/api/records.ts'
import type { SinkTaskContext } from '../../connectors/api/sink.ts'
import { fileSink } from '../../connectors/plugins/file/sink.ts'

const [file, count, mostBytes] = process.argv.slice(2)
const records = Number(count)
const partitions: TopicPartition[] = [0, 1, 2].map((partition) => ({ topic: 't', partition }))
const positions = partitions.map(() => 0)
// A killed process loses nothing that it gave to the system, so waiting for the disk would only make this slow.
const files: Files = {
  ...systemFiles,
  replace(path, content) {
    writeFileSync(`${path}.tmp`, content)
    renameSync(`${path}.tmp`, path)
  },
  syncDirectory() {},
  async syncDirectoryLater() {},
}
const context: SinkTaskContext = {
  connector: 'sink',
  task: 0,
  log: silentLog,
  ports: { clock: systemClock, timers: systemTimers(), random: systemRandom, files },
  signal: new AbortController().signal,
  seek: ({ partition }, offset) => void (positions[partition] = offset),
  requestCommit: () => {},
}

const recordOf = (partition: number, offset: number): SinkRecord => ({
  topic: 't',
  partition,
  offset,
  timestamp: -1,
  keySchema: null,
  key: null,
  valueSchema: null,
  value: `${partition} ${offset} ${'x'.repeat((offset * 7) % 90)}`,
  headers: [],
})

const task = fileSink.createTask(
  fileSink.config.parse({ file, 'file.max.bytes': mostBytes, 'file.sync': 'false' }, 'sink'),
)
await task.open!(partitions, context)
process.stdout.write('begun\n')
for (let turn = 1; positions.some((position) => position < records); turn++) {
  const partition = turn % partitions.length
  const from = positions[partition]!
  const to = Math.min(records, from + (turn % 40))
  if (to > from)
    await task.put(
      Array.from({ length: to - from }, (_, i) => recordOf(partition, from + i)),
      context,
    )
  positions[partition] = to
  if (turn % 10 === 0) {
    await task.preCommit!(partitions.map((each, i) => ({ ...each, offset: positions[i]! })))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
await task.preCommit!(partitions.map((each, i) => ({ ...each, offset: positions[i]! })))
await task.stop!()
process.stdout.write('done\n')
