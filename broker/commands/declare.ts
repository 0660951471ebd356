import { type Command, Option } from 'commander'

import type { AclOptions } from './acls.ts'
import { configs } from './declare-configs.ts'
import { commandErrors } from './errors.ts'
import type { ResetTarget } from './groups.ts'
import { type Runs, leaf, repeated, within } from './leaf.ts'
import type { ClusterOptions } from './session.ts'

/** The commands that talk to a cluster, Millrace's or Apache Kafka's. What they do is loaded when they run. */
export function declareClusterCommands(program: Command, runs: Runs): void {
  topics(program.command('topics').description('list, describe, create, alter and delete topics'), runs)
  groups(program.command('groups').description('list and describe groups, move their offsets, delete them'), runs)
  configs(
    program.command('configs').description('settings of topics, brokers and groups; quotas and SCRAM users'),
    runs,
  )
  acls(program.command('acls').description('list, add and remove access control entries'), runs)
  produce(program, runs)
  consume(program, runs)
  logDirs(program, runs)
  dumpLog(program, runs)
}

function topics(parent: Command, runs: Runs): void {
  leaf(parent, 'list', 'all topics')
    .option('--internal', 'internal topics too')
    .action((options: ClusterOptions & { internal?: boolean }) =>
      runs(() => within(options, async (session) => (await import('./topics.ts')).listTopics(session, options))),
    )
  leaf(parent, 'describe', 'partitions, offsets and settings')
    .argument('<topics...>')
    .action((names: string[], options: ClusterOptions) =>
      runs(() => within(options, async (session) => (await import('./topics.ts')).describeTopics(session, names))),
    )
  leaf(parent, 'create', 'create topics')
    .argument('<topics...>')
    .option('--partitions <n>', "default: the broker's num.partitions")
    .option('--replication-factor <n>', "default: the broker's default.replication.factor")
    .addOption(repeated('--config <name=value>', 'a setting of the topic'))
    .option('--if-not-exists', 'leave topics that are there as they are')
    .action((names: string[], options: CreateOptions) =>
      runs(() =>
        within(options, async (session) => {
          const { pairs, wholeNumber } = await import('./session.ts')
          const { partitions, replicationFactor, ifNotExists, config } = options
          return (await import('./topics.ts')).createTopics(session, names, {
            ...(partitions !== undefined && { partitions: wholeNumber('--partitions', partitions, 1) }),
            ...(replicationFactor !== undefined && {
              replicationFactor: wholeNumber('--replication-factor', replicationFactor, 1),
            }),
            ...(ifNotExists !== undefined && { ifNotExists }),
            configs: pairs('--config', config),
          })
        }),
      ),
    )
  leaf(parent, 'alter', 'raise the number of partitions')
    .argument('<topics...>')
    .requiredOption('--partitions <n>', 'the new number')
    .action((names: string[], options: ClusterOptions & { partitions: string }) =>
      runs(() =>
        within(options, async (session) => {
          const { wholeNumber } = await import('./session.ts')
          const partitions = wholeNumber('--partitions', options.partitions, 1)
          return (await import('./topics.ts')).growTopics(session, names, partitions)
        }),
      ),
    )
  leaf(parent, 'delete', 'delete topics and all their records')
    .argument('<topics...>')
    .option('--if-exists', 'pass over topics that are not there')
    .action((names: string[], options: ClusterOptions & { ifExists?: boolean }) =>
      runs(() =>
        within(options, async (session) => (await import('./topics.ts')).deleteTopics(session, names, options)),
      ),
    )
}

type CreateOptions = ClusterOptions & {
  partitions?: string
  replicationFactor?: string
  config: string[]
  ifNotExists?: boolean
}

function groups(parent: Command, runs: Runs): void {
  leaf(parent, 'list', 'all groups').action((options: ClusterOptions) =>
    runs(() => within(options, async (session) => (await import('./groups.ts')).listGroups(session))),
  )
  leaf(parent, 'describe', 'offsets, lag and members')
    .argument('<groups...>')
    .action((ids: string[], options: ClusterOptions) =>
      runs(() => within(options, async (session) => (await import('./groups.ts')).describeGroups(session, ids))),
    )
  leaf(parent, 'delete', 'delete groups without members')
    .argument('<groups...>')
    .action((ids: string[], options: ClusterOptions) =>
      runs(() => within(options, async (session) => (await import('./groups.ts')).deleteGroups(session, ids))),
    )
  leaf(parent, 'reset-offsets', 'move the committed offsets of a group without members')
    .argument('<group>')
    .addOption(repeated('--topic <name>', 'a topic; without, those that the group has committed'))
    .option('--to-earliest', 'to the first records')
    .option('--to-latest', 'to the end')
    .option('--to-offset <n>', 'to an offset')
    .option(
      '--to-time <time>',
      'to the first records from then on: 2026-01-31T12:00:00Z, or an age such as 15m, 2h, 7d',
    )
    .option('--shift-by <n>', 'so many on, or back when negative')
    .option('--execute', 'do it; without, only show what would be done')
    .action((id: string, options: ResetOptions) =>
      runs(() =>
        within(options, async (session) => {
          const target = resetTarget(options, await import('./session.ts'))
          const { topic, execute = false } = options
          return (await import('./groups.ts')).resetOffsets(session, id, { topics: topic, target, execute })
        }),
      ),
    )
}

type ResetOptions = ClusterOptions & {
  topic: string[]
  toEarliest?: boolean
  toLatest?: boolean
  toOffset?: string
  toTime?: string
  shiftBy?: string
  execute?: boolean
}

function resetTarget(options: ResetOptions, { wholeNumber, timeOf }: typeof import('./session.ts')): ResetTarget {
  const targets: (() => ResetTarget)[] = []
  const { toOffset, toTime, shiftBy } = options
  if (options.toEarliest === true) targets.push(() => ({ to: 'earliest' }))
  if (options.toLatest === true) targets.push(() => ({ to: 'latest' }))
  if (toOffset !== undefined) targets.push(() => ({ to: 'offset', offset: wholeNumber('--to-offset', toOffset) }))
  if (shiftBy !== undefined) {
    targets.push(() => ({ to: 'shift', by: wholeNumber('--shift-by', shiftBy, Number.MIN_SAFE_INTEGER) }))
  }
  if (toTime !== undefined) {
    targets.push(() => {
      const timeMs = timeOf(toTime, Date.now())
      if (timeMs !== undefined) return { to: 'time', timeMs }
      throw commandErrors.OPTION_INVALID({ option: '--to-time', value: toTime, wanted: 'an ISO 8601 time or an age' })
    })
  }
  const names = '--to-earliest, --to-latest, --to-offset, --to-time and --shift-by'
  if (targets.length > 1) throw commandErrors.OPTIONS_TOGETHER({ options: names })
  if (targets.length === 0) throw commandErrors.OPTION_MISSING({ command: 'reset-offsets', options: `one of ${names}` })
  return targets[0]!()
}

function acls(parent: Command, runs: Runs): void {
  const ofEntries = (usage: string, description: string): Command =>
    leaf(parent, usage, description)
      .option('--topic <name>', 'on a topic; "*" for all')
      .option('--group <id>', 'on a group')
      .option('--transactional-id <id>', 'on a transactional id')
      .option('--user <principal>', 'on a user')
      .option('--cluster', 'on the cluster')
      .option('--prefixed', 'the name is the beginning of names')
      .option('--principal <type:name>', 'who, such as User:alice; "User:*" for everybody')
      .option('--host <address>', 'from where')
      .addOption(repeated('--operation <name>', 'what: read, write, describe …, all'))
      .option('--deny', 'forbid instead of allow')
  const act = (run: 'listAcls' | 'addAcls' | 'removeAcls') => (options: ClusterOptions & AclOptions) =>
    runs(() =>
      within(options, async (session) => {
        const { bootstrapServer: _, commandConfig: __, json: ___, operation = [], ...rest } = options
        const entries = { ...rest, ...(operation.length > 0 && { operation }) }
        return (await import('./acls.ts'))[run](session, entries)
      }),
    )
  ofEntries('list', 'entries; all without options').action(act('listAcls'))
  ofEntries('add', 'add an entry for each operation').action(act('addAcls'))
  ofEntries('remove', 'remove the entries that the options describe').action(act('removeAcls'))
}

type ProduceFlags = ClusterOptions & {
  file?: string
  keySeparator?: string
  header: string[]
  partition?: string
  jsonLines?: boolean
  compression: 'none'
  acks: string
}

function produce(program: Command, runs: Runs): void {
  leaf(program, 'produce', 'send a record for each line of stdin or of a file')
    .argument('<topic>')
    .option('--file <path>', 'read this file instead of stdin')
    .option('--key-separator <text>', 'lines are key, this text, and value')
    .option(
      '--json-lines',
      'lines are JSON with key, value, headers, partition and timestamp, as consume --json prints',
    )
    .addOption(repeated('--header <name=value>', 'a header for every record'))
    .option('--partition <n>', 'send everything to this partition')
    .addOption(
      new Option('--compression <codec>', 'of batches')
        .choices(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
        .default('none'),
    )
    .addOption(
      new Option('--acks <n>', 'who has to have a record before it counts').choices(['all', '1', '0']).default('all'),
    )
    .action((topic: string, options: ProduceFlags) =>
      runs(() =>
        within(options, async (session) => {
          const { pairs, wholeNumber } = await import('./session.ts')
          const { file, keySeparator, partition, jsonLines, compression, acks, header } = options
          return (await import('./produce.ts')).produce(session, {
            topic,
            ...(file !== undefined && { file }),
            ...(keySeparator !== undefined && { keySeparator }),
            ...(partition !== undefined && { partition: wholeNumber('--partition', partition) }),
            ...(jsonLines !== undefined && { jsonLines }),
            headers: pairs('--header', header),
            producer: { compression, acks: ({ all: -1, '1': 1, '0': 0 } as const)[acks as 'all'] },
          })
        }),
      ),
    )
}

type ConsumeFlags = ClusterOptions & {
  from: string
  partition: string[]
  group?: string
  max?: string
  untilEnd?: boolean
  readCommitted?: boolean
  keys?: boolean
  headers?: boolean
  timestamps?: boolean
  offsets?: boolean
}

function consume(program: Command, runs: Runs): void {
  leaf(program, 'consume', 'print records, a line each')
    .argument('<topic>')
    .option(
      '--from <where>',
      'earliest, latest, an offset, -N for the last N, a time (2026-01-31T12:00:00Z) or an age (15m, 2h, 7d)',
      'earliest',
    )
    .addOption(repeated('--partition <n>', 'only this partition'))
    .option('--group <id>', 'read as a member of a group, from where it stands, and commit')
    .option('--max <n>', 'stop after so many records')
    .option('--until-end', 'stop at the end that the topic has now')
    .option('--read-committed', 'leave out what transactions took back')
    .option('--keys', 'show keys')
    .option('--headers', 'show headers')
    .option('--timestamps', 'show times')
    .option('--offsets', 'show partitions and offsets')
    .action((topic: string, options: ConsumeFlags) =>
      runs(() =>
        within(options, async (session) => {
          const { wholeNumber } = await import('./session.ts')
          const { partition, max, bootstrapServer: _, commandConfig: __, json: ___, ...rest } = options
          const stop = new AbortController()
          process.once('SIGINT', () => stop.abort())
          process.once('SIGTERM', () => stop.abort())
          return (await import('./consume.ts')).consume(session, {
            ...rest,
            topic,
            partitions: partition.map((each) => wholeNumber('--partition', each)),
            ...(max !== undefined && { max: wholeNumber('--max', max, 1) }),
            signal: stop.signal,
          })
        }),
      ),
    )
}

function logDirs(program: Command, runs: Runs): void {
  leaf(program, 'log-dirs', 'log directories of brokers, and the size of what is in them')
    .addOption(repeated('--topic <name>', 'only this topic'))
    .action((options: ClusterOptions & { topic: string[] }) =>
      runs(() =>
        within(options, async (session) =>
          (await import('./log-dirs.ts')).describeLogDirs(session, { topics: options.topic }),
        ),
      ),
    )
}

function dumpLog(program: Command, runs: Runs): void {
  program
    .command('dump-log')
    .description('show what is in files of a log: .log, .index, .timeindex, .txnindex, .snapshot')
    .argument('<files...>')
    .option('--records', 'records too, not only batches; those of internal topics are decoded')
    .option('--json', 'JSON, a line each')
    .action((files: string[], options: { records?: boolean; json?: boolean }) =>
      runs(async () => {
        const { processOutput } = await import('./output.ts')
        return (await import('./dump-log.ts')).dumpLog(processOutput(options.json === true), files, options)
      }),
    )
}
