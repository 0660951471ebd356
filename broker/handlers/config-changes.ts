import { ProtocolError } from '#core/wire/errors.ts'
import type { MetadataRecordInput } from '#core/wire/stored/metadata-frame.ts'

import { configResources } from '../controller/image.ts'
import type { Node } from '../node.ts'
import { type Resource, authorizeConfigs, checkResource } from './config-resources.ts'
import { codeOf, messageOf } from './failure.ts'
import type { Client } from './handler.ts'

/** How one resource fared. */
export interface Outcome extends Resource {
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** Settings by name that shall change; null takes one away. */
export type Changes = ReadonlyMap<string, string | null>

/**
 * Changes the settings of resources, each by itself: `change` gets the settings made so far and writes down, or does, what
 * shall change. Resolves when the changes are on the disk.
 */
export async function changeConfigs<R extends Resource>(
  node: Node,
  request: { readonly client: Client; readonly resources: readonly R[]; readonly validateOnly: boolean },
  change: (resource: R, before: ReadonlyMap<string, string>) => Changes,
): Promise<Outcome[]> {
  const written: Promise<void>[] = []
  const { resources } = request
  const outcomes = resources.map((resource): Outcome => {
    const { resourceType, resourceName } = resource
    try {
      const same = (other: R) => other.resourceType === resourceType && other.resourceName === resourceName
      if (resources.filter(same).length > 1)
        throw new ProtocolError('INVALID_REQUEST', `'${resourceName}' is named twice`)
      authorizeConfigs(node, request.client, 'ALTER_CONFIGS', resource)
      checkResource(node, resource)
      const before = node.controller.image.configOf(resourceType, resourceName)
      const changed = new Map(
        [...change(resource, before)].filter(([name, value]) => before.get(name) !== (value ?? undefined)),
      )
      check(node, resource, before, changed)
      if (!request.validateOnly) written.push(node.controller.commit(records(resource, changed)))
      return { resourceType, resourceName, errorCode: 0, errorMessage: null }
    } catch (error) {
      const errorCode = codeOf(node, 'AlterConfigs', error)
      return { resourceType, resourceName, errorCode, errorMessage: messageOf(error) }
    }
  })
  await Promise.all(written)
  return outcomes
}

function check(node: Node, { resourceType, resourceName }: Resource, before: Changes, changed: Changes): void {
  const after: Record<string, string> = {}
  for (const [name, value] of new Map([...before, ...changed])) if (value !== null) after[name] = value
  if (resourceType === configResources.topic) node.configs.checkTopic(after)
  else if (resourceType === configResources.broker) node.configs.broker.check(resourceName, changed)
  else if (resourceType === configResources.group) node.configs.checkGroup(after)
  else node.configs.checkClientMetrics(after)
}

const records = ({ resourceType, resourceName }: Resource, changed: Changes): MetadataRecordInput[] =>
  Array.from(changed, ([name, value]) => ({
    kind: 'config',
    version: 0,
    value: { resourceType, resourceName, name, value },
  }))
