#!/usr/bin/env node
/** The command line. Every subcommand imports the room it needs only when it runs, so that `--help` stays instant. */
import { Command, CommanderError, Option } from 'commander'
import { readFileSync } from 'node:fs'

import { isKnownError } from '#core/errors/table.ts'
import { declareClusterCommands } from './broker/commands/declare.ts'
import { pipelineErrors } from '#core/pipeline/pipeline-file.ts'
import { ProtocolError } from '#core/wire/errors.ts'

const manifest = JSON.parse(readFileSync(new URL('./package.json', packageRoot()), 'utf8')) as {
  version: string
  description: string
}

/** The folder that holds package.json: this file's own when run from source, its parent when run from `dist`. */
function packageRoot(): URL {
  const here = new URL('.', import.meta.url)
  return here.pathname.endsWith('/dist/') ? new URL('..', here) : here
}

const collect = (value: string, earlier: string[]): string[] => [...earlier, value]
const settings = (): Option =>
  new Option('--set <key=value>', 'a setting, as in a properties file; may be given again')
    .argParser(collect)
    .default([], 'none')

const program = new Command('millrace').description(manifest.description).version(manifest.version)
// Exit codes below are ours: 64 for a wrong command line or wrong settings, 1 for a run that failed.
program.exitOverride().showHelpAfterError('(millrace --help lists every command)').enablePositionalOptions()

let outcome: Promise<number> | undefined
const runs = (work: () => Promise<number>): void => void (outcome = work())

program
  .command('broker')
  .description('run a Kafka-compatible broker; prints "ready HOST:PORT" when it serves')
  // Its help names every setting, which only the broker knows: so it is an option like any other.
  .helpOption(false)
  .option('-h, --help', 'show this, and every setting')
  .option('--port <port>', 'port to listen on, 0 for any free one')
  .option('--host <host>', 'address to listen on')
  .option('--data <dir>', 'data directory; an empty one is formatted')
  .option('--config <file>', 'server.properties')
  .option(
    '--add-scram <user...>',
    'make a SCRAM user that is not there yet: SCRAM-SHA-256=[name=alice,password=secret]',
  )
  .option('--metrics <host:port>', 'address for /metrics and /health; off otherwise')
  .option('--log <form>', 'text or json; by default text on a terminal, else json')
  .option('--log-level <level>', 'debug, info, warn or error')
  .addOption(settings())
  .action((options: import('./broker/command.ts').BrokerCommandOptions, command: Command) =>
    runs(async () => (await import('./broker/command.ts')).brokerCommand(options, command.helpInformation())),
  )

program
  .command('leave')
  .description('print the server.properties with which Apache Kafka starts on a data directory')
  .requiredOption('--data <dir>', 'data directory of a stopped broker')
  .option('--port <port>', 'port for Apache Kafka to listen on')
  .action((options: { data: string; port?: string }) =>
    runs(async () => (await import('./broker/command.ts')).leaveCommand(options)),
  )

declareClusterCommands(program, runs)

program
  .command('connect')
  .description('run connectors in a standalone worker')
  .argument('<worker>', 'worker settings: JSON or properties')
  .argument('<connectors...>', 'connector files: JSON or properties')
  .action((worker: string, connectors: string[]) =>
    runs(async () => (await import('./connectors/command.ts')).connectCommand({ worker, connectors })),
  )

program
  .command('run')
  .description('run the topology that a module exports as default; TypeScript is fine')
  .argument('<module>', 'a .ts or .js file')
  .option('--bootstrap-server <host:port>', 'the cluster to use')
  .addOption(settings())
  .action((module: string, options: { bootstrapServer?: string; set: string[] }) =>
    runs(async () => (await import('./streams/command.ts')).runCommand({ module, ...options })),
  )

program
  .command('up')
  .description('run a whole pipeline in this process: broker, connectors and topologies of one JSON file')
  .argument('<file>', 'pipeline file')
  .argument('[args...]', 'what ${args} stands for in the file, such as files to read')
  .option('--follow', 'go on waiting for input instead of ending when all is read')
  .option('--verbose', 'say on stderr what each part does')
  .action((file: string, args: string[], options: { follow?: boolean; verbose?: boolean }) =>
    runs(async () => (await import('./core/pipeline/command.ts')).upCommand({ file, args, ...options }, await rooms())),
  )

/** The launchers that `up` is given: the one place that sees every room. */
async function rooms(): Promise<import('./core/pipeline/pipeline.ts').Rooms> {
  const { startBroker } = await import('./broker/index.ts')
  const { createClient } = await import('./core/client/lean-client.ts')
  const { loadModule } = await import('./core/ports/modules.ts')
  return {
    async startBroker({ dataDirectory, properties, log }) {
      const broker = await startBroker({
        port: Number(properties['port'] ?? 0),
        dataDir: dataDirectory,
        // Everybody who joins is in this process: there is nobody to wait for.
        config: { 'group.initial.rebalance.delay.ms': '0', ...withoutKey(properties, 'port') },
        log,
      })
      return { bootstrapServers: broker.bootstrapServers, failed: new Promise(() => {}), stop: () => broker.stop() }
    },
    connect: (bootstrapServers) => createClient({ bootstrapServers, clientId: 'millrace-up' }),
    async startConnectors({ bootstrapServers, worker, connectors, log }) {
      const { startWorker } = await import('./connectors/index.ts')
      const running = await startWorker({
        worker: { ...worker, 'bootstrap.servers': bootstrapServers },
        connectors: [...connectors],
        log,
      })
      return connectPart(running)
    },
    async startTopology({ bootstrapServers, section, follow, log }) {
      const { startModule } = await import('./streams/command.ts')
      return startModule({
        ...section,
        config: { 'bootstrap.servers': bootstrapServers, ...section.config },
        follow,
        log,
      })
    },
    async loadView(module) {
      const view = (await loadModule(module))['default']
      if (typeof view !== 'function') throw new Error(`"${module}" has no default export that makes a view`)
      return view as import('./core/pipeline/pipeline.ts').ViewFactory
    },
  }
}

const withoutKey = (properties: Readonly<Record<string, string>>, key: string): Record<string, string> =>
  Object.fromEntries(Object.entries(properties).filter(([name]) => name !== key))

function connectPart(
  worker: import('./connectors/index.ts').Worker,
): import('./core/pipeline/pipeline.ts').ConnectPart {
  let stopped = false
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50))
  const until = async (done: () => boolean | Promise<boolean>): Promise<void> => {
    while (!stopped && !(await done())) await pause()
  }
  // One failed task is enough: the others would wait for what it does not deliver.
  const faults = (): string[] =>
    worker
      .status()
      .flatMap(({ name, tasks }) =>
        tasks
          .filter((task) => task.state === 'FAILED')
          .map(({ id, trace }) => `${name}-${id}: ${trace?.split('\n')[0] ?? 'failed'}`),
      )
  const watch = async (): Promise<never> => {
    await until(() => faults().length > 0)
    return stopped
      ? new Promise<never>(() => {})
      : Promise.reject(pipelineErrors.PIPELINE_FAILED({ what: 'connector task', problem: faults().join('; ') }))
  }
  return {
    failed: watch(),
    sourcesEnded: () => until(() => worker.sourcesEnded()),
    sinksDrained: () => until(() => worker.sinksCaughtUp()),
    stop() {
      stopped = true
      return worker.stop()
    },
  }
}

/** One line for what went wrong, one for what to do; a stack only for faults of ours. */
function report(error: unknown): void {
  if (error instanceof CommanderError) return
  if (error instanceof ProtocolError) process.stderr.write(`millrace: ${error.message}\n`)
  else if (isKnownError(error))
    process.stderr.write(`millrace: ${error.message}\n${error.hint === undefined ? '' : `  ${error.hint}\n`}`)
  else process.stderr.write(`millrace: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
}

/** Errors that say the command was called in a wrong way: EX_USAGE of sysexits. */
const usageCodes: ReadonlySet<string> = new Set([
  'BOOTSTRAP_INVALID',
  'CONFIG_INVALID',
  'OPTION_INVALID',
  'OPTION_MISSING',
  'OPTIONS_TOGETHER',
])

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 64
  return isKnownError(error) && usageCodes.has(error.code) ? 64 : 1
}

try {
  program.parse()
  process.exitCode = (await outcome) ?? 0
} catch (error) {
  report(error)
  process.exitCode = exitCodeOf(error)
}
