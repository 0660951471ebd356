import type { Kafka, KafkaConfig } from 'kafkajs'

import type { Client } from '#core/client/client.ts'
import { KafkajsAdmin } from '#core/client/kafkajs/admin.ts'
import { KafkajsConsumer } from '#core/client/kafkajs/consumer.ts'
import type { Load } from '#core/client/kafkajs/limits.ts'
import { KafkajsProducer } from '#core/client/kafkajs/producer.ts'

/** How to reach the cluster: `host:port`, several in one string with commas or as a list. */
export interface KafkajsClientOptions {
  readonly bootstrapServers: string | readonly string[]
  readonly clientId?: string
  /** TLS and login, as kafkajs takes them. */
  readonly ssl?: KafkaConfig['ssl']
  readonly sasl?: KafkaConfig['sasl']
}

/**
 * The client port on kafkajs, for programs that have it already: idempotent or plain producers, consumers in a group,
 * and the administration it knows. Everything else throws KAFKAJS_CANNOT. kafkajs is loaded when first used.
 */
export function createKafkajsClient(options: KafkajsClientOptions): Client {
  const { bootstrapServers, clientId = 'millrace', ssl, sasl } = options
  const guarded = { ...(ssl !== undefined && { ssl }), ...(sasl !== undefined && { sasl }) }
  const brokers = typeof bootstrapServers === 'string' ? bootstrapServers.split(',') : [...bootstrapServers]
  const open = new Set<{ close(): Promise<void> }>()
  let kafka: Promise<Kafka> | undefined
  const load: Load = () =>
    (kafka ??= import('kafkajs').then(
      ({ default: { Kafka, logLevel } }) => new Kafka({ ...guarded, brokers, clientId, logLevel: logLevel.NOTHING }),
    ))
  const keep = <T extends { close(): Promise<void> }>(each: T): T => {
    open.add(each)
    return each
  }
  return {
    producer: (options = {}) => keep(new KafkajsProducer(load, options)),
    consumer: (options = {}) => keep(new KafkajsConsumer(load, options)),
    admin: () => keep(new KafkajsAdmin(load)),
    async close() {
      await Promise.all([...open].map((each) => each.close()))
    },
  }
}
