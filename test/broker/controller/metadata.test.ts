import { describe, expect, it } from 'vitest'

import { systemClock } from '#core/ports/clock.ts'
import { memoryFiles } from '#core/ports/memory-files.ts'
import { seededRandom } from '#core/ports/random.ts'
import { systemTimers } from '#core/ports/timers.ts'
import type { MetadataRecordInput } from '#core/wire/stored/metadata-frame.ts'
import { decodeMetadataRecord, encodeMetadataRecord } from '#core/wire/stored/metadata-frame.ts'
import { silentLog } from '#core/telemetry/log.ts'
import { Controller } from '../../../broker/controller/controller.ts'
import { formatDirectory, metadataLogDirectory } from '../../../broker/controller/format.ts'
import { MetadataImage } from '../../../broker/controller/image.ts'
import { openMetadataLog } from '../../../broker/controller/metadata-log.ts'
import { readQuorumState } from '../../../broker/controller/quorum-state.ts'
import { ReplayError, replay } from '../../../broker/controller/replay.ts'
import { encodeSnapshot, imageRecords, listSnapshots } from '../../../broker/controller/snapshot.ts'
import { planPartitions, planTopic } from '../../../broker/controller/topics.ts'
import { topicConfigDefinition } from '../../../broker/log/config.ts'
import { LogDirectory } from '../../../broker/log/log-directory.ts'

const random = seededRandom(1)
const defaults = { numPartitions: 2, replicationFactor: 1, directoryId: 'IFgOxOxuRZOOWCY2hQxIkw' }
const wanted = (name: string) => ({
  name,
  numPartitions: -1,
  replicationFactor: -1,
  assignments: [],
  configs: { 'retention.ms': '5' },
})
const endpoint = { name: 'PLAINTEXT', host: '127.0.0.1', port: 9092, securityProtocol: 'PLAINTEXT' } as const

/** A controller on the files of a data directory, and how to stop it: cleanly, or as a crash would. */
async function open(files = memoryFiles(), snapshotBytes = 1_000_000) {
  const ports = { files, clock: systemClock, timers: systemTimers({ ref: false }), random }
  files.makeDirectory('/d')
  const meta = formatDirectory(ports, '/d', {
    id: 1,
    controller: { name: 'CONTROLLER', host: '127.0.0.1', port: 9093 },
  })
  const config = topicConfigDefinition.parse({ 'retention.ms': -1 }, 'test')
  const logs = await LogDirectory.open({ ...ports, log: silentLog }, '/d', { config, retentionCheckMs: 0 })
  const log = openMetadataLog(files, logs)
  const voter = {
    nodeId: 1,
    directoryId: meta.directoryId,
    endpoint: { name: 'CONTROLLER', host: '127.0.0.1', port: 9093 },
  }
  const controller = new Controller(ports, log, { voter, rack: null, snapshotBytes })
  controller.start()
  await controller.register([endpoint])
  return { files, logs, log, controller, meta }
}

/** All of an image as text, for comparison. */
const dump = (image: MetadataImage): string[] => [...imageRecords(image)].map((record) => JSON.stringify(record))

describe('metadata', () => {
  it('is the same after a restart, whether stopped cleanly or not', async () => {
    const first = await open()
    const { controller } = first
    await controller.commit(planTopic(controller.image, wanted('a'), defaults, random).records)
    await controller.commit(planTopic(controller.image, wanted('b'), defaults, random).records)
    await controller.commit(
      planPartitions(controller.image, { name: 'a', count: 4, assignments: null }, defaults.directoryId),
    )
    await controller.commit([
      { kind: 'removeTopic', version: 0, value: { topicId: controller.image.topics.get('b')!.id } },
    ])
    expect(await controller.nextProducerId()).toBe(0)
    const before = controller.image
    await first.logs.close()
    const second = await open(first.files)
    const after = second.controller.image
    expect([...after.topics.keys()]).toEqual(['a'])
    expect(after.topics.get('a')!.partitions.map(({ leader }) => leader)).toEqual([1, 1, 1, 1])
    expect(after.topics.get('a')!.partitions[0]!.leaderEpoch).toBe(before.partition('a', 0)!.leaderEpoch + 1)
    expect(after.configOf(2, 'a')).toEqual(new Map([['retention.ms', '5']]))
    expect(after.configOf(2, 'b').size).toBe(0)
    expect(await second.controller.nextProducerId()).toBe(1000)
    await second.controller.resign()
    expect(second.controller.image.partition('a', 0)!.leader).toBe(-1)
    expect(second.controller.image.brokers.get(1)).toMatchObject({ fenced: true, inControlledShutdown: true })
    await second.logs.close()
    const third = await open(first.files)
    expect(third.controller.image.brokers.get(1)).toMatchObject({
      fenced: false,
      inControlledShutdown: false,
      endpoints: [{ host: '127.0.0.1', port: 9092 }],
    })
    expect(third.controller.image.partition('a', 0)!.leader).toBe(1)
    expect(third.controller.brokerEpoch).toBeGreaterThan(second.controller.brokerEpoch)
    await third.logs.close()
  })

  it('begins a new epoch at every start and remembers it first', async () => {
    const files = memoryFiles()
    const epochs: number[] = []
    for (let i = 0; i < 3; i++) {
      const { controller, logs } = await open(files)
      epochs.push(controller.epoch)
      expect(readQuorumState(files, metadataLogDirectory('/d'))).toMatchObject({
        leaderId: 1,
        leaderEpoch: controller.epoch,
      })
      await logs.close()
    }
    expect(epochs).toEqual([1, 2, 3])
  })

  it('is read from the newest snapshot and what follows it, and old ones go', async () => {
    const files = memoryFiles()
    const first = await open(files, 500)
    for (let i = 0; i < 30; i++) {
      await first.controller.commit(planTopic(first.controller.image, wanted(`t${i}`), defaults, random).records)
    }
    const snapshots = listSnapshots(files, metadataLogDirectory('/d'))
    expect(snapshots).toHaveLength(2)
    expect(snapshots[1]!.endOffset).toBeGreaterThan(snapshots[0]!.endOffset)
    expect(first.log.logStartOffset).toBe(snapshots[0]!.endOffset)
    const before = dump(first.controller.image)
    await first.logs.close()
    const second = await open(files)
    const topics = (lines: string[]) => lines.filter((line) => /"kind":"(topic|config)"/.test(line)).sort()
    expect(topics(dump(second.controller.image))).toEqual(topics(before))
    await second.logs.close()
  })

  it('is left in a snapshot when users were removed, also by a life before that crashed', async () => {
    const files = memoryFiles()
    const credential = { name: 'ann', mechanism: 1 }
    const secret = { salt: Buffer.alloc(1), storedKey: Buffer.alloc(1), serverKey: Buffer.alloc(1), iterations: 4096 }
    const snapshots = (): number => listSnapshots(files, metadataLogDirectory('/d')).length
    const first = await open(files)
    const atFirst = snapshots()
    await first.controller.commit([
      { kind: 'userScramCredential', version: 0, value: { ...credential, ...secret } },
      { kind: 'removeUserScramCredential', version: 0, value: credential },
    ])
    expect(snapshots()).toBe(atFirst)
    await first.logs.close()
    for (let stop = 0; stop < 2; stop++) {
      const next = await open(files)
      await next.controller.resign()
      await next.logs.close()
      // Once, not with every stop.
      expect(snapshots()).toBe(atFirst + 1)
    }
  })

  it('is written whole into records and read back from them', async () => {
    const { controller, logs } = await open()
    for (const name of ['a', 'b'])
      await controller.commit(planTopic(controller.image, wanted(name), defaults, random).records)
    await controller.commit([
      {
        kind: 'config',
        version: 0,
        value: { resourceType: 4, resourceName: '', name: 'log.retention.ms', value: '9' },
      },
    ])
    await controller.nextProducerId()
    const copy = new MetadataImage()
    for (const record of imageRecords(controller.image)) {
      replay(record.kind === 'unknown' ? record : decodeMetadataRecord(encodeMetadataRecord(record)), copy)
    }
    expect(dump(copy)).toEqual(dump(controller.image))
    await logs.close()
  })

  it('keeps records of types that it does not know', () => {
    const image = new MetadataImage()
    replay({ kind: 'unknown', type: 18, version: 0, body: Buffer.from('an access rule') }, image)
    expect([...imageRecords(image)]).toEqual([
      { kind: 'unknown', type: 18, version: 0, body: Buffer.from('an access rule') },
    ])
  })

  it('refuses records that cannot follow, and stays as it was', () => {
    const image = new MetadataImage()
    const apply = (record: MetadataRecordInput) => replay(decodeMetadataRecord(encodeMetadataRecord(record)), image)
    apply({ kind: 'topic', version: 0, value: { name: 'a', topicId: defaults.directoryId } })
    expect(() => apply({ kind: 'topic', version: 0, value: { name: 'a', topicId: '9_FBrM26TqWbsw615s9DCA' } })).toThrow(
      ReplayError,
    )
    expect(() => apply({ kind: 'removeTopic', version: 0, value: { topicId: '9_FBrM26TqWbsw615s9DCA' } })).toThrow(
      ReplayError,
    )
    expect(() => apply({ kind: 'fenceBroker', version: 0, value: { id: 7, epoch: 1 } })).toThrow(ReplayError)
    expect([...image.topics.keys()]).toEqual(['a'])
  })
})

describe('a directory', () => {
  it('of somebody else is left alone', () => {
    const files = memoryFiles()
    files.makeDirectory('/d')
    files.replace('/d/thesis.txt', Buffer.from('important'))
    const ports = { files, clock: systemClock, random }
    const node = { id: 1, controller: { name: 'CONTROLLER', host: '127.0.0.1', port: 9093 } }
    expect(() => formatDirectory(ports, '/d', node)).toThrow(/not empty/)
    expect(files.list('/d')).toEqual(['thesis.txt'])
  })

  it('belongs to one node', async () => {
    const { files, logs } = await open()
    await logs.close()
    const node = { id: 2, controller: { name: 'CONTROLLER', host: '127.0.0.1', port: 9093 } }
    expect(() => formatDirectory({ files, clock: systemClock, random }, '/d', node)).toThrow(/belongs to node 1/)
  })

  it('with features that are not built is refused by name', async () => {
    const { files, logs, controller } = await open()
    await controller.commit([{ kind: 'featureLevel', version: 0, value: { name: 'share.version', featureLevel: 2 } }])
    await logs.close()
    await expect(open(files)).rejects.toThrow(/"share.version" is finalized at level 2/)
  })

  it('begins with what its directory was formatted with, as the storage tool of Apache Kafka leaves it', async () => {
    const files = memoryFiles()
    files.makeDirectory('/d')
    const controller = { name: 'CONTROLLER', host: '127.0.0.1', port: 9093 }
    formatDirectory({ files, clock: systemClock, random }, '/d', { id: 1, controller })
    const seed = { epoch: 0, now: 0, lastContainedLogTimestamp: 0, control: [] }
    const records = [
      { kind: 'featureLevel', version: 0, value: { name: 'metadata.version', featureLevel: 29 } },
      { kind: 'featureLevel', version: 0, value: { name: 'share.version', featureLevel: 1 } },
    ] as const
    files.replace('/d/bootstrap.checkpoint', encodeSnapshot(records, seed))
    const { image } = (await open(files)).controller
    expect([image.feature('metadata.version'), image.feature('share.version')]).toEqual([29, 1])
    expect(image.controllers.get(1)?.features.map(({ name }) => name)).toContain('group.version')
  })

  it('has every listener of the broker with the number of its security protocol', async () => {
    const { controller } = await open()
    const protocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const
    await controller.register(
      protocols.map((name, i) => ({ name, host: 'localhost', port: 9092 + i, securityProtocol: name })),
    )
    expect(controller.image.brokers.get(1)!.endpoints).toEqual(
      protocols.map((name, i) => ({ name, host: 'localhost', port: 9092 + i, securityProtocol: i })),
    )
  })
})
