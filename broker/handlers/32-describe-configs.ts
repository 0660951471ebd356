import {
  type DescribeConfigsRequest,
  type DescribeConfigsResponseInput,
  describeConfigs,
} from '#core/wire/api/32-describe-configs.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import type { ConfigRow } from '../controller/configs.ts'
import { configResources } from '../controller/image.ts'
import { checkTopicName } from '../controller/topics.ts'
import type { Node } from '../node.ts'
import { configsRight, demand } from './authorization.ts'
import { codeOf, messageOf } from './failure.ts'
import { type Client, serve } from './handler.ts'

type Resource = DescribeConfigsRequest['resources'][number]
type Answer = DescribeConfigsResponseInput['results'][number]

const typeNumbers: Readonly<Record<string, number>> = {
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  SHORT: 4,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
  CLASS: 8,
  PASSWORD: 9,
}

/**
 * Shows every setting of topics and brokers, with where its value comes from.
 * Versions 1-4. Kept: all settings unless the client names some, synonyms in their order, types and documentation from 3.
 * Left out: resources other than topics and brokers.
 */
export const describeConfigsHandler = serve(describeConfigs, {
  versions: '1-4',
  handle: (node, request, call) => ({
    throttleTimeMs: 0,
    results: request.resources.map((resource) => describe(node, request, resource, call.client)),
  }),
})

function describe(node: Node, request: DescribeConfigsRequest, resource: Resource, client: Client): Answer {
  const { resourceType, resourceName, configurationKeys } = resource
  try {
    const right = configsRight('DESCRIBE_CONFIGS', resourceType, resourceName)
    if (right !== undefined) demand(node, client, ...right)
    const rows = rowsOf(node, resourceType, resourceName)
    const wanted =
      configurationKeys === null || configurationKeys.length === 0
        ? rows
        : rows.filter(({ name }) => configurationKeys.includes(name))
    const configs = wanted.map((row) => rowAnswer(row, request))
    return { errorCode: 0, errorMessage: null, resourceType, resourceName, configs }
  } catch (error) {
    const errorCode = codeOf(node, 'DescribeConfigs', error)
    return { errorCode, errorMessage: messageOf(error), resourceType, resourceName, configs: [] }
  }
}

function rowsOf(node: Node, resourceType: number, resourceName: string): ConfigRow[] {
  if (resourceType === configResources.topic) {
    checkTopicName(resourceName)
    if (!node.controller.image.topics.has(resourceName)) throw new ProtocolError('UNKNOWN_TOPIC_OR_PARTITION')
    return node.configs.describeTopic(resourceName)
  }
  if (resourceType === configResources.broker) {
    if (resourceName === '') return node.configs.describeBrokerDefaults()
    if (resourceName === String(node.id)) return node.configs.describeBroker()
    throw new ProtocolError('INVALID_REQUEST', `this is broker ${node.id}, not broker '${resourceName}'`)
  }
  throw new ProtocolError('INVALID_REQUEST', `settings of resource type ${resourceType} are not supported`)
}

const rowAnswer = (row: ConfigRow, request: DescribeConfigsRequest): Answer['configs'][number] => ({
  name: row.name,
  value: row.value,
  readOnly: row.readOnly,
  configSource: row.source,
  isSensitive: row.sensitive,
  synonyms: request.includeSynonyms ? row.synonyms : [],
  configType: typeNumbers[row.type] ?? 0,
  documentation: request.includeDocumentation ? row.doc : null,
})
