import { type Broker, startBroker } from '../../broker/index.ts'
import type { Client, ConsumerRecord } from '../../core/client/client.ts'
import { createClient } from '../../core/client/lean-client.ts'
import { readRecords } from './read-records.ts'

import type { SinkConnector, SourceConnector } from '../../connectors/api/connector.ts'
import { defineSink, defineSource } from '../../connectors/api/connector.ts'
import type { SinkTask } from '../../connectors/api/sink.ts'
import type { SourceTask } from '../../connectors/api/source.ts'
import { startWorker } from '../../connectors/runtime/worker.ts'
import type { Worker, WorkerOptions } from '../../connectors/runtime/worker.ts'
import { defineConfig, string } from '../../core/config/define.ts'

export const stringConverters = {
  'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
}

/** A record as text, for comparing. */
export interface TextRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: Readonly<Record<string, string>>
}

/** A broker in memory with a client, and workers that run against it. */
export class ConnectWorld {
  readonly client: Client
  readonly bootstrapServers: string
  readonly #broker: Broker
  readonly #workers: Worker[] = []

  private constructor(broker: Broker) {
    this.#broker = broker
    this.bootstrapServers = broker.bootstrapServers
    this.client = createClient({ bootstrapServers: broker.bootstrapServers })
  }

  static async start(): Promise<ConnectWorld> {
    const config = { 'group.initial.rebalance.delay.ms': '0', 'offsets.topic.num.partitions': '1' }
    return new ConnectWorld(await startBroker({ memory: true, config }))
  }

  /** A worker with string converters that commits often; its end is the world's end at the latest. */
  async work(options: Partial<WorkerOptions> & Pick<WorkerOptions, 'connectors'>): Promise<Worker> {
    const defaults = {
      'bootstrap.servers': this.bootstrapServers,
      'offset.flush.interval.ms': '100',
      ...stringConverters,
    }
    const worker = await startWorker({ client: this.client, ...options, worker: { ...defaults, ...options.worker } })
    this.#workers.push(worker)
    return worker
  }

  async createTopic(name: string, partitions = 1): Promise<void> {
    await this.client.admin().createTopics([{ name, partitions, replicationFactor: 1 }])
  }

  async produce(topic: string, values: readonly (string | Buffer | null)[], partition = 0): Promise<void> {
    const producer = this.client.producer()
    for (const value of values) {
      producer.append({ topic, partition, key: null, value: typeof value === 'string' ? Buffer.from(value) : value })
    }
    await producer.close()
  }

  read(topic: string): Promise<TextRecord[]> {
    return readTopic(this.client, topic)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()))
    await this.client.close()
    await this.#broker.stop()
  }
}

/** Everything that a topic holds. */
export async function readTopic(client: Client, topic: string): Promise<TextRecord[]> {
  return (await readRecords(client, topic)).map(textOf)
}

const textOf = ({ partition, offset, key, value, headers }: ConsumerRecord): TextRecord => ({
  partition,
  offset,
  key: key?.toString() ?? null,
  value: value?.toString() ?? null,
  headers: Object.fromEntries(
    headers.map((each) => [each.key, each.value === null ? 'null' : Buffer.from(each.value).toString()]),
  ),
})

/** Resolves when something has come true. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 10))
}

const config = defineConfig({ topic: string({ doc: 'For tests.', default: 't' }) })

/** A source connector around a task made by hand. */
export const sourceOf = (createTask: (config: { readonly topic: string }) => SourceTask): SourceConnector<any> =>
  defineSource({ names: ['test.Source'], version: '1', doc: 'For tests.', config, createTask })

/** A sink connector around a task made by hand. */
export const sinkOf = (createTask: () => SinkTask): SinkConnector<any> =>
  defineSink({ names: ['test.Sink'], version: '1', doc: 'For tests.', config, createTask })
