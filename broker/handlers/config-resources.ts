import { ProtocolError } from '#core/wire/errors.ts'

import type { ConfigRow } from '../controller/configs.ts'
import { configSources } from '../controller/config-rows.ts'
import { configResources } from '../controller/image.ts'
import { checkTopicName } from '../controller/topics.ts'
import type { Node } from '../node.ts'
import { configsRight, demand } from './authorization.ts'
import type { Client } from './handler.ts'

/** What has settings: a type by Kafka's number, and a name. */
export interface Resource {
  readonly resourceType: number
  readonly resourceName: string
}

/** The only logger there is: all lines go through it. */
export const rootLogger = 'root'

/** Settings of a resource as DescribeConfigs shows them. Throws the ProtocolError that the client gets. */
export function rowsOf(node: Node, { resourceType, resourceName }: Resource): ConfigRow[] {
  switch (resourceType) {
    case configResources.topic:
      checkTopicName(resourceName)
      if (!node.controller.image.topics.has(resourceName)) throw new ProtocolError('UNKNOWN_TOPIC_OR_PARTITION')
      return node.configs.describeTopic(resourceName)
    case configResources.broker:
      if (resourceName === '') return node.configs.broker.describeDefaults()
      checkItself(node, resourceName)
      return node.configs.broker.describe()
    case configResources.brokerLogger:
      checkItself(node, resourceName)
      return [loggerRow(node)]
    case configResources.clientMetrics:
      checkNamed('subscription to metrics', resourceName)
      return node.configs.describeClientMetrics(resourceName)
    case configResources.group:
      checkNamed('group', resourceName)
      return node.configs.describeGroup(resourceName)
    default:
      throw new ProtocolError('INVALID_REQUEST', `settings of resource type ${resourceType} are not supported`)
  }
}

/** Throws unless the resource can have settings at all: it exists, or it need not exist. */
export function checkResource(node: Node, { resourceType, resourceName }: Resource): void {
  if (resourceType === configResources.topic) {
    if (node.controller.image.topics.has(resourceName)) return
    throw new ProtocolError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic '${resourceName}'`)
  }
  if (resourceType === configResources.broker) {
    if (resourceName === '' || node.controller.image.brokers.has(wholeNumber(resourceName))) return
    throw new ProtocolError('INVALID_REQUEST', `there is no broker '${resourceName}'`)
  }
  if (resourceType === configResources.brokerLogger) return checkItself(node, resourceName)
  if (resourceType === configResources.clientMetrics) return checkNamed('subscription to metrics', resourceName)
  if (resourceType === configResources.group) return checkNamed('group', resourceName)
  throw new ProtocolError('INVALID_REQUEST', `settings of resource type ${resourceType} are not supported`)
}

/** Throws unless the client may see, or change, settings of the resource. */
export function authorizeConfigs(
  node: Node,
  client: Client,
  operation: 'DESCRIBE_CONFIGS' | 'ALTER_CONFIGS',
  { resourceType, resourceName }: Resource,
): void {
  const right = configsRight(operation, resourceType, resourceName)
  if (right !== undefined) demand(node, client, ...right)
}

function checkItself(node: Node, name: string): void {
  if (wholeNumber(name) === node.id) return
  throw new ProtocolError('INVALID_REQUEST', `this is broker ${node.id}, not broker '${name}'`)
}

const wholeNumber = (text: string): number => (/^\d+$/.test(text) ? Number(text) : Number.NaN)

function checkNamed(what: string, name: string): void {
  if (name === '') throw new ProtocolError('INVALID_REQUEST', `a ${what} needs a name`)
}

const loggerRow = (node: Node): ConfigRow => ({
  name: rootLogger,
  value: node.logLevels.level.toUpperCase(),
  source: configSources.brokerLogger,
  readOnly: false,
  sensitive: false,
  type: undefined,
  doc: null,
  synonyms: [],
})
