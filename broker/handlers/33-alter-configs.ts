import { alterConfigs } from '#core/wire/api/33-alter-configs.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import { configResources } from '../controller/image.ts'
import { changeConfigs } from './config-changes.ts'
import { serve } from './handler.ts'

/**
 * Replaces all settings of a resource by those given.
 * Versions 0-2. Kept: what is not named goes back to its default. Left out: levels of loggers, which only
 * IncrementalAlterConfigs changes in Apache Kafka too.
 */
export const alterConfigsHandler = serve(alterConfigs, {
  versions: '0-2',
  handle: async (node, { resources, validateOnly }, { client }) => ({
    throttleTimeMs: 0,
    responses: await changeConfigs(node, { client, resources, validateOnly }, ({ resourceType, configs }, before) => {
      if (resourceType === configResources.brokerLogger) {
        throw new ProtocolError('INVALID_REQUEST', 'levels of loggers are changed with IncrementalAlterConfigs')
      }
      return new Map([
        ...Array.from(before.keys(), (name) => [name, null] as const),
        ...configs.map(({ name, value }) => [name, value] as const),
      ])
    }),
  }),
})
