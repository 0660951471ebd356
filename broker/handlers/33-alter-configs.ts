import { alterConfigs } from '#core/wire/api/33-alter-configs.ts'

import { changeConfigs } from './config-changes.ts'
import { serve } from './handler.ts'

/**
 * Replaces all settings of a resource by those given.
 * Versions 0-2. Kept: what is not named goes back to its default. Left out: resources other than topics and brokers.
 */
export const alterConfigsHandler = serve(alterConfigs, {
  versions: '0-2',
  handle: async (node, request, call) => ({
    throttleTimeMs: 0,
    responses: await changeConfigs(node, call.client, request.resources, request.validateOnly, ({ configs }) =>
      Object.fromEntries(configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value]]))),
    ),
  }),
})
