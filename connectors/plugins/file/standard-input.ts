import type { Readable } from 'node:stream'

import type { TaskContext } from '../../api/connector.ts'
import type { SourceBatch } from '../../api/records.ts'
import { LineCursor } from './line-cursor.ts'
import type { LineRecords } from './line-records.ts'
import type { FileSourceConfig } from './source-config.ts'

/** The lines of a stream that cannot be read twice: there is no offset to go on from. */
export async function* standardInput(
  input: Readable,
  records: LineRecords,
  config: FileSourceConfig,
  { signal, ports }: TaskContext,
): AsyncGenerator<SourceBatch> {
  const partition = { filename: '' }
  const source = { path: '', topicPartition: undefined }
  let rest = Buffer.alloc(0)
  const stop = (): void => void input.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of input) {
      const bytes = Buffer.concat([rest, chunk as Buffer])
      const cursor = new LineCursor(bytes, 0, false, config['line.max.bytes'])
      const take = () => records.take(source, { bytes, base: 0 }, cursor, ports.clock.now())
      for (let batch = take(); batch.length > 0; batch = take()) yield { partition, offset: null, records: batch }
      rest = bytes.subarray(cursor.after)
    }
  } catch (error) {
    if (!signal.aborted) throw error
    return
  } finally {
    signal.removeEventListener('abort', stop)
  }
  const cursor = new LineCursor(rest, 0, true, config['line.max.bytes'])
  const last = records.take(source, { bytes: rest, base: 0 }, cursor, ports.clock.now())
  if (last.length > 0) yield { partition, offset: null, records: last }
}
