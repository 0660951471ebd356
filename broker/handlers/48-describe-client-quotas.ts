import { describeClientQuotas } from '#core/wire/api/48-describe-client-quotas.ts'

import { partsOf } from '../quota/quota-entity.ts'
import { findQuotas } from '../quota/quota-filter.ts'
import { onCluster } from './authorization.ts'
import { serve } from './handler.ts'

/**
 * Lists the quotas of users, clients and addresses.
 * Versions 0-1. Kept: matching by name, default or any, strict or not. Left out: nothing.
 */
export const describeClientQuotasHandler = serve(describeClientQuotas, {
  versions: '0-1',
  requires: onCluster('DESCRIBE_CONFIGS'),
  refuse: (_, errorCode, _call, errorMessage) => ({ throttleTimeMs: 0, errorCode, errorMessage, entries: null }),
  handle: (node, { components, strict }) => ({
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: null,
    entries: findQuotas(node.controller.image.quotas, components, strict).map(({ entity, values }) => ({
      entity: partsOf(entity),
      values: Array.from(values, ([key, value]) => ({ key, value })),
    })),
  }),
})
