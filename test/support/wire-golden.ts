import { join } from 'node:path'

import { type Message, int16, int32, string } from '#core/wire/schema.ts'
import { versionRange } from '#core/wire/versions.ts'
import type { JavaCase } from './java-messages.ts'
import { projectRoot } from './sources.ts'
import { allVersions, barestStruct, sampleStruct } from './wire-messages.ts'

/** The file of bytes that Java wrote, a case a line. */
export const goldenFile = join(projectRoot, 'test', 'golden', 'wire', 'messages.txt')

const wanted = new RegExp(
  [
    '^(Produce|Fetch|Metadata|OffsetFetch|JoinGroup|ApiVersions|DescribeTopicPartitions)Re',
    '^(GroupMetadata|OffsetCommit)(Key|Value)$',
    '^(Partition|RegisterBroker|Voters)Record$',
    '^LeaderChange|^ConsumerProtocol',
  ].join('|'),
)

// Headers are read and written by hand in frame.ts; these rows exist so that Java can be asked for them.
const requestHeader: Message = {
  name: 'RequestHeader',
  versions: versionRange('1-2'),
  flexible: versionRange('2+'),
  fields: {
    requestApiKey: int16(),
    requestApiVersion: int16(),
    correlationId: int32(),
    clientId: string({ nullable: '0+' }),
  },
}
const responseHeader: Message = {
  name: 'ResponseHeader',
  versions: versionRange('0-1'),
  flexible: versionRange('1+'),
  fields: { correlationId: int32() },
}

/** The headers of a golden request and response: Fetch in a plain and in a flexible version. */
export const goldenHeaders = { plainVersion: 11, flexibleVersion: 16, correlationId: 77, clientId: 'golden' } as const

/** The cases of the golden file: headers, and messages in their oldest, first flexible and newest version. */
export function goldenCases(): JavaCase[] {
  const { plainVersion, flexibleVersion, correlationId, clientId } = goldenHeaders
  const header = (version: number, requestApiVersion: number) => ({
    message: requestHeader,
    version,
    value: { requestApiKey: 1, requestApiVersion, correlationId, clientId },
  })
  const messages = allVersions.filter(({ message: { name, versions, flexible }, version }) => {
    const isEdge = [versions.low, versions.high, flexible.low].includes(version)
    return (
      wanted.test(name) &&
      (isEdge || (name.startsWith('Fetch') && [plainVersion, flexibleVersion].includes(version as 11)))
    )
  })
  return [
    header(1, plainVersion),
    header(2, flexibleVersion),
    ...[0, 1].map((version) => ({ message: responseHeader, version, value: { correlationId } })),
    ...messages.flatMap(({ message, version, flexible }) =>
      [sampleStruct, barestStruct].map((of) => ({ message, version, value: of(message.fields, version, flexible) })),
    ),
  ]
}
