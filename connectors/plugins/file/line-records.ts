import type { ConnectHeader, SourceRecord } from '../../api/records.ts'
import { schemas } from '../../api/schema.ts'
import { basename } from 'node:path'

import type { LineCursor } from './line-cursor.ts'
import type { Lineage } from './lineage.ts'

/** Where lines come from, as far as their records show it. */
export type LineSource = Pick<Lineage, 'path' | 'topicPartition'>
import type { FileSourceConfig } from './source-config.ts'

/** What the lines of one file have in common. */
interface Origin {
  readonly path: string
  readonly key: Buffer | null
  readonly pathHeader: ConnectHeader
}

/** Makes records of lines. Keys and values are views on bytes, so that text which nobody looks at is never decoded. */
export class LineRecords {
  readonly #config: FileSourceConfig
  readonly #keyOf: (path: string) => string | null
  readonly #origins = new Map<string, Origin>()

  /** `several`: more than one file may be read, so that a key has to say which. */
  constructor(config: FileSourceConfig, several: boolean) {
    this.#config = config
    const mode = config['key.mode'] === 'auto' ? (several ? 'path' : 'none') : config['key.mode']
    this.#keyOf = mode === 'none' ? () => null : mode === 'path' ? (path) => path : (path) => basename(path)
  }

  #origin(path: string): Origin {
    let origin = this.#origins.get(path)
    if (!origin) {
      const key = this.#keyOf(path)
      const pathHeader = { key: 'file.path', schema: schemas.string, value: path }
      origin = { path, key: key === null ? null : Buffer.from(key), pathHeader }
      this.#origins.set(path, origin)
    }
    return origin
  }

  /** Takes lines from a cursor, up to a batch of them. `base` is the position in the file of the first byte. */
  take({ path, topicPartition: partition }: LineSource, bytes: Buffer, base: number, cursor: LineCursor): SourceRecord[] {
    const { topic, 'batch.size': most, 'headers.mode': headersMode, 'value.type': valueType } = this.#config
    const { key, pathHeader } = this.#origin(path)
    const keySchema = key === null ? null : schemas.string
    const valueSchema = valueType === 'bytes' ? schemas.bytes : schemas.string
    const records: SourceRecord[] = []
    while (records.length < most && cursor.next()) {
      const value = bytes.subarray(cursor.start, cursor.end)
      if (headersMode === 'none') records.push({ topic, partition, keySchema, key, valueSchema, value })
      else {
        const position = { key: 'file.position', schema: schemas.int64, value: BigInt(base + cursor.start) }
        records.push({ topic, partition, keySchema, key, valueSchema, value, headers: [pathHeader, position] })
      }
    }
    return records
  }
}
