import { onTestFinished } from 'vitest'

import { BatchBuilder } from '#core/records/batch-builder.ts'
import { batches } from '#core/records/batch.ts'
import { fetch } from '#core/wire/api/01-fetch.ts'
import { metadata } from '#core/wire/api/03-metadata.ts'
import { produce } from '#core/wire/api/00-produce.ts'
import { createTopics } from '#core/wire/api/19-create-topics.ts'
import { type Broker, type BrokerOptions, startBroker } from '../../broker/start.ts'
import { WireClient } from './wire-client.ts'

/** A broker in memory, stopped when the test is over. */
export async function memoryBroker(
  config: Readonly<Record<string, string>> = {},
  more: BrokerOptions = {},
): Promise<Broker> {
  const broker = await startBroker({ memory: true, config, ...more })
  onTestFinished(() => broker.stop())
  return broker
}

/** A connection to a broker, closed when the test is over. */
export async function wireClient(broker: Broker): Promise<WireClient> {
  const client = await WireClient.connect(broker.bootstrapServers)
  onTestFinished(() => client.close())
  return client
}

/** One batch of the given values. */
export function batchOf(values: readonly string[], timestamp = 1_700_000_000_000): Buffer {
  const builder = new BatchBuilder()
  for (const value of values) builder.append(timestamp, null, Buffer.from(value))
  return builder.build()
}

export async function makeTopic(
  client: WireClient,
  name: string,
  configs: Readonly<Record<string, string>> = {},
  partitions = 1,
): Promise<string> {
  const { topics } = await client.call(createTopics, 7, {
    topics: [
      {
        name,
        numPartitions: partitions,
        replicationFactor: 1,
        assignments: [],
        configs: Object.entries(configs).map(([setting, value]) => ({ name: setting, value })),
      },
    ],
  })
  if (topics[0]!.errorCode !== 0) throw new Error(`topic ${name}: ${topics[0]!.errorMessage}`)
  return topics[0]!.topicId
}

/** A produce request of one batch for one partition, up to version 12. */
export const produceBody = (topic: string, records: Buffer, acks = -1, partition = 0) => ({
  acks,
  timeoutMs: 1000,
  topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
})

/** A fetch request for one partition, up to version 12. */
export const fetchBody = (
  topic: string,
  fetchOffset: number,
  more: { maxWaitMs?: number; minBytes?: number; maxBytes?: number; partitionMaxBytes?: number } = {},
) => {
  const { partitionMaxBytes = 1_000_000, ...rest } = more
  return {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 50_000_000,
    ...rest,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes }] }],
    forgottenTopicsData: [],
  }
}

/** Values of the records in fetched bytes, as text. */
export const valuesIn = (records: Buffer | null): string[] =>
  records === null
    ? []
    : [...batches(records)].flatMap((batch) => [...batch.records()].map(({ value }) => String(value)))

export async function produceValues(client: WireClient, topic: string, values: readonly string[]): Promise<number> {
  const { responses } = await client.call(produce, 9, produceBody(topic, batchOf(values)))
  const [answer] = responses[0]!.partitionResponses
  if (answer!.errorCode !== 0) throw new Error(`produce: ${answer!.errorCode} ${answer!.errorMessage}`)
  return answer!.baseOffset
}

export async function fetchValues(client: WireClient, topic: string, offset: number): Promise<string[]> {
  const { responses } = await client.call(fetch, 12, fetchBody(topic, offset))
  return valuesIn(responses[0]!.partitions[0]!.records)
}

export { fetch, metadata, produce }
