import {
  type DescribeConfigsRequest,
  type DescribeConfigsResponseInput,
  describeConfigs,
} from '#core/wire/api/32-describe-configs.ts'

import type { ConfigRow } from '../controller/configs.ts'
import type { Node } from '../node.ts'
import { authorizeConfigs, rowsOf } from './config-resources.ts'
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
 * Shows every setting of topics, brokers, groups and subscriptions to metrics, with where its value comes from.
 * Versions 1-4. Kept: all settings unless the client names some, Apache Kafka's settings also where nothing here acts upon
 * them, synonyms in their order, types and documentation from 3, nothing of what is secret.
 * Left out: loggers other than the one of everything.
 */
export const describeConfigsHandler = serve(describeConfigs, {
  versions: '1-4',
  handle: (node, request, { client }) => ({
    throttleTimeMs: 0,
    results: request.resources.map((resource) => describe(node, request, client, resource)),
  }),
})

function describe(node: Node, request: DescribeConfigsRequest, client: Client, resource: Resource): Answer {
  const { resourceType, resourceName, configurationKeys } = resource
  try {
    authorizeConfigs(node, client, 'DESCRIBE_CONFIGS', resource)
    const rows = rowsOf(node, resource)
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

const rowAnswer = (row: ConfigRow, request: DescribeConfigsRequest): Answer['configs'][number] => ({
  name: row.name,
  value: row.value,
  readOnly: row.readOnly,
  configSource: row.source,
  isSensitive: row.sensitive,
  synonyms: request.includeSynonyms ? row.synonyms : [],
  configType: row.type === undefined ? 0 : (typeNumbers[row.type] ?? 0),
  documentation: request.includeDocumentation ? row.doc : null,
})
