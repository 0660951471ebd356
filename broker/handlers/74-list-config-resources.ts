import { listConfigResources } from '#core/wire/api/74-list-config-resources.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import { configResources } from '../controller/image.ts'
import type { Node } from '../node.ts'
import { onCluster } from './authorization.ts'
import { serve } from './handler.ts'

/**
 * Lists what has settings.
 * Versions 0-1. Kept: topics and brokers all, groups and subscriptions to metrics where settings were made; version 0 knows
 * subscriptions only; a type that is none is answered UNSUPPORTED_VERSION.
 */
export const listConfigResourcesHandler = serve(listConfigResources, {
  versions: '0-1',
  requires: onCluster('DESCRIBE_CONFIGS'),
  refuse: (_, errorCode) => ({ throttleTimeMs: 0, errorCode, configResources: [] }),
  handle: (node, { resourceTypes }, { apiVersion }) => {
    const known: readonly number[] = Object.values(configResources)
    const wanted = apiVersion === 0 ? [configResources.clientMetrics] : resourceTypes.length > 0 ? resourceTypes : known
    if (wanted.some((type) => !known.includes(type))) throw new ProtocolError('UNSUPPORTED_VERSION')
    const listed = [...new Set(wanted)].flatMap((resourceType) =>
      namesOf(node, resourceType).map((resourceName) => ({ resourceType, resourceName })),
    )
    return { throttleTimeMs: 0, errorCode: 0, configResources: listed }
  },
})

function namesOf(node: Node, resourceType: number): string[] {
  const { image } = node.controller
  if (resourceType === configResources.topic) return [...image.topics.keys()]
  if (resourceType === configResources.broker || resourceType === configResources.brokerLogger) {
    return Array.from(image.brokers.keys(), String)
  }
  return image.resourcesWithConfigs(resourceType)
}
