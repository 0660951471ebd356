import { RecordBatch } from '#core/records/batch.ts'
import { batchHeaderBytes } from '#core/records/layout.ts'

import { logErrors } from '../errors.ts'
import type { ReadMemory } from '../read-memory.ts'
import type { Segment } from '../segment.ts'

const chunkBytes = 256 * 1024

/**
 * Whole batches of a sealed segment from a position on, a chunk at a time, read off the event loop. The bytes are good until
 * the next chunk is asked for. Throws LOG_CORRUPT where there is no batch.
 */
export async function* chunksOf(segment: Segment, from: number): AsyncGenerator<Buffer, void, undefined> {
  let buffer = Buffer.alloc(0)
  const memory: ReadMemory = {
    take(length) {
      if (buffer.length < length) buffer = Buffer.allocUnsafeSlow(length)
      return buffer.subarray(0, length)
    },
  }
  const corrupt = (position: number, problem: string) =>
    logErrors.LOG_CORRUPT({ file: segment.path, position, problem })
  let wanted = chunkBytes
  for (let position = from; position < segment.sizeInBytes;) {
    const bytes = await segment.readLater(position, Math.min(wanted, segment.sizeInBytes - position), memory)
    let end = 0
    wanted = chunkBytes
    while (end + batchHeaderBytes <= bytes.length) {
      const { sizeInBytes } = RecordBatch.at(bytes, end)
      if (sizeInBytes < batchHeaderBytes || position + end + sizeInBytes > segment.sizeInBytes)
        throw corrupt(position + end, `a batch of ${sizeInBytes} bytes`)
      if (end + sizeInBytes > bytes.length) {
        // The first batch is larger than a chunk: the next read takes it whole.
        if (end === 0) wanted = sizeInBytes
        break
      }
      if (!RecordBatch.at(bytes, end).isCrcValid()) throw corrupt(position + end, 'a batch with a wrong checksum')
      end += sizeInBytes
    }
    if (end === 0 && wanted === chunkBytes) throw corrupt(position, `${bytes.length} bytes that are no batch`)
    if (end > 0) yield bytes.subarray(0, end)
    position += end
  }
}
