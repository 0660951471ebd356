import type { ConfigDefinition, ConfigOf, Settings } from '#core/config/define.ts'
import type { Log } from '#core/telemetry/log.ts'

import type { ConnectorPorts } from './ports.ts'
import type { SinkTask } from './sink.ts'
import type { SourceTask } from './source.ts'

/** What connectors share: settings declared once, and how the work is divided. */
interface Plugin<S extends Settings> {
  /** Names for `connector.class`: the full Java-style name first, then short ones. */
  readonly names: readonly string[]
  readonly version: string
  /** One or two sentences for the reference. */
  readonly doc: string
  readonly config: ConfigDefinition<S>
  /**
   * Divides the work into at most `maxTasks` tasks, each with its own settings; left out, one task with the connector's.
   * Settings are strings, because a group of workers passes them on in a topic.
   */
  taskConfigs?(
    config: ConfigOf<ConfigDefinition<S>>,
    maxTasks: number,
    raw: StringMap,
  ): StringMap[] | Promise<StringMap[]>
}

/** A configuration as JSON and properties files give it. */
export type StringMap = Readonly<Record<string, string>>

/** What a task is told about where it runs. */
export interface TaskContext {
  readonly connector: string
  /** Number of the task within the connector, from 0. */
  readonly task: number
  readonly log: Log
  readonly ports: ConnectorPorts
  /** Aborts when the task has to end; whatever waits must then return soon. */
  readonly signal: AbortSignal
}

/** A plugin that brings records in. */
export interface SourceConnector<S extends Settings = Settings> extends Plugin<S> {
  readonly kind: 'source'
  createTask(config: ConfigOf<ConfigDefinition<S>>): SourceTask
}

/** A plugin that takes records out. */
export interface SinkConnector<S extends Settings = Settings> extends Plugin<S> {
  readonly kind: 'sink'
  createTask(config: ConfigOf<ConfigDefinition<S>>): SinkTask
}

/** A connector of either kind, its settings' types forgotten: what a registry holds. */
export type AnyConnector = SourceConnector<any> | SinkConnector<any>

/** Declares a source connector, with the types of its settings inferred. */
export const defineSource = <const S extends Settings>(
  source: Omit<SourceConnector<S>, 'kind'>,
): SourceConnector<S> => ({
  kind: 'source',
  ...source,
})

/** Declares a sink connector, with the types of its settings inferred. */
export const defineSink = <const S extends Settings>(sink: Omit<SinkConnector<S>, 'kind'>): SinkConnector<S> => ({
  kind: 'sink',
  ...sink,
})
