import { loadModule } from '#core/ports/modules.ts'
import { textLog, type Log } from '#core/telemetry/log.ts'
import { StreamsBuilder } from './dsl/builder.ts'
import { KafkaStreams } from './runtime/app.ts'
import { runtimeErrors } from './runtime/errors.ts'
import { Topology } from './topology/topology.ts'

/** What a module's function is told; its own settings come from whoever starts it. */
export interface TopologyContext {
  readonly settings: Readonly<Record<string, unknown>>
  /** The pipeline waits for more input instead of ending. */
  readonly follow: boolean
}

/** A started module: see `TopologyPart` of the pipeline. */
export interface RunningModule {
  readonly app: KafkaStreams
  readonly failed: Promise<never>
  finish(): Promise<void>
  stop(): Promise<void>
}

/**
 * Loads a module and runs its topology. The default export is a `Topology`, a `StreamsBuilder` or a function of
 * `TopologyContext` that makes one; an export named `config` gives settings that `config` here overrides.
 */
export async function startModule(options: {
  readonly module: string
  readonly config: Readonly<Record<string, string>>
  readonly settings?: Readonly<Record<string, unknown>>
  readonly follow?: boolean
  readonly log: Log
}): Promise<RunningModule> {
  const { module, log } = options
  const loaded = await loadModule(module).catch((cause: unknown) => {
    throw runtimeErrors.MODULE_INVALID(
      { module, problem: cause instanceof Error ? cause.message : String(cause) },
      cause,
    )
  })
  const own = (loaded['config'] ?? {}) as Readonly<Record<string, unknown>>
  const made: unknown =
    typeof loaded['default'] === 'function'
      ? await (loaded['default'] as (context: TopologyContext) => unknown)({
          settings: options.settings ?? {},
          follow: options.follow ?? false,
        })
      : loaded['default']
  const topology = made instanceof StreamsBuilder ? made.build() : made
  if (!(topology instanceof Topology))
    throw runtimeErrors.MODULE_INVALID({ module, problem: 'its default export makes no topology' })
  const app = new KafkaStreams(topology, { ...own, ...options.config }, { log })
  await app.start()
  return { app, failed: app.failed, finish: () => app.finish(), stop: () => app.close() }
}

/** `millrace run`: runs a module's topology until a signal comes. Answers the exit code. */
export async function runCommand(options: {
  readonly module: string
  readonly bootstrapServer?: string
  readonly set: readonly string[]
}): Promise<number> {
  const config: Record<string, string> = {}
  if (options.bootstrapServer !== undefined) config['bootstrap.servers'] = options.bootstrapServer
  for (const setting of options.set) {
    const at = setting.indexOf('=')
    if (at < 1) throw runtimeErrors.SETTING_INVALID({ setting })
    config[setting.slice(0, at)] = setting.slice(at + 1)
  }
  const running = await startModule({ module: options.module, config, log: textLog('info') })
  process.stdout.write(`running ${options.module}\n`)
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  try {
    await Promise.race([signalled, running.failed])
    return 0
  } finally {
    await running.stop()
  }
}
