import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'

import { RecordBatch } from '#core/records/batch.ts'
import { batchHeaderBytes } from '#core/records/layout.ts'
import { decodeStored } from '#core/wire/stored/stored.ts'
import { endTxnMarker } from '#core/wire/stored/control-records.ts'

import { entryRows, offsetEntry, snapshotRows, timeEntry, transactionEntry } from './dump-indexes.ts'
import { type Row, damage, timeText } from './dump-rows.ts'
import { commandErrors } from './errors.ts'
import { type Output, sizeText } from './output.ts'
import { readStored, storedJson } from './stored-topics.ts'

/** What is shown of `.log` files. */
export interface DumpOptions {
  /** Records too, not only batches. */
  readonly records?: boolean
}

/**
 * `millrace dump-log`: what is in the files of a log. Returns 1 when a file is damaged, after showing all that can be
 * read; the damage is named with its position.
 */
export async function dumpLog(output: Output, files: readonly string[], options: DumpOptions): Promise<number> {
  let damaged = 0
  for (const file of files) {
    if (!output.json && files.length > 1) await output.write(`${file}\n`)
    for (const row of rowsOf(file, options)) {
      if (output.gone.aborted) return damaged > 0 ? 1 : 0
      if ('damage' in row.json) damaged++
      await output.write(output.json ? `${storedJson({ file, ...row.json })}\n` : `${row.text}\n`)
    }
  }
  return damaged > 0 ? 1 : 0
}

function rowsOf(file: string, options: DumpOptions): Iterable<Row> {
  const name = basename(file).replace(/\.(deleted|cleaned|swap)$/, '')
  if (name.endsWith('.log') || name.endsWith('.checkpoint')) return logRows(file, options)
  if (name.endsWith('.timeindex')) return entryRows(file, timeEntry)
  if (name.endsWith('.txnindex')) return entryRows(file, transactionEntry)
  if (name.endsWith('.index')) return entryRows(file, offsetEntry)
  if (name.endsWith('.snapshot')) return snapshotRows(file)
  throw commandErrors.LOG_FILE_UNKNOWN({ file })
}

/** The topic that a file belongs to, by the name of its folder: `orders-3` is partition 3 of `orders`. */
const topicOf = (file: string): string => basename(dirname(resolve(file))).replace(/-\d+(\..*)?$/, '')

function* logRows(file: string, options: DumpOptions): Generator<Row> {
  const topic = topicOf(file)
  const handle = open(file)
  try {
    const { size } = fstatSync(handle)
    const header = Buffer.alloc(batchHeaderBytes)
    let position = 0
    while (position < size) {
      if (readSync(handle, header, 0, batchHeaderBytes, position) < batchHeaderBytes) {
        return yield damage(position, `${size - position} bytes are left over, fewer than a batch has`)
      }
      const { sizeInBytes } = RecordBatch.at(header)
      if (sizeInBytes < batchHeaderBytes) return yield damage(position, `a batch cannot have ${sizeInBytes} bytes`)
      if (sizeInBytes > size - position) {
        return yield damage(position, `a batch of ${sizeInBytes} bytes is cut short at ${size - position}`)
      }
      const bytes = Buffer.alloc(sizeInBytes)
      readSync(handle, bytes, 0, sizeInBytes, position)
      yield* batchRows(RecordBatch.at(bytes), position, topic, options)
      position += sizeInBytes
    }
  } finally {
    closeSync(handle)
  }
}

function open(file: string): number {
  try {
    return openSync(file, 'r')
  } catch (cause) {
    throw commandErrors.FILE_UNREADABLE({ file, problem: (cause as Error).message }, cause)
  }
}

function* batchRows(batch: RecordBatch, position: number, topic: string, options: DumpOptions): Generator<Row> {
  const crcValid = batch.isCrcValid()
  const { baseOffset, lastOffset, recordCount, partitionLeaderEpoch, producerId, producerEpoch, baseSequence } = batch
  const json = {
    baseOffset,
    lastOffset,
    recordCount,
    position,
    sizeInBytes: batch.sizeInBytes,
    partitionLeaderEpoch,
    producerId,
    producerEpoch,
    baseSequence,
    maxTimestamp: batch.maxTimestamp,
    timestampType: batch.timestampType,
    compression: batch.compression,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
    crcValid,
  }
  const marks = [
    batch.compression === 'none' ? '' : batch.compression,
    batch.isTransactional ? 'transactional' : '',
    batch.isControl ? 'control' : '',
    producerId < 0 ? '' : `producer ${producerId} epoch ${producerEpoch} sequence ${baseSequence}`,
  ]
  yield {
    json,
    text:
      `${baseOffset}..${lastOffset}  ${recordCount} records  ${sizeText(batch.sizeInBytes)} at ${position}  ` +
      `${timeText(batch.maxTimestamp)}  epoch ${partitionLeaderEpoch}  ${marks.filter((mark) => mark !== '').join('  ')}`.trimEnd(),
  }
  if (!crcValid) yield damage(position, `the batch at offset ${baseOffset} does not match its checksum`)
  else if (options.records === true) yield* recordRows(batch, topic)
}

function* recordRows(batch: RecordBatch, topic: string): Generator<Row> {
  for (const { offset, timestamp, key, value, headers } of batch.records()) {
    const meaning = batch.isControl ? controlRecord(key, value) : readStored(topic, key, value)
    const plain = { key: textOf(key), value: textOf(value) }
    const json = {
      offset,
      timestamp,
      ...(meaning ?? plain),
      headers: Object.fromEntries(headers.map((each) => [each.key, textOf(each.value)])),
    }
    const text = meaning === undefined ? `${plain.key}\t${plain.value}` : storedJson(meaning)
    yield { json, text: `  ${offset}  ${timeText(timestamp)}  ${text}` }
  }
}

const textOf = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString('utf8')

/** Kafka's control records by the number in their key. */
const controlTypes = [
  'ABORT',
  'COMMIT',
  'LEADER_CHANGE',
  'SNAPSHOT_HEADER',
  'SNAPSHOT_FOOTER',
  'KRAFT_VERSION',
  'VOTERS',
]

function controlRecord(key: Buffer | null, value: Buffer | null): ReturnType<typeof readStored> {
  if (key === null || key.length < 4) return undefined
  const type = key.readInt16BE(2)
  const isMarker = type === 0 || type === 1
  return {
    type: controlTypes[type] ?? `control ${type}`,
    key: null,
    value: isMarker && value !== null ? decodeStored(endTxnMarker, value) : (value?.toString('hex') ?? null),
  }
}
