import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it, onTestFinished } from 'vitest'

import { fetch } from '#core/wire/api/01-fetch.ts'
import { listOffsets } from '#core/wire/api/02-list-offsets.ts'
import { offsetFetch } from '#core/wire/api/09-offset-fetch.ts'
import { findCoordinator } from '#core/wire/api/10-find-coordinator.ts'
import { offsetCommit } from '#core/wire/api/08-offset-commit.ts'
import { errorName } from '#core/wire/errors.ts'
import { startBroker } from '../../broker/start.ts'
import { batchOf, makeTopic, produce, produceBody, valuesIn } from '../support/memory-broker.ts'
import { WireClient } from '../support/wire-client.ts'

interface Said {
  readonly level: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>> | undefined
}

/** Runs `work` against a broker on `dataDir`, which is stopped then. */
async function life<T>(dataDir: string, said: Said[], work: (client: WireClient) => Promise<T>): Promise<T> {
  const broker = await startBroker({
    dataDir,
    port: 0,
    config: { 'offsets.topic.num.partitions': '1' },
    log: (level, message, fields) => void said.push({ level, message, fields }),
  })
  try {
    const client = await WireClient.connect(broker.bootstrapServers)
    try {
      return await work(client)
    } finally {
      client.close()
    }
  } finally {
    await broker.stop()
  }
}

function directory(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-damaged-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true }))
  return dataDir
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at]! ^= 1
  writeFileSync(file, bytes)
}

it('a consumer is told of a damaged batch and reads on behind it', async () => {
  const dataDir = directory()
  const said: Said[] = []
  const large = 'x'.repeat(100_000)
  await life(dataDir, said, async (client) => {
    await makeTopic(client, 't')
    for (const value of ['a', 'b', large, 'd']) await client.call(produce, 9, produceBody('t', batchOf([value])))
  })
  const file = join(dataDir, 't-0', '00000000000000000000.log')
  // One small batch, one that is read off the event loop.
  flip(file, batchOf(['a']).length + 65)
  flip(file, batchOf(['a']).length * 2 + 50_000)
  await life(dataDir, said, async (client) => {
    const read = async (fetchOffset: number) => {
      const { responses } = await client.call(fetch, 12, {
        maxWaitMs: 0,
        minBytes: 1,
        maxBytes: 50_000_000,
        sessionEpoch: -1,
        topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }] }],
      })
      const { errorCode, records } = responses[0]!.partitions[0]!
      return errorCode === 0 ? valuesIn(records) : errorName(errorCode)
    }
    expect([await read(0), await read(1), await read(2), await read(3), await read(1)]).toEqual([
      ['a'],
      'CORRUPT_MESSAGE',
      'CORRUPT_MESSAGE',
      ['d'],
      'CORRUPT_MESSAGE',
    ])
    const { topics } = await client.call(listOffsets, 5, {
      replicaId: -1,
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: 1 }] }],
    })
    expect(topics[0]!.partitions[0]).toMatchObject({ errorCode: 0, offset: 0 })
  })
  expect(said.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
    expect.stringContaining(`${file}" is damaged at byte ${batchOf(['a']).length}: the batch at offset 1`),
    expect.stringContaining('the batch at offset 2 has a wrong checksum'),
  ])
})

it('groups whose log is damaged are not served with half of it', async () => {
  const dataDir = directory()
  const said: Said[] = []
  const commit = (committedOffset: number) => ({
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    topics: [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: null }] }],
  })
  const committed = async (client: WireClient) => {
    const { errorCode, topics } = await client.call(offsetFetch, 7, { groupId: 'g', topics: null })
    return errorCode === 0 ? topics[0]?.partitions[0]!.committedOffset : errorName(errorCode)
  }
  await life(dataDir, said, async (client) => {
    await makeTopic(client, 't')
    await client.call(findCoordinator, 3, { key: 'g' })
    for (const offset of [1, 2, 3]) {
      const { topics } = await client.call(offsetCommit, 7, commit(offset))
      expect(topics[0]!.partitions[0]!.errorCode).toBe(0)
    }
    expect(await committed(client)).toBe(3)
  })
  const file = join(dataDir, '__consumer_offsets-0', '00000000000000000000.log')
  flip(file, readFileSync(file).length - 1)
  await life(dataDir, said, async (client) => {
    expect(await committed(client)).toBe('NOT_COORDINATOR')
  })
  expect(said.filter(({ level }) => level === 'error')).toEqual([
    expect.objectContaining({ message: expect.stringContaining(`${file}" is damaged`) }),
    expect.objectContaining({
      message: 'what a coordinator keeps cannot be loaded',
      fields: expect.objectContaining({ error: expect.stringContaining(file) }),
    }),
  ])
})
