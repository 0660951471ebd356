import { describe, expect, it } from 'vitest'

import { ProtocolError } from '#core/wire/errors.ts'
import { TransactionWorld, places } from '../../../support/transaction-world.ts'

const fails = (): never => {
  throw new ProtocolError('KAFKA_STORAGE_ERROR')
}

describe('the end of a transaction', () => {
  it('is decided before anybody hears of it, and written everywhere after', async () => {
    const world = await TransactionWorld.start()
    const producer = await world.init('t')
    await world.add('t', producer, places('a-0', 'a-1', 'b-0'))
    world.markerOutcome = () => undefined
    const next = await world.end('t', producer, true)
    expect(next).toEqual({ error: 'NONE', producerId: producer.producerId, producerEpoch: producer.producerEpoch + 1 })
    expect(world.state('t')).toBe('PrepareCommit')
    expect((await world.end('t', producer, true)).error).toBe('CONCURRENT_TRANSACTIONS')
    expect((await world.init('t')).error).toBe('CONCURRENT_TRANSACTIONS')
    expect(await world.add('t', next, places('a-0'))).toBe('CONCURRENT_TRANSACTIONS')
    world.markerOutcome = () => 'NONE'
    await world.release()
    expect(world.state('t')).toBe('CompleteCommit')
    expect(world.markers.map(({ place }) => place)).toEqual(['a-0', 'a-1', 'b-0'])
    expect(world.markers[0]).toMatchObject({
      committed: true,
      producerEpoch: producer.producerEpoch + 1,
      coordinatorEpoch: 0,
      version: 2,
    })
  })

  it('is what waits for the next transaction wait for, for so long', async () => {
    const world = await TransactionWorld.start()
    const producer = await world.init('t')
    await world.add('t', producer, places('a-0'))
    world.markerOutcome = () => undefined
    await world.end('t', producer, true)
    let settled = 0
    const wait = (): Promise<void> => world.coordinator.whenSettled('t', 100).then(() => void settled++)
    const first = wait()
    await world.advance(100)
    await first
    expect(settled).toBe(1)
    const second = wait()
    await world.settle()
    expect(settled).toBe(1)
    world.markerOutcome = () => 'NONE'
    await world.release()
    await second
    expect(settled).toBe(2)
  })

  it('is brought about after a restart, by the coordinator of the next epoch', async () => {
    const world = await TransactionWorld.start()
    const producer = await world.init('t')
    await world.add('t', producer, places('a-0'))
    world.markerOutcome = () => undefined
    await world.end('t', producer, false)
    await world.restart()
    expect(world.state('t')).toBe('PrepareAbort')
    world.markerOutcome = () => 'NONE'
    await world.release()
    expect(world.state('t')).toBe('CompleteAbort')
    expect(world.markers).toMatchObject([{ place: 'a-0', committed: false, coordinatorEpoch: 1 }])
    // The answer to the first time was lost with the coordinator.
    expect(await world.end('t', producer, false)).toMatchObject({ error: 'NONE', producerEpoch: 1 })
  })

  it('is tried again until it is everywhere, except where the topic is gone', async () => {
    const world = await TransactionWorld.start()
    const producer = await world.init('t')
    await world.add('t', producer, places('a-0', 'b-0', 'gone-0'))
    const outcomes = { 'a-0': 'NOT_LEADER_OR_FOLLOWER', 'b-0': 'NONE', 'gone-0': 'UNKNOWN_TOPIC_OR_PARTITION' } as const
    world.markerOutcome = (place) => outcomes[place as keyof typeof outcomes]
    await world.end('t', producer, true)
    await world.advance(5000)
    expect(world.state('t')).toBe('PrepareCommit')
    world.markerOutcome = () => 'NONE'
    await world.advance(1000)
    expect(world.state('t')).toBe('CompleteCommit')
    expect(world.markers.map(({ place }) => place)).toEqual(['b-0', 'a-0'])
  })

  it('that could not be written down did not happen', async () => {
    const world = await TransactionWorld.start()
    const producer = await world.init('t')
    await world.add('t', producer, places('a-0'))
    world.beforeAppend = fails
    expect((await world.end('t', producer, true)).error).toBe('NOT_COORDINATOR')
    expect(world.state('t')).toBe('Ongoing')
    world.beforeAppend = () => undefined
    expect((await world.end('t', producer, false)).error).toBe('NONE')
    await world.settle()
    expect(world.markers.map(({ committed }) => committed)).toEqual([false])
  })

  it('waits for its completion to be written down', async () => {
    const world = await TransactionWorld.start()
    const producer = await world.init('t')
    await world.add('t', producer, places('a-0'))
    let appends = 0
    world.beforeAppend = () => void (++appends > 1 && fails())
    await world.end('t', producer, true)
    await world.settle()
    expect(world.state('t')).toBe('PrepareCommit')
    world.beforeAppend = () => undefined
    await world.advance(1000)
    expect(world.state('t')).toBe('CompleteCommit')
    expect(world.markers).toHaveLength(1)
  })
})

describe('a transaction that stays open', () => {
  for (const [version, epochs] of [
    [0, 1],
    [1, 1],
    [2, 1],
  ] as const) {
    it(`is aborted when its time is over, with a new epoch, under transaction.version ${version}`, async () => {
      const world = await TransactionWorld.start()
      world.version = version
      const producer = await world.init('t', { timeoutMs: 20_000 })
      await world.add('t', producer, places('a-0'), version >= 2 ? 2 : 0)
      await world.advance(19_000)
      expect(world.state('t')).toBe('Ongoing')
      await world.advance(12_000)
      expect(world.state('t')).toBe('CompleteAbort')
      const { producerEpoch } = world.coordinator.describe('t')
      expect(producerEpoch).toBe(producer.producerEpoch + epochs)
      expect(world.markers).toMatchObject([{ committed: false, producerEpoch }])
      expect(await world.add('t', producer, places('a-0'))).toBe('PRODUCER_FENCED')
    })
  }

  it('gives way to the next producer that takes the id', async () => {
    const world = await TransactionWorld.start()
    const first = await world.init('t')
    await world.add('t', first, places('a-0'))
    world.markerOutcome = () => undefined
    expect((await world.init('t')).error).toBe('CONCURRENT_TRANSACTIONS')
    world.markerOutcome = () => 'NONE'
    await world.release()
    const second = await world.init('t')
    expect(second).toMatchObject({
      error: 'NONE',
      producerId: first.producerId,
      producerEpoch: first.producerEpoch + 2,
    })
    expect((await world.end('t', first, true)).error).toBe('PRODUCER_FENCED')
  })

  it('keeps its epoch when fencing could not be written down, so that it is fenced once', async () => {
    const world = await TransactionWorld.start()
    const first = await world.init('t')
    await world.add('t', first, places('a-0'))
    world.beforeAppend = fails
    expect((await world.init('t')).error).toBe('NOT_COORDINATOR')
    expect((await world.init('t')).error).toBe('NOT_COORDINATOR')
    world.beforeAppend = () => undefined
    await world.init('t')
    expect((await world.init('t')).producerEpoch).toBe(first.producerEpoch + 2)
  })
})

describe('a transactional id', () => {
  it('that nobody uses is forgotten, an open one never', async () => {
    const expirationMs = 86_400_000
    const world = await TransactionWorld.start({ 'transactional.id.expiration.ms': expirationMs })
    await world.init('unused')
    const open = await world.init('open', { timeoutMs: 900_000 })
    world.time.advance(expirationMs - 3_600_000)
    await world.settle()
    await world.add('open', open, places('a-0'))
    for (let hours = 0; hours < 3; hours++) world.time.advance(3_600_000)
    await world.settle()
    expect(world.state('unused')).toBe('TRANSACTIONAL_ID_NOT_FOUND')
    expect(world.state('open')).not.toBe('TRANSACTIONAL_ID_NOT_FOUND')
    await world.restart()
    expect(world.state('unused')).toBe('TRANSACTIONAL_ID_NOT_FOUND')
  })

  it('is not there when its first record could not be written', async () => {
    const world = await TransactionWorld.start()
    world.beforeAppend = fails
    expect((await world.init('t')).error).toBe('NOT_COORDINATOR')
    world.beforeAppend = () => undefined
    expect(world.state('t')).toBe('TRANSACTIONAL_ID_NOT_FOUND')
  })

  it('that no record has room for is refused and not kept', async () => {
    const world = await TransactionWorld.start()
    const long = 'x'.repeat(40_000)
    expect((await world.init(long)).error).toBe('UNKNOWN_SERVER_ERROR')
    expect(world.picture()).toEqual([])
  })

  it('belongs to one request at a time', async () => {
    const world = await TransactionWorld.start()
    const both = await Promise.all([world.init('t'), world.init('t')])
    expect(both.map(({ error }) => error).toSorted()).toEqual(['CONCURRENT_TRANSACTIONS', 'NONE'])
  })
})

describe('a coordinator that is not there', () => {
  it('says so', async () => {
    const world = new TransactionWorld()
    expect((await world.init('t')).error).toBe('NOT_COORDINATOR')
    const loading = world.coordinator.load(world.coordinator.partitionFor('t'))
    expect((await world.end('t', { producerId: 1, producerEpoch: 1 }, true)).error).toBe('COORDINATOR_LOAD_IN_PROGRESS')
    await loading
    expect((await world.end('t', { producerId: 1, producerEpoch: 1 }, true)).error).toBe('INVALID_PRODUCER_ID_MAPPING')
    await world.coordinator.close()
    expect((await world.init('t')).error).toBe('COORDINATOR_NOT_AVAILABLE')
  })
})
