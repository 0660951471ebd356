import {
  type IncrementalAlterConfigsRequest,
  incrementalAlterConfigs,
} from '#core/wire/api/44-incremental-alter-configs.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import { changeConfigs } from './config-changes.ts'
import { serve } from './handler.ts'
import type { Node } from '../node.ts'

type Resource = IncrementalAlterConfigsRequest['resources'][number]

const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const

/**
 * Changes single settings of resources.
 * Versions 0-1. Kept: set, delete, and append and subtract for lists, which start from the value in force.
 * Left out: resources other than topics and brokers.
 */
export const incrementalAlterConfigsHandler = serve(incrementalAlterConfigs, {
  versions: '0-1',
  handle: async (node, request, call) => ({
    throttleTimeMs: 0,
    responses: await changeConfigs(node, call.client, request.resources, request.validateOnly, (resource, before) =>
      decide(node, resource, before),
    ),
  }),
})

function decide(node: Node, resource: Resource, before: ReadonlyMap<string, string>): Record<string, string> {
  const after = Object.fromEntries(before)
  for (const { name, configOperation, value } of resource.configs) {
    if (resource.configs.filter((other) => other.name === name).length > 1) {
      throw new ProtocolError('INVALID_REQUEST', `setting '${name}' is named twice`)
    }
    if (configOperation === operations.delete) {
      delete after[name]
      continue
    }
    if (value === null) throw new ProtocolError('INVALID_REQUEST', `setting '${name}' has no value`)
    if (configOperation === operations.set) after[name] = value
    else if (configOperation === operations.append)
      after[name] = [...inForce(node, resource, name), ...words(value)].join(',')
    else if (configOperation === operations.subtract) {
      const less = words(value)
      after[name] = inForce(node, resource, name)
        .filter((word) => !less.includes(word))
        .join(',')
    } else throw new ProtocolError('INVALID_REQUEST', `there is no operation ${configOperation}`)
  }
  return after
}

const words = (value: string): string[] =>
  value
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')

function inForce(node: Node, { resourceType, resourceName }: Resource, name: string): string[] {
  const rows = resourceType === 2 ? node.configs.describeTopic(resourceName) : node.configs.describeBroker()
  const row = rows.find((each) => each.name === name)
  if (row?.type !== 'LIST') throw new ProtocolError('INVALID_CONFIG', `setting '${name}' is not a list`)
  return words(row.value ?? '')
}
