/**
 * Directories that Apache Kafka wrote are opened by our log as they are: after a clean stop without reading them, after a
 * kill -9 with its indexes sized in advance and full of zeros. Records, producers and offsets are the same.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemFiles } from '#core/ports/system-files.ts'
import type { Check } from '../support/check.ts'
import { batchesFrom, nextLife, openLogs } from '../support/logs.ts'
import { freePort, kafkaTool } from '../support/peers.ts'

const records = 20_000

async function kafkaWrites(folder: string, signal: 'TERM' | 'KILL'): Promise<void> {
  const port = String(await freePort())
  const server = `127.0.0.1:${port}`
  await kafkaTool(['start', port, folder], { env: { KAFKA_HEAP_OPTS: '-Xmx512m -Xms256m' } })
  try {
    const topic = ['--topic', 'a', '--partitions', '1', '--config', 'segment.bytes=1048576']
    await kafkaTool(['topics', '--bootstrap-server', server, '--create', ...topic])
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
      const load = ['--topic', 'a', '--num-records', String(records / 5), '--record-size', '200', '--throughput', '-1']
      await kafkaTool([
        'producer-perf',
        ...load,
        '--command-property',
        `bootstrap.servers=${server}`,
        `compression.type=${compression}`,
      ])
    }
  } finally {
    await kafkaTool(['stop', port, signal])
  }
}

async function opens(signal: 'TERM' | 'KILL'): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-'))
  try {
    await kafkaWrites(folder, signal)
    const { logs } = await openLogs({ files: nextLife(systemFiles), path: `${folder}/logs` })
    const damaged = [...logs.damaged.values()].map(String)
    if (damaged.length > 0) throw new Error(damaged.join('\n'))
    if (logs.wasClean !== (signal === 'TERM')) throw new Error(`clean: ${logs.wasClean}`)
    const log = logs.get('a', 0)!
    if (log.logEndOffset !== records || log.latestEpoch !== 0 || log.topicId === undefined)
      throw new Error(`ends at ${log.logEndOffset}`)
    // A producer per run of the tool.
    if (log.producerCount !== 5) throw new Error(`${log.producerCount} producers instead of 5`)
    const found = (await batchesFrom(log)).reduce((sum, batch) => sum + [...batch.records()].length, 0)
    if (found !== records) throw new Error(`${found} records`)
    const codecs = new Set((await batchesFrom(log)).map((batch) => batch.compression))
    if (codecs.size !== 5) throw new Error(`codecs ${[...codecs].join()}`)
    if (logs.get('__cluster_metadata', 0) === undefined) throw new Error('no metadata log')
    await logs.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const checks: readonly Check[] = [
  { name: 'a directory that Apache Kafka left cleanly', run: () => opens('TERM') },
  { name: 'a directory that Apache Kafka left by kill -9', run: () => opens('KILL') },
]
