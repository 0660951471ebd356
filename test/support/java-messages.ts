import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

import type { Field, Fields, Message } from '#core/wire/schema.ts'
import { Skipped } from './check.ts'
import { kafkaLibs } from './kafka-definitions.ts'
import { command } from './peers.ts'
import { projectRoot } from './sources.ts'
import type { Struct } from './wire-messages.ts'

/** A value to be written by Apache Kafka's own classes. */
export interface JavaCase {
  readonly message: Message
  readonly version: number
  readonly value: Struct
}

/** Where the Java programs of the checks are. */
export const javaPrograms = join(projectRoot, 'test', 'interop', 'java')

const packages: readonly (readonly [RegExp, string])[] = [
  [/(Request|Response|Header)$/, 'org.apache.kafka.common.message.'],
  [
    /^(GroupMetadata|OffsetCommit|(Consumer|Streams)Group\w+(Key|Value)$)/,
    'org.apache.kafka.coordinator.group.generated.',
  ],
  [/^TransactionLog/, 'org.apache.kafka.coordinator.transaction.generated.'],
  [
    /^(SnapshotHeader|SnapshotFooter|KRaftVersion|Voters)Record$|Message$|^ConsumerProtocol|Marker$/,
    'org.apache.kafka.common.message.',
  ],
  [/Record$/, 'org.apache.kafka.common.metadata.'],
]

/** The full name of the class that Kafka generates for a message. */
export function javaClass(name: string): string {
  const place = packages.find(([pattern]) => pattern.test(name))![1]
  return place + name + (/(Request|Response|Header)$/.test(name) ? 'Data' : '')
}

/** A value as Kafka's JSON has it: bytes in base64, wide numbers as plain digits. */
export function javaJson(fields: Fields, value: Struct): string {
  const text = (field: Field, each: unknown): string => {
    if (each === null) return 'null'
    if (Buffer.isBuffer(each)) return JSON.stringify(each.toString('base64'))
    if (field.kind === 'array') return `[${(each as readonly unknown[]).map((item) => text(field.item!, item)).join()}]`
    if (field.kind === 'struct') return javaJson(field.fields!, each as Struct)
    if (field.kind === 'float64' && Number.isInteger(each)) return `${String(each)}.0`
    return typeof each === 'bigint' ? String(each) : JSON.stringify(each)
  }
  const parts = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}:${text(fields[name]!, each)}`)
  return `{${parts.join()}}`
}

/** What Java writes for each case, as hex; or what it says when it refuses. One JVM does them all. */
export function javaBytes(cases: readonly JavaCase[]): string[] {
  const lines = cases.map(({ message, version, value }) => {
    // The version before a key is its record type; Kafka's classes for keys know only a version 0.
    const theirs = message.name.endsWith('Key') ? 0 : version
    return `${javaClass(message.name)} ${theirs} ${javaJson(message.fields, value)}\n`
  })
  return runJava('WireBytes.java', lines.join(''))
}

/** Runs a program of test/interop/java with Apache Kafka's jars; the lines it prints. */
export function runJava(program: string, input = '', args: readonly string[] = []): string[] {
  const ran = spawnSync('java', ['-cp', join(kafkaLibs(), '*'), join(javaPrograms, program), ...args], {
    input,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  if (ran.error !== undefined) throw new Skipped(`no java: ${ran.error.message}`)
  if (ran.status !== 0) throw new Error(`${program} ended with ${ran.status}: ${ran.stderr}`)
  return ran.stdout.trimEnd().split('\n')
}

/** Runs a program of test/interop/java without keeping this process from its work; the lines it prints. */
export async function runJavaLater(program: string, args: readonly string[]): Promise<string[]> {
  const ran = await command('java', ['-cp', join(kafkaLibs(), '*'), join(javaPrograms, program), ...args], {
    timeoutMs: 120_000,
  })
  if (ran.code !== 0) throw new Error(`${program} ended with ${ran.code}: ${ran.stderr}`)
  return ran.stdout.trimEnd().split('\n')
}
