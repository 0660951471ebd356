import { alterClientQuotas } from '#core/wire/api/49-alter-client-quotas.ts'
import type { MetadataRecordInput } from '#core/wire/stored/metadata-frame.ts'
import { errorCodes } from '#core/wire/errors.ts'

import { planQuotaChange } from '../quota/quota-changes.ts'
import { onCluster } from './authorization.ts'
import { serve } from './handler.ts'

/**
 * Sets and removes quotas, for each user, client or address by itself.
 * Versions 0-1. Kept: what makes no sense gets INVALID_REQUEST with the reason; validation without a change.
 * Left out: names of hosts in place of addresses.
 */
export const alterClientQuotasHandler = serve(alterClientQuotas, {
  versions: '0-1',
  requires: onCluster('ALTER_CONFIGS'),
  refuse: ({ entries }, errorCode, _call, errorMessage) => ({
    throttleTimeMs: 0,
    entries: entries.map(({ entity }) => ({ errorCode, errorMessage, entity })),
  }),
  handle: async (node, { entries, validateOnly }) => {
    const records: MetadataRecordInput[] = []
    const answers = entries.map((entry) => {
      const { entity } = entry
      try {
        records.push(...planQuotaChange(node.controller.image.quotas, entry))
        return { errorCode: 0, errorMessage: null, entity }
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        return { errorCode: errorCodes.INVALID_REQUEST.code, errorMessage: error.message, entity }
      }
    })
    if (!validateOnly) await node.controller.commit(records)
    return { throttleTimeMs: 0, entries: answers }
  },
})
