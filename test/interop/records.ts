/**
 * Record batches and hashes against Apache Kafka's own classes: what Java writes we read, what we write Java reads, in all
 * codecs, record for record.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { crc32c } from '#core/bytes/crc32c.ts'
import { murmur2 } from '#core/bytes/murmur2.ts'
import { seededRandom, type Random } from '#core/ports/random.ts'
import { BatchBuilder } from '#core/records/batch-builder.ts'
import { batches } from '#core/records/batch.ts'
import { compressionNames } from '#core/records/compression/index.ts'
import type { Header } from '#core/records/record.ts'
import type { Check } from '../support/check.ts'
import { runJava } from '../support/java-messages.ts'

const program = 'RecordBatches.java'
const batchCount = 2000

function hex(bytes: Uint8Array | null): string {
  if (bytes === null) return 'null'
  return bytes.length <= 24 ? Buffer.from(bytes).toString('hex') : `${bytes.length}:${crc32c(bytes)}`
}

/** What is in a file of batches, in the form that the Java program prints. */
function linesOf(file: Buffer): string[] {
  const lines: string[] = []
  for (const batch of batches(file)) {
    if (!batch.isCrcValid()) throw new Error(`a wrong checksum at offset ${batch.baseOffset}`)
    lines.push(
      [
        'batch',
        batch.baseOffset,
        batch.lastOffset,
        batch.sizeInBytes,
        batch.compression,
        batch.timestampType,
        batch.isTransactional,
        batch.isControl,
        batch.maxTimestamp,
        batch.producerId,
        batch.producerEpoch,
        batch.baseSequence,
        batch.lastSequence,
        batch.partitionLeaderEpoch,
        batch.recordCount,
      ].join(' '),
    )
    for (const { offset, timestamp, key, value, headers } of batch.records()) {
      lines.push(
        [
          offset,
          timestamp,
          hex(key),
          hex(value),
          ...headers.map((header) => `${header.key}=${hex(header.value)}`),
        ].join(' '),
      )
    }
  }
  return lines
}

function randomBytes(random: Random, most: number): Buffer | null {
  const kind = Math.floor(random.next() * 6)
  if (kind === 0) return null
  const size = kind === 1 ? 0 : Math.floor(random.next() * most)
  return kind === 2 ? random.bytes(size) : Buffer.alloc(size, 'level=info path=/index ')
}

function randomBatch(random: Random, index: number, baseOffset: number): Buffer {
  const below = (bound: number): number => Math.floor(random.next() * bound)
  const idempotent = random.next() < 0.5
  const builder = new BatchBuilder({
    compression: compressionNames[index % compressionNames.length]!,
    baseOffset,
    partitionLeaderEpoch: below(100),
    isTransactional: idempotent && random.next() < 0.5,
    ...(idempotent ? { producerId: below(2 ** 50), producerEpoch: below(32767), baseSequence: below(2 ** 31) } : {}),
  })
  const records = 1 + below(index % 50 === 0 ? 2000 : 20)
  for (let i = 0; i < records; i++) {
    const headers: Header[] = []
    while (random.next() < 0.2) headers.push({ key: `ü${below(1000)}`, value: randomBytes(random, 30) })
    const timestamp = 1_700_000_000_000 + below(100_000) - 50_000
    builder.append(timestamp, randomBytes(random, 40), randomBytes(random, index % 40 === 7 ? 100_000 : 300), headers)
  }
  return builder.build()
}

function sameLines(ours: readonly string[], theirs: readonly string[]): void {
  const at = ours.findIndex((line, index) => line !== theirs[index])
  if (at >= 0) throw new Error(`line ${at}: ours ${ours[at]}; theirs ${theirs[at]}`)
  if (ours.length !== theirs.length) throw new Error(`${ours.length} lines, theirs ${theirs.length}`)
}

function inFolder(body: (file: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-records-'))
  try {
    body(join(folder, 'batches'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const checks: readonly Check[] = [
  {
    name: `${batchCount} batches that Java wrote, in ${compressionNames.length} codecs, read record for record`,
    async run() {
      inFolder((file) => {
        const theirs = runJava(program, '', ['write', file, '42', String(batchCount)])
        sameLines(linesOf(readFileSync(file)), theirs)
      })
    },
  },
  {
    name: `${batchCount} batches that we wrote, in ${compressionNames.length} codecs, are read by Java`,
    async run() {
      inFolder((file) => {
        const random = seededRandom(42)
        const written: Buffer[] = []
        let offset = 0
        for (let index = 0; index < batchCount; index++) {
          const batch = randomBatch(random, index, offset)
          written.push(batch)
          offset += batch.readInt32BE(57)
        }
        const bytes = Buffer.concat(written)
        writeFileSync(file, bytes)
        sameLines(linesOf(bytes), runJava(program, '', ['read', file]))
      })
    },
  },
  {
    name: 'murmur2 and CRC-32C of 5000 keys are those of Java',
    async run() {
      const random = seededRandom(7)
      const keys = Array.from({ length: 5000 }, (_, index) => random.bytes(1 + (index % 700)))
      const theirs = runJava(program, keys.map((key) => `${key.toString('hex')}\n`).join(''), ['hash'])
      sameLines(
        keys.map((key) => `${murmur2(key)} ${crc32c(key)}`),
        theirs,
      )
    },
  },
]
