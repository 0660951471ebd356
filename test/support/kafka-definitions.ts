import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

import { type VersionRange, type Versions, versionRange } from '#core/wire/versions.ts'
import { Skipped } from './check.ts'
import { readJar } from './jar.ts'

/** A field as Apache Kafka's own definitions declare it. */
export interface DefinedField {
  readonly name: string
  readonly type: string
  /** Left out where `taggedVersions` says it all. */
  readonly versions?: string
  readonly nullableVersions?: string
  readonly tag?: number
  readonly taggedVersions?: string
  readonly default?: string | number | boolean | null
  readonly ignorable?: boolean
  readonly fields?: readonly DefinedField[]
}

/** A message as Apache Kafka's own definitions declare it. */
export interface Definition {
  readonly name: string
  readonly apiKey?: number
  readonly validVersions: string
  readonly flexibleVersions: string
  readonly latestVersionUnstable?: boolean
  readonly fields: readonly DefinedField[]
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly DefinedField[] }[]
}

const jars = ['clients', 'group-coordinator', 'metadata', 'raft', 'transaction-coordinator', 'storage']

/** The folder of Apache Kafka's jars, below PEERS_HOME (by default ~/.cache/peers). */
export function kafkaLibs(): string {
  const libs = join(process.env['PEERS_HOME'] ?? join(homedir(), '.cache', 'peers'), 'kafka', 'libs')
  if (!existsSync(libs)) throw new Skipped(`no jars of Apache Kafka in ${libs}`)
  return libs
}

/** Every message definition that the jars carry, by name. */
export function kafkaDefinitions(): Map<string, Definition> {
  const libs = kafkaLibs()
  const definitions = new Map<string, Definition>()
  for (const jar of jars) {
    const file = readdirSync(libs).find((name) => new RegExp(`^kafka-${jar}-[\\d.]+\\.jar$`).test(name))
    if (file === undefined) throw new Skipped(`no kafka-${jar} jar in ${libs}`)
    for (const text of readJar(join(libs, file), (name) => name.endsWith('.json')).values()) {
      const definition = JSON.parse(withoutComments(text.toString('utf8'))) as Definition
      definitions.set(definition.name, definition)
    }
  }
  return definitions
}

/** JSON without `//` comments; those inside strings stay. */
function withoutComments(text: string): string {
  return text.replace(/("(?:\\.|[^"\\])*")|\/\/[^\n]*/g, (_, literal: string | undefined) => literal ?? '')
}

/** The versions that are stable: a latest version marked unstable is not served by default. */
export function stableVersions(definition: Definition): VersionRange {
  const { low, high } = versionRange(definition.validVersions as Versions)
  return { low, high: definition.latestVersionUnstable === true ? high - 1 : high }
}
