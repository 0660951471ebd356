import { ProtocolError } from '#core/wire/errors.ts'

import { type NewTopic, type TopicPlan, planTopic } from '../controller/topics.ts'
import type { Node } from '../node.ts'

/** Topics that the broker keeps for itself. Clients read them; only admin tools write to them. */
export const internalTopics: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
])

/** What a topic wanted by a client comes to, checked. Throws the ProtocolError that the client gets. */
export function planNewTopic(node: Node, wanted: NewTopic): TopicPlan {
  node.configs.checkTopic(wanted.configs)
  const defaults = {
    numPartitions: node.config['num.partitions'],
    replicationFactor: node.config['default.replication.factor'],
    directoryId: node.directoryId,
  }
  return planTopic(node.controller.image, wanted, defaults, node.random)
}

/** Makes a topic; resolves when the metadata is on the disk. Throws the ProtocolError that the client gets. */
export async function createTopic(node: Node, wanted: NewTopic): Promise<void> {
  await node.controller.commit(planNewTopic(node, wanted).records)
}

/** Makes topics that are missing, each as far as it can be made; resolves when the metadata is on the disk. */
export async function createMissing(node: Node, names: Iterable<string>): Promise<void> {
  for (const name of names) {
    if (node.controller.image.topics.has(name)) continue
    await node.controller.commit(planNewTopic(node, newTopic(node, name)).records)
  }
}

/** A topic that comes to be because somebody asked for it, with the settings that its name calls for. */
function newTopic(node: Node, name: string): NewTopic {
  const { config } = node
  const plain = { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: {} }
  if (name === '__transaction_state') {
    return {
      ...plain,
      numPartitions: config['transaction.state.log.num.partitions'],
      replicationFactor: config['transaction.state.log.replication.factor'],
      configs: {
        'compression.type': 'uncompressed',
        'cleanup.policy': 'compact',
        'min.insync.replicas': String(config['transaction.state.log.min.isr']),
        'segment.bytes': String(config['transaction.state.log.segment.bytes']),
        'unclean.leader.election.enable': 'false',
      },
    }
  }
  if (name !== '__consumer_offsets') return plain
  return {
    ...plain,
    numPartitions: config['offsets.topic.num.partitions'],
    replicationFactor: config['offsets.topic.replication.factor'],
    configs: {
      'compression.type': 'producer',
      'cleanup.policy': 'compact',
      'segment.bytes': String(config['offsets.topic.segment.bytes']),
    },
  }
}

/** True when a missing topic may be made for a client that asks for it. */
export function mayCreate(node: Node, name: string): boolean {
  if (!node.config['auto.create.topics.enable'] || internalTopics.has(name)) return false
  try {
    planNewTopic(node, newTopic(node, name))
    return true
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}
