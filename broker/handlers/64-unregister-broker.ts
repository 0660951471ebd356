import { unregisterBroker } from '#core/wire/api/64-unregister-broker.ts'

import { planUnregistration } from '../controller/replica-plans.ts'
import { onCluster } from './authorization.ts'
import { codeOf, messageOf } from './failure.ts'
import { serve } from './handler.ts'

/**
 * Forgets a broker that is gone, as one that a directory was taken over from.
 * Version 0. Kept: it leaves the lists of replicas in sync too. Left out: this broker cannot forget itself while it runs,
 * where Apache Kafka's would register again at its next start.
 */
export const unregisterBrokerHandler = serve(unregisterBroker, {
  versions: '0',
  requires: onCluster('ALTER'),
  refuse: (_, errorCode) => ({ throttleTimeMs: 0, errorCode, errorMessage: null }),
  handle: async (node, { brokerId }) => {
    try {
      await node.controller.commit(planUnregistration(node.controller.image, brokerId, node.id))
      return { throttleTimeMs: 0, errorCode: 0, errorMessage: null }
    } catch (error) {
      return { throttleTimeMs: 0, errorCode: codeOf(node, 'UnregisterBroker', error), errorMessage: messageOf(error) }
    }
  },
})
