import { ProtocolError } from '#core/wire/errors.ts'
import type { MetadataRecordInput } from '#core/wire/stored/metadata-frame.ts'

import { configResources } from '../controller/image.ts'
import type { Node } from '../node.ts'
import { configsRight, demand } from './authorization.ts'
import { codeOf, messageOf } from './failure.ts'
import type { Client } from './handler.ts'

/** The resource whose settings are to change. */
export interface Resource {
  readonly resourceType: number
  readonly resourceName: string
}

/** How one resource fared. */
export interface Outcome extends Resource {
  readonly errorCode: number
  readonly errorMessage: string | null
}

/**
 * Changes the settings of resources, each by itself: `decide` gets the settings made so far and returns those that shall
 * be. Resolves when the changes are on the disk.
 */
export async function changeConfigs<R extends Resource>(
  node: Node,
  client: Client,
  resources: readonly R[],
  validateOnly: boolean,
  decide: (resource: R, before: ReadonlyMap<string, string>) => Readonly<Record<string, string>>,
): Promise<Outcome[]> {
  const written: Promise<void>[] = []
  const outcomes = resources.map((resource): Outcome => {
    const { resourceType, resourceName } = resource
    try {
      const same = (other: R) => other.resourceType === resourceType && other.resourceName === resourceName
      if (resources.filter(same).length > 1)
        throw new ProtocolError('INVALID_REQUEST', `'${resourceName}' is named twice`)
      const right = configsRight('ALTER_CONFIGS', resourceType, resourceName)
      if (right !== undefined) demand(node, client, ...right)
      checkResource(node, resource)
      const before = node.controller.image.configOf(resourceType, resourceName)
      const after = decide(resource, before)
      if (resourceType === configResources.topic) node.configs.checkTopic(after)
      else node.configs.checkBroker(after)
      if (!validateOnly) written.push(node.controller.commit(difference(resource, before, after)))
      return { resourceType, resourceName, errorCode: 0, errorMessage: null }
    } catch (error) {
      return {
        resourceType,
        resourceName,
        errorCode: codeOf(node, 'AlterConfigs', error),
        errorMessage: messageOf(error),
      }
    }
  })
  await Promise.all(written)
  return outcomes
}

function checkResource(node: Node, { resourceType, resourceName }: Resource): void {
  if (resourceType === configResources.topic) {
    if (!node.controller.image.topics.has(resourceName)) {
      throw new ProtocolError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic '${resourceName}'`)
    }
  } else if (resourceType === configResources.broker) {
    if (resourceName !== '' && !node.controller.image.brokers.has(Number(resourceName))) {
      throw new ProtocolError('INVALID_REQUEST', `there is no broker '${resourceName}'`)
    }
  } else throw new ProtocolError('INVALID_REQUEST', `settings of resource type ${resourceType} are not supported`)
}

function difference(
  { resourceType, resourceName }: Resource,
  before: ReadonlyMap<string, string>,
  after: Readonly<Record<string, string>>,
): MetadataRecordInput[] {
  const record = (name: string, value: string | null): MetadataRecordInput => ({
    kind: 'config',
    version: 0,
    value: { resourceType, resourceName, name, value },
  })
  const gone = [...before.keys()].filter((name) => !(name in after)).map((name) => record(name, null))
  const made = Object.entries(after).filter(([name, value]) => before.get(name) !== value)
  return [...gone, ...made.map(([name, value]) => record(name, value))]
}
