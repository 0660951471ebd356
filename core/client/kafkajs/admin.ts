import type * as Kafkajs from 'kafkajs'

import {
  type Admin,
  type ConfigEntry,
  type ConfigResource,
  type GroupDescription,
  type GroupListing,
  type NewTopic,
  type OffsetQuery,
  partitionKey,
  type TopicDescription,
  type TopicPartition,
  type TopicPartitionOffset,
} from '#core/client/client.ts'
import { consumerPartitions } from '#core/client/admin/group-descriptions.ts'
import { zeroUuid } from '#core/bytes/uuid.ts'
import { ProtocolError } from '#core/wire/errors.ts'
import { cannot, type Load } from '#core/client/kafkajs/limits.ts'

const resourceTypes = { topic: 2, broker: 4, group: 32 } as const

/** Administration as far as kafkajs goes. */
export class KafkajsAdmin implements Admin {
  readonly #load: Load
  #admin: Promise<Kafkajs.Admin> | undefined

  constructor(load: Load) {
    this.#load = load
  }

  async createTopics(topics: readonly NewTopic[]): Promise<void> {
    const wanted = topics.map(({ name, partitions = -1, replicationFactor = -1, configs = {} }) => ({
      topic: name,
      numPartitions: partitions,
      replicationFactor,
      configEntries: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }))
    const created = await (await this.#connected()).createTopics({ topics: wanted, waitForLeaders: true })
    if (!created) throw new ProtocolError('TOPIC_ALREADY_EXISTS')
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    await (await this.#connected()).deleteTopics({ topics: [...names] })
  }

  async listTopics(): Promise<string[]> {
    return (await this.#connected()).listTopics()
  }

  async describeTopics(names: readonly string[]): Promise<TopicDescription[]> {
    const admin = await this.#connected()
    const known = new Set(await admin.listTopics())
    const topics = names.filter((name) => known.has(name))
    if (topics.length === 0) return []
    return (await admin.fetchTopicMetadata({ topics })).topics.map(({ name, partitions }) => ({
      name,
      topicId: zeroUuid,
      internal: name.startsWith('__'),
      partitions: partitions
        .map(({ partitionId, leader, replicas, isr }) => ({ partition: partitionId, leader, replicas, isr }))
        .sort((a, b) => a.partition - b.partition),
    }))
  }

  async createPartitions(totals: Readonly<Record<string, number>>): Promise<void> {
    const topicPartitions = Object.entries(totals).map(([topic, count]) => ({ topic, count }))
    await (await this.#connected()).createPartitions({ topicPartitions })
  }

  async describeConfigs(resources: readonly ConfigResource[]): Promise<ReadonlyMap<string, ConfigEntry[]>> {
    const admin = await this.#connected()
    const query = resources.map(({ type, name }) => ({ type: resourceTypes[type] as number, name }))
    const { resources: found } = await admin.describeConfigs({ resources: query, includeSynonyms: false })
    return new Map(
      found.map(({ resourceName, configEntries }) => [
        resourceName,
        configEntries.map(({ configName, configValue, readOnly, isSensitive, configSource }) => ({
          name: configName,
          value: configValue,
          readOnly,
          sensitive: isSensitive,
          source: configSource as number,
        })),
      ]),
    )
  }

  alterConfigs(): never {
    return cannot('incremental changes of settings')
  }

  async listOffsets(
    queries: readonly OffsetQuery[],
  ): Promise<ReadonlyMap<string, { readonly offset: number; readonly timestamp: number }>> {
    if (queries.some(({ timestamp }) => timestamp < 0)) cannot('special offset queries; ask a consumer for its ends')
    const admin = await this.#connected()
    const found = new Map<string, { offset: number; timestamp: number }>()
    for (const { topic, partition, timestamp } of queries) {
      const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, timestamp)
      const at = offsets.find((each) => each.partition === partition)
      found.set(partitionKey({ topic, partition }), { offset: Number(at?.offset ?? -1), timestamp: -1 })
    }
    return found
  }

  async deleteRecords(before: readonly TopicPartitionOffset[]): Promise<ReadonlyMap<string, number>> {
    const admin = await this.#connected()
    for (const { topic, partition, offset } of before) {
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] })
    }
    return this.watermarks(before, 'low')
  }

  async listGroups(): Promise<GroupListing[]> {
    const { groups } = await (await this.#connected()).listGroups()
    return groups.map(({ groupId, protocolType }) => ({ groupId, type: 'classic', protocolType, state: '' }))
  }

  async describeGroups(groupIds: readonly string[]): Promise<GroupDescription[]> {
    const { groups } = await (await this.#connected()).describeGroups([...groupIds])
    return groups.map(({ groupId, state, protocolType, protocol, members }) => ({
      groupId,
      type: 'classic',
      state,
      protocolType,
      protocol,
      members: members.map(({ memberId, clientId, clientHost, memberMetadata, memberAssignment }) => ({
        memberId,
        groupInstanceId: null,
        clientId,
        clientHost,
        metadata: memberMetadata,
        assignment: memberAssignment,
        partitions: consumerPartitions(protocolType, memberAssignment),
      })),
    }))
  }

  async deleteGroups(groupIds: readonly string[]): Promise<void> {
    await (await this.#connected()).deleteGroups([...groupIds])
  }

  async groupOffsets(groupId: string): Promise<TopicPartitionOffset[]> {
    const found = await (await this.#connected()).fetchOffsets({ groupId })
    return found.flatMap(({ topic, partitions }) =>
      partitions
        .filter(({ offset }) => Number(offset) >= 0)
        .map(({ partition, offset, metadata }) => ({
          topic,
          partition,
          offset: Number(offset),
          metadata: metadata ?? '',
        })),
    )
  }

  async alterGroupOffsets(groupId: string, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const admin = await this.#connected()
    for (const { topic, partition, offset } of offsets) {
      await admin.setOffsets({ groupId, topic, partitions: [{ partition, offset: String(offset) }] })
    }
  }

  deleteGroupOffsets(): never {
    return cannot('deletion of single committed offsets')
  }

  describeAcls(): never {
    return cannot('ACLs here')
  }

  createAcls(): never {
    return cannot('ACLs here')
  }

  deleteAcls(): never {
    return cannot('ACLs here')
  }

  describeClientQuotas(): never {
    return cannot('quotas')
  }

  alterClientQuotas(): never {
    return cannot('quotas')
  }

  describeScramLogins(): never {
    return cannot('SCRAM users')
  }

  alterScramLogin(): never {
    return cannot('SCRAM users')
  }

  describeLogDirs(): never {
    return cannot('descriptions of log directories')
  }

  async describeCluster(): Promise<{
    readonly clusterId: string
    readonly controller: number
    readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[]
  }> {
    const { clusterId, controller, brokers } = await (await this.#connected()).describeCluster()
    return {
      clusterId,
      controller: controller ?? -1,
      brokers: brokers.map(({ nodeId, host, port }) => ({ id: nodeId, host, port })),
    }
  }

  /** First or end offsets of partitions, which the port asks of consumers. */
  async watermarks(partitions: readonly TopicPartition[], which: 'low' | 'high'): Promise<ReadonlyMap<string, number>> {
    const admin = await this.#connected()
    const found = new Map<string, number>()
    for (const topic of new Set(partitions.map((each) => each.topic))) {
      for (const each of await admin.fetchTopicOffsets(topic)) {
        found.set(partitionKey({ topic, partition: each.partition }), Number(each[which]))
      }
    }
    return new Map(partitions.map(partitionKey).map((key) => [key, found.get(key) ?? -1]))
  }

  async close(): Promise<void> {
    await (await this.#admin)?.disconnect()
    this.#admin = undefined
  }

  #connected(): Promise<Kafkajs.Admin> {
    this.#admin ??= this.#load().then(async (kafka) => {
      const admin = kafka.admin()
      await admin.connect()
      return admin
    })
    return this.#admin
  }
}
