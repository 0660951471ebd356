import { zeroUuid } from '#core/bytes/uuid.ts'
import { type DeleteTopicsRequest, deleteTopics } from '#core/wire/api/20-delete-topics.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import type { TopicImage } from '../controller/image.ts'
import { planRemoval } from '../controller/topics.ts'
import type { Node } from '../node.ts'
import { demand, mayOnCluster } from './authorization.ts'
import { codeOf, messageOf } from './failure.ts'
import { type Client, serve } from './handler.ts'

type Named = DeleteTopicsRequest['topics'][number]

/**
 * Deletes topics and their records.
 * Versions 1-6. Kept: by name or by id from 6; delete.topic.enable=false refuses. Left out: nothing.
 */
export const deleteTopicsHandler = serve(deleteTopics, {
  versions: '1-6',
  handle: async (node, request, call) => {
    const named: readonly Named[] =
      call.apiVersion >= 6 ? request.topics : request.topicNames.map((name) => ({ name, topicId: zeroUuid }))
    const written: Promise<void>[] = []
    const mutations = node.quotas.mutations.of(call.client.principal.name, call.clientId ?? '', call.apiVersion >= 5)
    const responses = named.map((each) => {
      const { image } = node.controller
      const topic = each.name === null ? image.topicsById.get(each.topicId) : image.topics.get(each.name)
      try {
        if (!node.config['delete.topic.enable']) throw refusal(call.apiVersion)
        if (each.name !== null && each.topicId !== zeroUuid) {
          throw new ProtocolError('INVALID_REQUEST', 'a topic is named by its name or by its id, not by both')
        }
        checkRight(node, call.client, each, topic)
        if (topic === undefined)
          throw new ProtocolError(each.name === null ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
        mutations.take(topic.partitions.length)
        written.push(remove(node, topic.name))
        return { name: topic.name, topicId: topic.id, errorCode: 0 }
      } catch (error) {
        const errorCode = codeOf(node, 'DeleteTopics', error)
        return { name: each.name, topicId: each.topicId, errorCode, errorMessage: messageOf(error) }
      }
    })
    call.pause(mutations.pauseMs)
    await Promise.all(written)
    return { throttleTimeMs: 0, responses }
  },
})

/** Who may not describe a topic does not learn whether it is there. */
function checkRight(node: Node, client: Client, { name }: Named, topic: TopicImage | undefined): void {
  if (mayOnCluster(node, client, 'DELETE')) return
  if (topic !== undefined) demand(node, client, 'DELETE', 'TOPIC', topic.name)
  else if (name !== null) demand(node, client, 'DESCRIBE', 'TOPIC', name)
}

const remove = (node: Node, name: string): Promise<void> =>
  node.controller.commit(planRemoval(node.controller.image.topics.get(name)!))

const refusal = (version: number): ProtocolError =>
  version < 3 ? new ProtocolError('INVALID_REQUEST') : new ProtocolError('TOPIC_DELETION_DISABLED')
