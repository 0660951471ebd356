import { join } from 'node:path'

import { partitionKey, type Client, type ConsumerRecord, type FetchedPartition } from '#core/client/client.ts'
import type { PipelineFile, Properties, StreamsSection } from '#core/pipeline/pipeline-file.ts'
import { pipelineErrors } from '#core/pipeline/pipeline-file.ts'
import type { Files } from '#core/ports/files.ts'
import type { Log } from '#core/telemetry/log.ts'

/** A started part of a pipeline. `failed` settles, with an error, only if the part dies by itself. */
export interface Part {
  readonly failed: Promise<never>
  stop(): Promise<void>
}

/** The bundled broker of a pipeline. */
export interface BrokerPart extends Part {
  readonly bootstrapServers: string
}

/** The connectors of a pipeline. */
export interface ConnectPart extends Part {
  /** Resolves when every source has read its input to the end and all of it is in the cluster. */
  sourcesEnded(): Promise<void>
  /** Resolves when every sink has written and committed what its topics hold. */
  sinksDrained(): Promise<void>
}

/** One running topology. */
export interface TopologyPart extends Part {
  /** Processes what the input topics hold, closes all windows, commits. */
  finish(): Promise<void>
}

/** How the rooms are started; the bin, which may see all of them, hands these in. */
export interface Rooms {
  startBroker(options: {
    readonly dataDirectory: string
    readonly properties: Properties
    readonly log: Log
  }): Promise<BrokerPart>
  connect(bootstrapServers: string): Client
  startConnectors(options: {
    readonly bootstrapServers: string
    readonly worker: Properties
    readonly connectors: PipelineFile['connectors']
    readonly log: Log
  }): Promise<ConnectPart>
  startTopology(options: {
    readonly bootstrapServers: string
    readonly section: StreamsSection
    readonly follow: boolean
    readonly log: Log
  }): Promise<TopologyPart>
  loadView(module: string): Promise<ViewFactory>
}

/** What a view module exports as default: called once, before anything moves. */
export type ViewFactory = (context: ViewContext) => View

/** What a view is told when the pipeline starts. */
export interface ViewContext {
  readonly name: string
  readonly directory: string
  readonly follow: boolean
  /** Writes a line, or redraws, on this stream. */
  readonly out: NodeJS.WriteStream
}

/** Shows a pipeline while it runs. */
export interface View {
  /** A record of one of the topics that the pipeline file names for the view. */
  record(record: ConsumerRecord): void
  /** Called a few times a second while the pipeline runs. */
  refresh?(): void
  /** Called once, when all records have been shown. Its answer says whether the run is to count as a success. */
  close(): boolean | void
}

const marker = '.millrace-run'

/** Makes the run's directory; a fresh run removes what an earlier run left there, and nothing else ever. */
function prepareDirectory(files: Files, pipeline: PipelineFile): void {
  const { directory } = pipeline
  if (pipeline.fresh && files.exists(directory) && files.list(directory).length > 0) {
    if (!files.exists(join(directory, marker))) throw pipelineErrors.PIPELINE_DIRECTORY({ directory })
    files.removeTree(directory)
  }
  files.makeDirectory(directory)
  files.replace(join(directory, marker), Buffer.from(`${pipeline.name}\n`))
}

/**
 * Runs a pipeline in this process: broker, topics, topologies, connectors, view. Without `follow` it ends by itself when
 * the sources have read all there is and everything has flowed through; `signal` ends it early. Resolves to whether the
 * run succeeded.
 */
export async function runPipeline(
  rooms: Rooms,
  ports: { readonly files: Files; readonly log: Log; readonly out: NodeJS.WriteStream },
  pipeline: PipelineFile,
  options: { readonly follow: boolean; readonly signal: AbortSignal },
): Promise<boolean> {
  const { log } = ports
  prepareDirectory(ports.files, pipeline)
  const parts: Part[] = []
  const started = async <P extends Part>(what: string, start: Promise<P>): Promise<P> => {
    const part = await start.catch((cause: unknown) => {
      throw pipelineErrors.PIPELINE_FAILED(
        { what, problem: cause instanceof Error ? cause.message : String(cause) },
        cause,
      )
    })
    // Whoever waits on the part's death does so below; until then a rejection must not end the process.
    part.failed.catch(() => {})
    parts.unshift(part)
    return part
  }
  let watcher: Watcher | undefined
  let client: Client | undefined
  try {
    const bootstrapServers =
      pipeline.broker['bootstrap.servers'] ??
      (
        await started(
          'the broker',
          rooms.startBroker({
            dataDirectory: join(pipeline.directory, 'broker'),
            properties: pipeline.broker,
            log,
          }),
        )
      ).bootstrapServers
    client = rooms.connect(bootstrapServers)
    await createTopics(client, pipeline)
    if (pipeline.view) {
      const factory = await rooms.loadView(pipeline.view.module)
      const view = factory({
        name: pipeline.name,
        directory: pipeline.directory,
        follow: options.follow,
        out: ports.out,
      })
      watcher = await Watcher.start(client, pipeline.view.topics, view)
    }
    const topologies: TopologyPart[] = []
    for (const section of pipeline.streams) {
      topologies.push(
        await started(
          `topology "${section.module}"`,
          rooms.startTopology({
            bootstrapServers: section.config['bootstrap.servers'] ?? bootstrapServers,
            section,
            follow: options.follow,
            log,
          }),
        ),
      )
    }
    const connectors =
      pipeline.connectors.length === 0
        ? undefined
        : await started(
            'the connectors',
            rooms.startConnectors({
              bootstrapServers: pipeline.worker['bootstrap.servers'] ?? bootstrapServers,
              worker: pipeline.worker,
              connectors: pipeline.connectors,
              log,
            }),
          )
    const died = Promise.race(parts.map((part) => part.failed))
    const aborted = new Promise<void>((resolve) => {
      if (options.signal.aborted) resolve()
      else options.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    const flowed = async (): Promise<void> => {
      if (options.follow) return new Promise(() => {})
      await connectors?.sourcesEnded()
      for (const topology of topologies) await topology.finish()
      await connectors?.sinksDrained()
    }
    await Promise.race([flowed(), aborted, died, watcher?.failed ?? new Promise(() => {})])
    return (await watcher?.finish()) ?? true
  } finally {
    watcher?.stop()
    for (const part of parts) await part.stop().catch((error: unknown) => log('error', `stopping: ${String(error)}`))
    await client?.close()
  }
}

async function createTopics(client: Client, pipeline: PipelineFile): Promise<void> {
  const admin = client.admin()
  const existing = new Set(
    (await admin.describeTopics(pipeline.topics.map((topic) => topic.name))).map((topic) => topic.name),
  )
  const missing = pipeline.topics.filter((topic) => !existing.has(topic.name))
  if (missing.length > 0) await admin.createTopics(missing)
}

/** Feeds a view from its topics, from their beginning, in a loop of its own. */
class Watcher {
  readonly failed: Promise<never>
  readonly #view: View
  readonly #consumer: ReturnType<Client['consumer']>
  readonly #timer: NodeJS.Timeout
  #running = true
  #loop: Promise<void> | undefined
  #fail: (error: unknown) => void = () => {}

  private constructor(view: View, consumer: ReturnType<Client['consumer']>) {
    this.#view = view
    this.#consumer = consumer
    this.failed = new Promise((_, reject) => (this.#fail = reject))
    this.failed.catch(() => {})
    this.#timer = setInterval(() => view.refresh?.(), 250)
  }

  static async start(client: Client, topics: readonly string[], view: View): Promise<Watcher> {
    const described = await client.admin().describeTopics(topics)
    const missing = topics.filter((name) => !described.some((topic) => topic.name === name))
    if (missing.length > 0)
      throw pipelineErrors.PIPELINE_FAILED({
        what: 'the view',
        problem: `topic "${missing[0]}" does not exist; name it under "topics"`,
      })
    const consumer = client.consumer({ autoOffsetReset: 'earliest' })
    const partitions = described.flatMap((topic) =>
      topic.partitions.map(({ partition }) => ({ topic: topic.name, partition })),
    )
    consumer.assign(partitions)
    const watcher = new Watcher(view, consumer)
    watcher.#loop = watcher.#run()
    return watcher
  }

  async #run(): Promise<void> {
    try {
      while (this.#running) this.#show(await this.#consumer.poll(500))
    } catch (error) {
      if (this.#running) this.#fail(error)
    }
  }

  #show(fetched: readonly FetchedPartition[]): void {
    for (const partition of fetched) for (const record of partition) this.#view.record(record)
  }

  /** Shows what the topics hold now, then closes the view. */
  async finish(): Promise<boolean> {
    const partitions = this.#consumer.assignment
    const ends = await this.#consumer.endOffsets(partitions)
    for (;;) {
      const positions = await Promise.all(partitions.map((partition) => this.#consumer.position(partition)))
      if (partitions.every((partition, index) => positions[index]! >= (ends.get(partitionKey(partition)) ?? 0))) break
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    this.stop()
    // What the last poll handed out may not have been shown yet.
    await this.#loop
    return this.#view.close() !== false
  }

  stop(): void {
    if (!this.#running) return
    this.#running = false
    clearInterval(this.#timer)
    this.#consumer.wakeup()
  }
}
