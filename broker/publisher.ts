import type { Log } from '#core/telemetry/log.ts'

import type { Configs } from './controller/configs.ts'
import type { AnyMetadataRecord, Controller } from './controller/controller.ts'
import { type CoordinatorTopic, isCoordinatorTopic } from './coordinator/topics.ts'
import { metadataTopic } from './controller/metadata-log.ts'
import { type TopicImage, configResources } from './controller/image.ts'
import type { TopicConfig } from './log/config.ts'
import type { LogDirectory } from './log/log-directory.ts'
import { Partition } from './replication/partition.ts'
import type { Partitions } from './replication/partitions.ts'

/** Who else has to know what became of the coordinators' topics and of deleted topics. */
export interface PublisherListener {
  coordinatorPartitionLed(topic: CoordinatorTopic, partition: number): void
  coordinatorTopicRemoved(topic: CoordinatorTopic, partitions: number): void
  topicsRemoved(topics: readonly { readonly name: string; readonly id: string }[]): void
}

/**
 * Makes the world follow the metadata: opens, configures and removes the logs of partitions as the image says. Runs once
 * for the whole image at the start, then for the records of every change.
 */
export class Publisher {
  readonly #controller: Controller
  readonly #configs: Configs
  readonly #logs: LogDirectory
  readonly #partitions: Partitions
  readonly #listener: PublisherListener
  readonly #log: Log
  /** Names of the topics that led, by id: a removed topic is in the image no more. */
  readonly #names = new Map<string, string>()

  constructor(parts: {
    readonly controller: Controller
    readonly configs: Configs
    readonly logs: LogDirectory
    readonly partitions: Partitions
    readonly listener: PublisherListener
    readonly log: Log
  }) {
    this.#controller = parts.controller
    this.#configs = parts.configs
    this.#logs = parts.logs
    this.#partitions = parts.partitions
    this.#listener = parts.listener
    this.#log = parts.log
  }

  /** Removes logs that belong to no topic any more, opens the others, and follows from now on. */
  start(): void {
    const { image } = this.#controller
    for (const log of this.#logs.all()) {
      if (log.topic === metadataTopic || image.topicsById.get(log.topicId ?? '')?.name === log.topic) continue
      this.#log('warn', 'removing the log of a topic that was deleted', { topic: log.topic, partition: log.partition })
      this.#logs.delete(log.topic, log.partition)
    }
    for (const topic of image.topics.values()) {
      const config = this.#configs.ofTopic(topic.name)
      for (const { partitionId } of topic.partitions) this.#open(topic, partitionId, config)
    }
    this.#controller.onChange((records) => this.#follow(records))
  }

  #follow(records: readonly AnyMetadataRecord[]): void {
    const { image } = this.#controller
    const removed: { name: string; id: string }[] = []
    const reconfigured = new Set<string>()
    const configs = new Map<TopicImage, TopicConfig>()
    const configOf = (topic: TopicImage): TopicConfig => {
      if (!configs.has(topic)) configs.set(topic, this.#configs.ofTopic(topic.name))
      return configs.get(topic)!
    }
    for (const record of records) {
      if (record.kind === 'partition') {
        const topic = image.topicsById.get(record.value.topicId)
        if (topic !== undefined) this.#open(topic, record.value.partitionId, configOf(topic))
      } else if (record.kind === 'partitionChange') {
        this.#lead(record.value.topicId, record.value.partitionId)
      } else if (record.kind === 'removeTopic') {
        const id = record.value.topicId
        const name = this.#remove(id)
        if (name !== undefined) removed.push({ name, id })
      } else if (record.kind === 'config') {
        const { resourceType, resourceName } = record.value
        if (resourceType === configResources.topic) reconfigured.add(resourceName)
        else for (const name of image.topics.keys()) reconfigured.add(name)
      }
    }
    for (const name of reconfigured) this.#configure(name)
    if (removed.length > 0) this.#listener.topicsRemoved(removed)
  }

  #open(topic: TopicImage, index: number, config: TopicConfig): void {
    let log = this.#logs.get(topic.name, index)
    if (log !== undefined) log.updateConfig(config)
    else {
      const damage = this.#logs.damaged.get(`${topic.name}-${index}`)
      if (damage !== undefined) {
        this.#log('error', 'a partition is not served, its log is damaged', {
          topic: topic.name,
          partition: index,
          why: damage.message,
        })
        return
      }
      log = this.#logs.create(topic.name, index, topic.id, config)
    }
    const partition = new Partition(log, topic.id, topic.partitions[index]!.leaderEpoch)
    this.#partitions.add(partition)
    this.#names.set(topic.id, topic.name)
    this.#lead(topic.id, index)
    if (isCoordinatorTopic(topic.name)) this.#listener.coordinatorPartitionLed(topic.name, index)
  }

  #lead(topicId: string, index: number): void {
    const image = this.#controller.image.topicsById.get(topicId)?.partitions[index]
    if (image?.leader === this.#controller.nodeId) this.#partitions.getById(topicId, index)?.lead(image.leaderEpoch)
  }

  #configure(topic: string): void {
    const partitions = this.#partitions.of(topic)
    if (partitions.length === 0) return
    const config = this.#configs.ofTopic(topic)
    for (const partition of partitions) partition.log.updateConfig(config)
  }

  #remove(topicId: string): string | undefined {
    const name = this.#names.get(topicId)
    if (name === undefined) return undefined
    this.#names.delete(topicId)
    const partitions = this.#partitions.remove(name)
    for (const { topic, index } of partitions) this.#logs.delete(topic, index)
    if (isCoordinatorTopic(name)) this.#listener.coordinatorTopicRemoved(name, partitions.length)
    return name
  }
}
