import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { createClient } from '#core/client/lean-client.ts'
import { type DumpOptions, dumpLog } from '../../../broker/commands/dump-log.ts'
import { startBroker } from '../../../broker/start.ts'
import { captured } from '../../support/command-line.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** A directory with three records of a topic, a committed offset, and the metadata of both. */
async function directory(): Promise<string> {
  const dataDir = join(temporaryFolder(), 'data')
  const broker = await startBroker({ dataDir })
  const client = createClient({ bootstrapServers: broker.bootstrapServers })
  await client.admin().createTopics([{ name: 'my-topic' }])
  const producer = client.producer({ compression: 'gzip' })
  for (const value of ['a', 'b', 'c']) {
    const headers = [{ key: 'h', value: Buffer.from('x') }]
    producer.append({
      topic: 'my-topic',
      key: Buffer.from('k'),
      value: Buffer.from(value),
      timestamp: 1_700_000_000_000,
      headers,
    })
  }
  await producer.flush()
  await client.admin().alterGroupOffsets('readers', [{ topic: 'my-topic', partition: 0, offset: 2 }])
  await client.close()
  await broker.stop()
  return dataDir
}

const firstSegment = (dataDir: string, partition: string, suffix = 'log'): string =>
  join(dataDir, partition, `00000000000000000000.${suffix}`)

async function dumped(files: string[], options: DumpOptions = {}, asJson = true) {
  const printed = captured(asJson)
  const code = await dumpLog(printed.output, files, options)
  const parsed = asJson
    ? printed.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    : []
  return { code, out: printed.out, parsed }
}

describe('millrace dump-log', () => {
  it('shows batches, and records when asked', async () => {
    const dataDir = await directory()
    const file = firstSegment(dataDir, 'my-topic-0')
    const batches = await dumped([file])
    expect(batches.code).toBe(0)
    expect(batches.parsed).toMatchObject([
      { file, baseOffset: 0, lastOffset: 2, recordCount: 3, position: 0, compression: 'gzip', crcValid: true },
    ])
    const [, ...records] = (await dumped([file], { records: true })).parsed
    expect(records).toMatchObject(
      ['a', 'b', 'c'].map((value, offset) => ({
        offset,
        timestamp: 1_700_000_000_000,
        key: 'k',
        value,
        headers: { h: 'x' },
      })),
    )
    expect((await dumped([file], { records: true }, false)).out).toMatch(
      /^0\.\.2 {2}3 records .* gzip .*\n {2}0 {2}2023-11-14T22:13:20.000Z {2}k\ta\n/,
    )
  })

  it('reads records of internal topics', async () => {
    const dataDir = await directory()
    const commits = readdirSync(dataDir)
      .filter((name) => name.startsWith('__consumer_offsets-'))
      .map((name) => firstSegment(dataDir, name))
      .filter((file) => readFileSync(file).length > 0)
    expect((await dumped(commits, { records: true })).parsed).toContainEqual(
      expect.objectContaining({
        type: 'OffsetCommit',
        key: { group: 'readers', topic: 'my-topic', partition: 0 },
        value: expect.objectContaining({ offset: 2 }),
      }),
    )
    const metadata = await dumped([firstSegment(dataDir, '__cluster_metadata-0')], { records: true })
    expect(metadata.parsed).toContainEqual(
      expect.objectContaining({ type: 'topic', value: expect.objectContaining({ name: 'my-topic' }) }),
    )
    expect(metadata.parsed).toContainEqual(expect.objectContaining({ type: 'LEADER_CHANGE' }))
  })

  it('shows indexes and producer snapshots', async () => {
    const dataDir = await directory()
    const times = await dumped([firstSegment(dataDir, 'my-topic-0', 'timeindex')])
    expect(times.parsed).toMatchObject([{ timestamp: 1_700_000_000_000, offset: 2 }])
    const snapshot = join(dataDir, 'my-topic-0', '00000000000000000003.snapshot')
    expect((await dumped([snapshot])).parsed).toMatchObject([{ producerEpoch: 0, lastSequence: 2, lastOffset: 2 }])
  })

  it.each([
    ['a flipped bit', (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(70) ^ 1, 70), 0, 'checksum'],
    ['a lying length', (bytes: Buffer) => bytes.writeInt32BE(1_000_000_000, 8), 0, 'cut short'],
    ['a batch that cannot be', (bytes: Buffer) => bytes.writeInt32BE(-5, 8), 0, 'cannot have'],
  ])('names %s with its place', async (_, damage, position, problem) => {
    const dataDir = await directory()
    const file = firstSegment(dataDir, 'my-topic-0')
    const bytes = readFileSync(file)
    damage(bytes)
    writeFileSync(file, bytes)
    const { code, parsed } = await dumped([file])
    expect(code).toBe(1)
    expect(parsed.at(-1)).toMatchObject({ position, damage: expect.stringContaining(problem) })
  })

  it('refuses files that are no part of a log', async () => {
    await expect(dumped(['/tmp/notes.txt'])).rejects.toThrow('/tmp/notes.txt is no file of a log')
    await expect(dumped(['/no/such/00000000000000000000.log'])).rejects.toThrow('cannot read /no/such/0')
  })
})
