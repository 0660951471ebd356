import { describe, expect, it } from 'vitest'

import { seededRandom } from '#core/ports/random.ts'
import { decodeTransaction, encodeTransaction } from '../../../../broker/coordinator/transaction/records.ts'
import { type Transaction, transactionStates } from '../../../../broker/coordinator/transaction/transaction.ts'
import { TransactionWorld, places } from '../../../support/transaction-world.ts'

const ids = ['alpha', 'beta', 'gamma', 'delta', 'epsilon']

/** A random life of some producers, with crashes of the coordinator in between. */
async function live(seed: number, version: number): Promise<TransactionWorld> {
  const random = seededRandom(seed)
  const one = <T>(items: readonly T[]): T => items[Math.floor(random.next() * items.length)]!
  const world = await TransactionWorld.start({ 'transactional.id.expiration.ms': 120_000 })
  world.version = version
  const producers = new Map<string, { producerId: number; producerEpoch: number }>()
  const clientVersion = version >= 2 ? 2 : 0
  const apiVersion = version >= 2 ? 5 : 4
  for (let step = 0; step < 120; step++) {
    const id = one(ids)
    const producer = producers.get(id) ?? { producerId: 1, producerEpoch: 0 }
    const stale = random.next() < 0.1 ? { ...producer, producerEpoch: producer.producerEpoch - 1 } : producer
    switch (one(['init', 'resume', 'add', 'add', 'add', 'end', 'end', 'time', 'hold', 'release', 'crash', 'fail'])) {
      case 'init':
      case 'resume': {
        const answer = await world.init(id, random.next() < 0.5 ? { timeoutMs: 5000 } : { ...producer })
        if (answer.error === 'NONE') producers.set(id, answer)
        break
      }
      case 'add':
        await world.add(id, stale, places(one(['a-0', 'a-1', 'b-0']), one(['a-0', 'c-3'])), clientVersion)
        break
      case 'end': {
        const answer = await world.end(id, stale, random.next() < 0.5, apiVersion)
        if (answer.error === 'NONE' && answer.producerId !== -1) producers.set(id, answer)
        break
      }
      case 'time':
        await world.advance(Math.floor(random.next() * 30_000))
        break
      case 'hold':
        world.markerOutcome = () => undefined
        break
      case 'release':
        world.markerOutcome = () => 'NONE'
        await world.release()
        break
      case 'crash':
        await world.restart()
        break
      case 'fail': {
        world.beforeAppend = () => {
          throw new Error('the disk is full')
        }
        await world.end(id, producer, true, apiVersion)
        world.beforeAppend = () => undefined
        break
      }
    }
  }
  return world
}

describe('replay', () => {
  for (const version of [1, 2]) {
    it(`brings back what was there after any life, under transaction.version ${version}`, async () => {
      for (let seed = 1; seed <= 10; seed++) {
        const world = await live(seed, version)
        await world.settle()
        world.markerOutcome = () => undefined
        const before = world.picture()
        await world.restart()
        expect(world.picture(), `seed ${seed}`).toEqual(before)
        // And everything comes to an end.
        world.markerOutcome = () => 'NONE'
        await world.release()
        await world.advance(100_000)
        const states = (world.picture() as { transactionState: string }[]).map((each) => each.transactionState)
        for (const state of states) expect(state, `seed ${seed}`).toMatch(/^(Empty|Complete(Commit|Abort))$/)
      }
    })
  }

  it('writes each marker of a producer and epoch with one outcome only', async () => {
    for (let seed = 100; seed < 110; seed++) {
      const { markers } = await live(seed, 2)
      const outcomes = new Map<string, boolean>()
      for (const { producerId, producerEpoch, committed } of markers) {
        const key = `${producerId} ${producerEpoch}`
        expect(outcomes.get(key) ?? committed, `seed ${seed}: ${key}`).toBe(committed)
        outcomes.set(key, committed)
      }
    }
  })
})

describe('records', () => {
  const value = (state: Transaction['state']): Transaction => ({
    producerId: 12,
    previousProducerId: 11,
    nextProducerId: 13,
    producerEpoch: 7,
    timeoutMs: 60_000,
    state,
    partitions: state === 'Empty' ? new Map() : places('a-0', 'a-2', 'b-1'),
    startMs: 1_700_000_000_000,
    lastUpdateMs: 1_700_000_000_001,
    clientVersion: 2,
  })

  it('come back as they were in the flexible form', () => {
    for (const state of transactionStates) {
      const { key, value: bytes } = encodeTransaction({ transactionalId: 't', value: value(state), version: 2 })
      expect(decodeTransaction(key, bytes)).toEqual({ transactionalId: 't', value: value(state) })
    }
  })

  it('leave out in the old form what it has no room for', () => {
    const { key, value: bytes } = encodeTransaction({ transactionalId: 't', value: value('Ongoing'), version: 0 })
    expect(bytes!.readInt16BE(0)).toBe(0)
    const lost = { previousProducerId: -1, nextProducerId: -1, clientVersion: 0 }
    expect(decodeTransaction(key, bytes)!.value).toEqual({ ...value('Ongoing'), ...lost })
  })

  it('are passed over when their key is of another kind', () => {
    expect(decodeTransaction(Buffer.from([0, 9, 0, 1, 65]), null)).toBeNull()
  })
})
