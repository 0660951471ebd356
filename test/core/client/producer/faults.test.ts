import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { ProducerOptions } from '#core/client/client.ts'
import { createClient } from '#core/client/lean-client.ts'
import { seededRandom } from '#core/ports/random.ts'
import { errorCodes } from '#core/wire/errors.ts'
import { hangUp, ScriptedCluster, silence } from '../../../support/scripted-cluster.ts'
import { ScriptedLog } from '../../../support/scripted-log.ts'

const partitions = 3
const faults = ['none', 'refused', 'appended but late', 'cut before', 'cut after', 'silence', 'slow'] as const

/** Two brokers, three partitions, and everything going wrong that may. `calm` is the share of requests that go well. */
function troubled(seed: number, calm: number) {
  const cluster = new ScriptedCluster([1, 2], seed)
  const random = seededRandom(seed)
  const logs = Array.from({ length: partitions }, () => new ScriptedLog())
  const leaders = logs.map(() => 1)
  let quiet = false
  cluster.serveTopics({ t: partitions }, (_, partition) => leaders[partition]!)
  cluster.on('Produce', async ({ broker, body }) => {
    const fault = quiet || random.next() < calm ? 'none' : faults[Math.floor(random.next() * faults.length)]!
    if (!quiet && random.next() < 0.05) leaders[Math.floor(random.next() * partitions)] = random.next() < 0.5 ? 1 : 2
    if (fault === 'cut before') return hangUp
    if (fault === 'slow')
      await new Promise<void>((resolve) => cluster.time.after(Math.floor(random.next() * 300), resolve))
    const responses = body.topicData.map(({ topicId, partitionData }: any) => ({
      topicId,
      partitionResponses: partitionData.map(({ index, records }: any) => {
        const refused = fault === 'refused' && random.next() < 0.5
        if (leaders[index] !== broker || refused) {
          return { index, errorCode: errorCodes.NOT_LEADER_OR_FOLLOWER.code, baseOffset: -1 }
        }
        const answer = { index, ...logs[index]!.append(records) }
        if (fault === 'appended but late' && answer.errorCode === 0) {
          return { ...answer, errorCode: errorCodes.NOT_ENOUGH_REPLICAS_AFTER_APPEND.code }
        }
        return answer
      }),
    }))
    if (fault === 'cut after') return hangUp
    return fault === 'silence' ? silence : { responses }
  })
  return { cluster, logs, calmDown: () => void (quiet = true), random }
}

/** Sends values in bursts through trouble; returns what was acknowledged per partition, in order of the appends. */
async function run(seed: number, calm: number, options: ProducerOptions) {
  const { cluster, logs, calmDown, random } = troubled(seed, calm)
  const client = createClient({ bootstrapServers: cluster.bootstrap, ports: cluster.ports, requestTimeoutMs: 1000 })
  const producer = client.producer({ batchSize: 150, lingerMs: 5, deliveryTimeoutMs: 1e9, ...options })
  const sent: string[][] = logs.map(() => [])
  const told: string[] = []
  for (let i = 0; i < 300; i++) {
    const partition = Math.floor(random.next() * partitions)
    const value = `${partition}:${i}`
    sent[partition]!.push(value)
    producer.append({ topic: 't', partition, key: null, value: Buffer.from(value) }, (error) => {
      expect(error).toBeNull()
      told.push(value)
    })
    if (random.next() < 0.1) {
      await cluster.settle()
      cluster.time.advance(Math.floor(random.next() * 20))
    }
  }
  const flushed = producer.flush()
  let open = true
  void flushed.finally(() => (open = false)).catch(() => undefined)
  for (let steps = 0; open; steps++) {
    if (steps === 400) calmDown()
    expect(steps).toBeLessThan(5000)
    await cluster.settle()
    cluster.time.advance(20)
  }
  await flushed
  expect(producer.pendingBytes).toBe(0)
  expect(told.length).toBe(300)
  void client.close()
  return { logs: logs.map(({ values }) => values), sent }
}

describe('a producer in trouble', () => {
  it('puts every record into the log once and in order when it is idempotent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.constantFrom(0.3, 0.6, 0.9), async (seed, calm) => {
        const { logs, sent } = await run(seed, calm, {})
        expect(logs).toEqual(sent)
      }),
      { numRuns: 8 },
    )
  })

  it('loses nothing with acks 1', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const { logs, sent } = await run(seed, 0.6, { acks: 1 })
        logs.forEach((values, partition) => expect(new Set(values)).toEqual(new Set(sent[partition])))
      }),
      { numRuns: 3 },
    )
  })

  it('keeps order without idempotence when one request is under way at a time', async () => {
    const { logs, sent } = await run(7, 0.6, { acks: 1, maxInFlight: 1 })
    // Doubles may be there, but taking the first of each leaves the order of the appends.
    expect(logs.map((values) => [...new Set(values)])).toEqual(sent)
  })
})
