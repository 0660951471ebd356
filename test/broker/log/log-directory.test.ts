import { describe, expect, it } from 'vitest'

import { memoryFiles } from '#core/ports/memory-files.ts'
import { asClient, batchOf, nextLife, oneLog, openLogs, topicConfig, topicId, valuesFrom } from '../../support/logs.ts'

const text = (files: { readWhole(path: string): Buffer }, path: string): string => files.readWhole(path).toString()

describe('a data directory', () => {
  it('leaves the files that Apache Kafka leaves after a clean stop', async () => {
    const { files, logs, log } = await oneLog({ 'segment.bytes': 400 })
    for (let i = 0; i < 6; i++) log.append(batchOf([`value ${i}`]), { leaderEpoch: i < 3 ? 4 : 7, origin: 'client' })
    log.advanceHighWatermark(5)
    log.deleteRecordsBefore(1)
    await logs.close({ brokerEpoch: 12 })
    expect(files.list('/data')).toEqual([
      '.kafka_cleanshutdown',
      'log-start-offset-checkpoint',
      'recovery-point-offset-checkpoint',
      'replication-offset-checkpoint',
      't-0',
    ])
    expect(text(files, '/data/.kafka_cleanshutdown')).toBe('{"version":0,"brokerEpoch":12}')
    expect(text(files, '/data/recovery-point-offset-checkpoint')).toBe('0\n1\nt 0 6\n')
    expect(text(files, '/data/replication-offset-checkpoint')).toBe('0\n1\nt 0 5\n')
    expect(text(files, '/data/log-start-offset-checkpoint')).toBe('0\n1\nt 0 1\n')
    expect(text(files, '/data/t-0/partition.metadata')).toBe(`version: 0\ntopic_id: ${topicId}`)
    expect(text(files, '/data/t-0/leader-epoch-checkpoint')).toBe('0\n2\n4 1\n7 3\n')
    expect(files.list('/data/t-0')).toEqual([
      '00000000000000000000.index',
      '00000000000000000000.log',
      '00000000000000000000.timeindex',
      '00000000000000000005.index',
      '00000000000000000005.log',
      '00000000000000000005.snapshot',
      '00000000000000000005.timeindex',
      '00000000000000000006.snapshot',
      'leader-epoch-checkpoint',
      'partition.metadata',
    ])
  })

  it('opens again as it was closed', async () => {
    const first = await oneLog({ 'segment.bytes': 400 })
    for (let i = 0; i < 9; i++) first.log.append(batchOf([`value ${i}`]), asClient)
    first.log.advanceHighWatermark(8)
    first.log.deleteRecordsBefore(2)
    const values = await valuesFrom(first.log)
    await first.logs.close({ brokerEpoch: 3 })
    const { logs } = await openLogs(first)
    const log = logs.get('t', 0)!
    expect([logs.wasClean, logs.previousBrokerEpoch, logs.damaged.size]).toEqual([true, 3, 0])
    expect([log.logStartOffset, log.highWatermark, log.logEndOffset, log.recoveryPoint]).toEqual([2, 8, 9, 9])
    expect([log.topicId, log.latestEpoch]).toEqual([topicId, 0])
    expect(await valuesFrom(log)).toEqual(values)
    expect(first.files.exists('/data/.kafka_cleanshutdown')).toBe(false)
    expect(log.append(batchOf(['next']), asClient).baseOffset).toBe(9)
  })

  it('knows that it was not closed', async () => {
    const first = await oneLog()
    first.log.append(batchOf(['one', 'two']), asClient)
    const { logs } = await openLogs({ ...first, files: nextLife(first.files) })
    expect([logs.wasClean, logs.previousBrokerEpoch]).toEqual([false, -1])
    expect(await valuesFrom(logs.get('t', 0)!)).toEqual(['0:one', '1:two'])
  })

  it('belongs to one at a time, and to nobody after a crash', async () => {
    const first = await openLogs()
    await expect(openLogs(first)).rejects.toMatchObject({ code: 'LOG_DIRECTORY_IN_USE' })
    await first.logs.close()
    const second = await openLogs(first)
    await openLogs({ files: nextLife(second.files) })
  })

  it('renames a deleted partition at once and removes it later', async () => {
    const { files, time, logs, log } = await oneLog()
    logs.create('t', 1, topicId, topicConfig())
    log.append(batchOf(['one']), asClient)
    await logs.checkpoint()
    logs.delete('t', 0)
    expect(logs.get('t', 0)).toBeUndefined()
    expect(files.list('/data').filter((name) => /^t-0\.[0-9a-f]{32}-delete$/.test(name))).toHaveLength(1)
    expect(text(files, '/data/recovery-point-offset-checkpoint')).toBe('0\n1\nt 1 0\n')
    expect(() => log.append(batchOf(['late']), asClient)).toThrow(/closed/)
    const again = logs.create('t', 0, topicId, topicConfig())
    expect(again.logEndOffset).toBe(0)
    time.advance(60_000)
    expect(files.list('/data').filter((name) => name.endsWith('-delete'))).toEqual([])
  })

  it('removes at the start what a deletion left behind, and forgets checkpoints of logs that are gone', async () => {
    const files = memoryFiles()
    const first = await oneLog({}, { files })
    first.log.append(batchOf(['one']), asClient)
    await first.log.flush()
    await first.logs.checkpoint()
    files.rename('/data/t-0', '/data/t-0.0123456789abcdef0123456789abcdef-delete')
    const { logs } = await openLogs({ files: nextLife(files) })
    expect([...logs.all()]).toEqual([])
    expect(files.list('/data').filter((name) => name.startsWith('t-0'))).toEqual([])
    expect(text(files, '/data/recovery-point-offset-checkpoint')).toBe('0\n0\n')
  })

  it('takes the whole log away that a checkpoint file without sense would endanger', async () => {
    const first = await oneLog()
    await first.logs.close()
    first.files.replace('/data/recovery-point-offset-checkpoint', Buffer.from('0\n2\nt 0 0\n'))
    await expect(openLogs(first)).rejects.toThrow(
      'recovery-point-offset-checkpoint" cannot be read: 1 rows instead of 2',
    )
  })

  it('refuses a second log of the same name', async () => {
    const { logs } = await oneLog()
    expect(() => logs.create('t', 0, topicId, topicConfig())).toThrow('log t-0 exists already')
  })

  it('leaves alone what is not a partition', async () => {
    const { files, logs } = await openLogs()
    files.makeDirectory('/data/t-0-stray')
    files.makeDirectory('/data/notes')
    files.replace('/data/meta.properties', Buffer.from('version=1\n'))
    await logs.close()
    expect([...(await openLogs({ files })).logs.all()]).toEqual([])
    expect(files.list('/data')).toContain('notes')
  })
})
