import { initProducerId } from '#core/wire/api/22-init-producer-id.ts'
import { errorCodes } from '#core/wire/errors.ts'

import { codeOf } from './failure.ts'
import { serve } from './handler.ts'

/**
 * Gives a producer the id under which its batches are told from doubles.
 * Versions 0-5. Kept: every call of an idempotent producer gets a new id with epoch 0.
 * Left out: transactional ids, which are refused with UNSUPPORTED_VERSION until there are transactions.
 */
export const initProducerIdHandler = serve(initProducerId, {
  versions: '0-5',
  handle: (node, request) => {
    const answer = (errorCode: number, producerId = -1) => ({
      throttleTimeMs: 0,
      errorCode,
      producerId,
      producerEpoch: errorCode === 0 ? 0 : -1,
    })
    if (request.transactionalId !== null) return answer(errorCodes.UNSUPPORTED_VERSION.code)
    const producerId = node.controller.nextProducerId()
    if (typeof producerId === 'number') return answer(0, producerId)
    return producerId.then(
      (id) => answer(0, id),
      (error) => answer(codeOf(node, 'InitProducerId', error)),
    )
  },
})
