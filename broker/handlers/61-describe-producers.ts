import { describeProducers } from '#core/wire/api/61-describe-producers.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import { demand } from './authorization.ts'
import { codeOf, messageOf } from './failure.ts'
import { serve } from './handler.ts'

/**
 * Tells which producers a partition remembers, and which of them have a transaction open in it.
 * Version 0. Left out: nothing.
 */
export const describeProducersHandler = serve(describeProducers, {
  versions: '0',
  handle: (node, request, { client }) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => {
        try {
          demand(node, client, 'READ', 'TOPIC', name)
          const partition = node.partitions.get(name, partitionIndex)
          if (partition === undefined) throw new ProtocolError('UNKNOWN_TOPIC_OR_PARTITION')
          return { partitionIndex, errorCode: 0, activeProducers: [...partition.log.activeProducers()] }
        } catch (error) {
          const errorCode = codeOf(node, 'DescribeProducers', error)
          return { partitionIndex, errorCode, errorMessage: messageOf(error), activeProducers: [] }
        }
      }),
    })),
  }),
})
