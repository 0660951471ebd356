import { basename } from 'node:path'

import type { ConnectHeader, SourceRecord } from '../../api/records.ts'
import { schemas } from '../../api/schema.ts'
import type { Chunk } from './followed-file.ts'
import type { LineCursor } from './line-cursor.ts'
import type { Lineage } from './lineage.ts'
import type { FileSourceConfig } from './source-config.ts'

/** Where lines come from, as far as their records show it. */
export type LineSource = Pick<Lineage, 'path' | 'topicPartition'>

/** What the lines of one file have in common. */
interface Origin {
  readonly key: Buffer | null
  readonly pathHeader: ConnectHeader
}

/** Makes records of lines. Keys and values are views on bytes, so that text which nobody looks at is never decoded. */
export class LineRecords {
  readonly #config: FileSourceConfig
  readonly #keyOf: (path: string) => string | null
  readonly #origins = new WeakMap<LineSource, Origin>()

  /** `several`: more than one file may be read, so that a key has to say which. */
  constructor(config: FileSourceConfig, several: boolean) {
    this.#config = config
    const mode = config['key.mode'] === 'auto' ? (several ? 'path' : 'none') : config['key.mode']
    this.#keyOf = mode === 'none' ? () => null : mode === 'path' ? (path) => path : (path) => basename(path)
  }

  #origin(source: LineSource): Origin {
    let origin = this.#origins.get(source)
    if (!origin) {
      const { path } = source
      const key = this.#keyOf(path)
      const pathHeader = { key: 'file.path', schema: schemas.string, value: path }
      origin = { key: key === null ? null : Buffer.from(key), pathHeader }
      this.#origins.set(source, origin)
    }
    return origin
  }

  /** Takes lines of a chunk from a cursor, up to a batch of them; `timestamp` is when they were read, ms since the epoch. */
  take(
    source: LineSource,
    { bytes, base }: Pick<Chunk, 'bytes' | 'base'>,
    cursor: LineCursor,
    timestamp: number,
  ): SourceRecord[] {
    const { topicPartition: partition } = source
    const { topic, 'batch.size': most, 'headers.mode': headersMode, 'value.type': valueType } = this.#config
    const { key, pathHeader } = this.#origin(source)
    const keySchema = key === null ? null : schemas.string
    const valueSchema = valueType === 'bytes' ? schemas.bytes : schemas.string
    const records: SourceRecord[] = []
    while (records.length < most && cursor.next()) {
      const value = bytes.subarray(cursor.start, cursor.end)
      if (headersMode === 'none') records.push({ topic, partition, keySchema, key, valueSchema, value, timestamp })
      else {
        const position = { key: 'file.position', schema: schemas.int64, value: BigInt(base + cursor.start) }
        records.push({
          topic,
          partition,
          keySchema,
          key,
          valueSchema,
          value,
          timestamp,
          headers: [pathHeader, position],
        })
      }
    }
    return records
  }
}
