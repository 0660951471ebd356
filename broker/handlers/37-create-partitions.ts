import { createPartitions } from '#core/wire/api/37-create-partitions.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import { planPartitions } from '../controller/topics.ts'
import { demand } from './authorization.ts'
import { codeOf, messageOf } from './failure.ts'
import { serve } from './handler.ts'

/**
 * Raises the number of partitions of topics to the totals given.
 * Versions 0-3. Kept: manual assignments, validation without making. Left out: nothing.
 */
export const createPartitionsHandler = serve(createPartitions, {
  versions: '0-3',
  handle: async (node, request, call) => {
    const written: Promise<void>[] = []
    const mutations = node.quotas.mutations.of(call.client.principal.name, call.clientId ?? '', call.apiVersion >= 3)
    const results = request.topics.map(({ name, count, assignments }) => {
      try {
        if (request.topics.filter((other) => other.name === name).length > 1) {
          throw new ProtocolError('INVALID_REQUEST', `topic '${name}' is named twice`)
        }
        demand(node, call.client, 'ALTER', 'TOPIC', name)
        const manual = assignments && assignments.map(({ brokerIds }) => brokerIds)
        const records = planPartitions(node.controller.image, { name, count, assignments: manual }, node.directoryId)
        mutations.take(records.length)
        if (!request.validateOnly) written.push(node.controller.commit(records))
        return { name, errorCode: 0 }
      } catch (error) {
        return { name, errorCode: codeOf(node, 'CreatePartitions', error), errorMessage: messageOf(error) }
      }
    })
    call.pause(mutations.pauseMs)
    await Promise.all(written)
    return { throttleTimeMs: 0, results }
  },
})
