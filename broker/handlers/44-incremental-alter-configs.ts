import {
  type IncrementalAlterConfigsRequest,
  incrementalAlterConfigs,
} from '#core/wire/api/44-incremental-alter-configs.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import { configResources } from '../controller/image.ts'
import type { Node } from '../node.ts'
import { LogLevels } from '../operations/log-levels.ts'
import { type Changes, changeConfigs } from './config-changes.ts'
import { rootLogger, rowsOf } from './config-resources.ts'
import { serve } from './handler.ts'

type Resource = IncrementalAlterConfigsRequest['resources'][number]

const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const

/**
 * Changes single settings of resources.
 * Versions 0-1. Kept: set, delete, and append and subtract for lists, which start from the value in force; the level of the
 * broker's log, which is forgotten when it stops.
 * Left out: loggers other than the one of everything.
 */
export const incrementalAlterConfigsHandler = serve(incrementalAlterConfigs, {
  versions: '0-1',
  handle: async (node, { resources, validateOnly }, { client }) => ({
    throttleTimeMs: 0,
    responses: await changeConfigs(node, { client, resources, validateOnly }, (resource) => {
      const names = resource.configs.map(({ name }) => name)
      const twice = names.find((name, i) => names.indexOf(name) !== i)
      if (twice !== undefined) throw new ProtocolError('INVALID_REQUEST', `setting '${twice}' is named twice`)
      return resource.resourceType === configResources.brokerLogger
        ? changeLevel(node, resource, validateOnly)
        : changesOf(node, resource)
    }),
  }),
})

function changesOf(node: Node, resource: Resource): Changes {
  const changes = new Map<string, string | null>()
  for (const { name, configOperation, value } of resource.configs) {
    if (configOperation === operations.delete) {
      changes.set(name, null)
      continue
    }
    if (value === null) throw new ProtocolError('INVALID_REQUEST', `setting '${name}' has no value`)
    if (configOperation === operations.set) changes.set(name, value)
    else if (configOperation === operations.append)
      changes.set(name, [...new Set([...inForce(node, resource, name), ...words(value)])].join(','))
    else if (configOperation === operations.subtract) {
      const less = words(value)
      const left = inForce(node, resource, name).filter((word) => !less.includes(word))
      changes.set(name, left.join(','))
    } else throw new ProtocolError('INVALID_REQUEST', `there is no operation ${configOperation}`)
  }
  return changes
}

/** Levels are no metadata: they change at once and are not written down. */
function changeLevel(node: Node, { configs }: Resource, validateOnly: boolean): Changes {
  for (const { name, configOperation, value } of configs) {
    if (name !== rootLogger)
      throw new ProtocolError('INVALID_CONFIG', `there is no logger '${name}'; '${rootLogger}' is the only one`)
    if (configOperation !== operations.set)
      throw new ProtocolError('INVALID_REQUEST', 'the level of the root logger can only be set')
    const level = LogLevels.byName(value ?? '')
    if (level === undefined)
      throw new ProtocolError('INVALID_CONFIG', `'${value}' is none of ${LogLevels.names.join(', ')}`)
    if (!validateOnly) node.logLevels.level = level
  }
  return new Map()
}

const words = (value: string): string[] =>
  value
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')

function inForce(node: Node, resource: Resource, name: string): string[] {
  const row = rowsOf(node, resource).find((each) => each.name === name)
  if (row?.type !== 'LIST') throw new ProtocolError('INVALID_CONFIG', `setting '${name}' is not a list`)
  return words(row.value ?? '')
}
