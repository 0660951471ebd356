import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'

import { errorTable } from '#core/errors/table.ts'

/** Errors of pipelines and their files. */
export const pipelineErrors = errorTable({
  PIPELINE_UNREADABLE: {
    retry: 'never',
    message: 'pipeline file "{file}": {problem}',
    hint: 'Give the path of a JSON file as `millrace up FILE.json`.',
  },
  PIPELINE_INVALID: {
    retry: 'never',
    message: 'pipeline file "{file}": {problem}',
    hint: 'core/pipeline/README.md describes every key.',
  },
  PIPELINE_DIRECTORY: {
    retry: 'never',
    message: 'directory "{directory}" holds files that no earlier run wrote',
    hint: 'Name another "directory" in the pipeline file, or empty this one yourself.',
  },
  PIPELINE_FAILED: { retry: 'never', message: '{what} failed: {problem}' },
})

/** A text setting by dotted name, as Kafka, Connect and their properties files have them. */
export type Properties = Readonly<Record<string, string>>

/** A connector of a pipeline, as Connect takes it. */
export interface ConnectorFile {
  readonly name: string
  readonly config: Properties
}

/** One topology: a module whose default export is a topology, or a function of `{ follow, settings }` that makes one. */
export interface StreamsSection {
  readonly module: string
  readonly config: Properties
  readonly settings: Readonly<Record<string, unknown>>
}

/** A module that watches topics while the pipeline runs and says at the end what came of it. */
export interface ViewSection {
  readonly module: string
  readonly topics: readonly string[]
}

/** What a pipeline file says, with defaults filled in, variables replaced and paths made absolute. */
export interface PipelineFile {
  readonly name: string
  readonly file: string
  /** Where the broker's data and the worker's offsets of a run are kept. */
  readonly directory: string
  /** Starts from nothing each time: what an earlier run left in the directory is removed first. */
  readonly fresh: boolean
  /** Kafka's properties; with `bootstrap.servers` no broker is started and that cluster is used. */
  readonly broker: Properties
  readonly topics: readonly { readonly name: string; readonly partitions: number; readonly configs: Properties }[]
  readonly worker: Properties
  readonly connectors: readonly ConnectorFile[]
  readonly streams: readonly StreamsSection[]
  readonly view: ViewSection | undefined
}

/** What a variable may stand for: words of the command line and the environment. */
export interface Variables {
  readonly args: readonly string[]
  readonly follow: boolean
  readonly env: Readonly<Record<string, string | undefined>>
}

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reads the text of a pipeline file. Variables in its strings: `${args}` (words behind `--`, joined by commas; the file's
 * own `args` when there are none), `${directory}`, `${env:NAME}` and `${env:NAME:-other}`. A section named `follow` is laid
 * over the file when the pipeline follows its input.
 */
export function parsePipelineFile(text: string, file: string, variables: Variables): PipelineFile {
  const invalid = (problem: string): never => {
    throw pipelineErrors.PIPELINE_INVALID({ file, problem })
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw pipelineErrors.PIPELINE_UNREADABLE({ file, problem: (cause as Error).message }, cause)
  }
  if (!isObject(parsed)) return invalid('expected an object')
  const { follow, ...plain } = parsed
  const merged = variables.follow && isObject(follow) ? (overlay(plain, follow) as Json) : plain
  const known = ['name', 'args', 'directory', 'fresh', 'broker', 'topics', 'connect', 'streams', 'view']
  const unknown = Object.keys(merged).filter((key) => !known.includes(key))
  if (unknown.length > 0) invalid(`unknown key "${unknown.join('", "')}"; known are ${known.join(', ')} and follow`)

  const home = dirname(resolve(file))
  const own = Array.isArray(merged['args']) ? merged['args'].map(String) : []
  const directory = resolve(typeof merged['directory'] === 'string' ? merged['directory'] : 'out')
  const replace = (text: string, args: string): string =>
    text.replace(
      /\$\{(args|directory|env:(\w+)(?::-([^}]*))?)\}/g,
      (_, what: string, name?: string, other?: string) => {
        if (what === 'args') return args
        if (what === 'directory') return directory
        const value = variables.env[name!] ?? other
        return value === undefined ? invalid(`environment variable ${name} is not set`) : value
      },
    )
  const args = (variables.args.length > 0 ? variables.args : own.map((word) => replace(word, '')))
    .map((word) => (word.startsWith('~/') ? homedir() + word.slice(1) : word))
    .join(',')
  const filled = walk(merged, (value) => replace(value, args)) as Json

  const properties = (value: unknown, where: string): Properties => {
    if (value === undefined) return {}
    if (!isObject(value)) return invalid(`"${where}" must be an object of settings`)
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [
        key,
        isObject(each) || Array.isArray(each) || each === null
          ? invalid(`"${where}.${key}" must be text, a number or true/false`)
          : String(each),
      ]),
    )
  }
  const objects = (value: unknown, where: string): Json[] => {
    if (value === undefined) return []
    return Array.isArray(value) && value.every(isObject) ? value : invalid(`"${where}" must be a list of objects`)
  }
  const text_ = (value: unknown, where: string): string =>
    typeof value === 'string' && value !== '' ? value : invalid(`"${where}" must be text`)

  const connect = isObject(filled['connect'])
    ? filled['connect']
    : filled['connect'] === undefined
      ? {}
      : invalid('"connect" must be an object')
  const topics = isObject(filled['topics'])
    ? filled['topics']
    : filled['topics'] === undefined
      ? {}
      : invalid('"topics" must be an object')
  const view = isObject(filled['view']) ? filled['view'] : undefined
  return {
    name: typeof filled['name'] === 'string' ? filled['name'] : 'pipeline',
    file: resolve(file),
    directory,
    fresh: filled['fresh'] === true,
    broker: properties(filled['broker'], 'broker'),
    topics: Object.entries(topics).map(([name, value]) => {
      const topic = isObject(value) ? value : {}
      const partitions = topic['partitions'] ?? 1
      if (!Number.isInteger(partitions) || Number(partitions) < 1)
        invalid(`"topics.${name}.partitions" must be a whole number from 1`)
      return { name, partitions: Number(partitions), configs: properties(topic['configs'], `topics.${name}.configs`) }
    }),
    worker: properties(connect['worker'], 'connect.worker'),
    connectors: objects(connect['connectors'], 'connect.connectors').map((each, index) => {
      const where = `connect.connectors.${index}`
      const { name, config, ...flat } = each
      return { name: text_(name, `${where}.name`), config: properties(config ?? flat, where) }
    }),
    streams: objects(filled['streams'], 'streams').map((each, index) => ({
      module: resolve(home, text_(each['module'], `streams.${index}.module`)),
      config: properties(each['config'], `streams.${index}.config`),
      settings: isObject(each['settings']) ? each['settings'] : {},
    })),
    view: view && {
      module: resolve(home, text_(view['module'], 'view.module')),
      topics: Array.isArray(view['topics'])
        ? view['topics'].map(String)
        : invalid('"view.topics" must be a list of topics'),
    },
  }
}

/** Objects are merged key by key, lists item by item, everything else is replaced. */
function overlay(below: unknown, above: unknown): unknown {
  if (Array.isArray(below) && Array.isArray(above)) {
    return Array.from({ length: Math.max(below.length, above.length) }, (_, index) =>
      index in above ? overlay(below[index], above[index]) : (below[index] as unknown),
    )
  }
  if (!isObject(below) || !isObject(above)) return above
  const keys = new Set([...Object.keys(below), ...Object.keys(above)])
  return Object.fromEntries([...keys].map((key) => [key, key in above ? overlay(below[key], above[key]) : below[key]]))
}

function walk(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((each) => walk(each, change))
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, walk(each, change)]))
    : value
}
