import { deleteRecords } from '#core/wire/api/21-delete-records.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import { codeOf } from './failure.ts'
import { demand } from './authorization.ts'
import { serve } from './handler.ts'

/**
 * Moves the start of logs up, so that older records are no longer read.
 * Versions 0-2. Kept: -1 means the high watermark, which cannot be passed; compacted-only and internal topics are refused.
 * Left out: waiting for followers.
 */
export const deleteRecordsHandler = serve(deleteRecords, {
  versions: '0-2',
  handle: (node, request, call) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, offset }) => {
        try {
          demand(node, call.client, 'DELETE', 'TOPIC', name)
          const partition = node.partitions.get(name, partitionIndex)
          if (partition === undefined) throw new ProtocolError('UNKNOWN_TOPIC_OR_PARTITION')
          if (!partition.log.config['cleanup.policy'].includes('delete')) throw new ProtocolError('POLICY_VIOLATION')
          return { partitionIndex, lowWatermark: partition.log.deleteRecordsBefore(offset), errorCode: 0 }
        } catch (error) {
          return { partitionIndex, lowWatermark: -1, errorCode: codeOf(node, 'DeleteRecords', error) }
        }
      }),
    })),
  }),
})
