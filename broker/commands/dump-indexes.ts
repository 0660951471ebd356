import { basename } from 'node:path'

import { readInt64 } from '#core/records/layout.ts'

import { decodeProducerSnapshot } from '../log/producer-snapshot.ts'
import { type Row, bytesOf, damage, timeText } from './dump-rows.ts'

interface EntryFormat {
  readonly bytes: number
  read(buffer: Buffer, at: number, baseOffset: number): Row
}

/** `.index`: an offset and where its batch begins. */
export const offsetEntry: EntryFormat = {
  bytes: 8,
  read(buffer, at, baseOffset) {
    const [offset, position] = [baseOffset + buffer.readInt32BE(at), buffer.readInt32BE(at + 4)]
    return { json: { offset, position }, text: `offset ${offset}  at ${position}` }
  },
}

/** `.timeindex`: a time and the offset that brought it. */
export const timeEntry: EntryFormat = {
  bytes: 12,
  read(buffer, at, baseOffset) {
    const [timestamp, offset] = [readInt64(buffer, at), baseOffset + buffer.readInt32BE(at + 8)]
    return { json: { timestamp, offset }, text: `${timeText(timestamp)}  offset ${offset}` }
  },
}

/** `.txnindex`: an aborted transaction. */
export const transactionEntry: EntryFormat = {
  bytes: 34,
  read(buffer, at) {
    const [producerId, firstOffset, lastOffset, lastStableOffset] = [2, 10, 18, 26].map((each) =>
      readInt64(buffer, at + each),
    )
    return {
      json: { producerId, firstOffset, lastOffset, lastStableOffset },
      text: `aborted  producer ${producerId}  ${firstOffset}..${lastOffset}  last stable offset ${lastStableOffset}`,
    }
  },
}

/** The entries of an index file. */
export function* entryRows(file: string, format: EntryFormat): Generator<Row> {
  const buffer = bytesOf(file)
  const baseOffset = Number.parseInt(basename(file), 10)
  for (let at = 0; at + format.bytes <= buffer.length; at += format.bytes) yield format.read(buffer, at, baseOffset)
  const rest = buffer.length % format.bytes
  if (rest > 0) yield damage(buffer.length - rest, `${rest} bytes are left over`)
}

/** The producers of a `.snapshot` file. */
export function* snapshotRows(file: string): Generator<Row> {
  const rows = decodeProducerSnapshot(bytesOf(file))
  if (rows === undefined) return yield damage(0, 'the snapshot does not match its checksum, or is of another version')
  for (const row of rows) {
    yield {
      json: { ...row },
      text:
        `producer ${row.producerId}  epoch ${row.producerEpoch}  last sequence ${row.lastSequence} at offset ` +
        `${row.lastOffset}  ${timeText(row.timestamp)}` +
        (row.currentTxnFirstOffset < 0 ? '' : `  transaction open from ${row.currentTxnFirstOffset}`),
    }
  }
}
