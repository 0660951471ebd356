import { durationMs } from './duration.ts'
import type { Duration } from './duration.ts'
import type { StreamRecord } from '../record.ts'
import type { StateStore } from '../state/store.ts'
import type { Cancellable, PunctuationType } from './context.ts'
import type { Emit, NodeContext, NodeOperator } from './operator.ts'
import { operator } from './operator.ts'

/** Where a record came from. */
export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** What a processor of a user works with: one per task. */
export interface ProcessorContext<K, V> {
  readonly applicationId: string
  readonly taskId: string
  /** Sends a record to all nodes behind, or to one of them by its name. Returns when all of it is done. */
  forward(record: StreamRecord<K, V>, child?: string): void
  /** A store named in the `stores` option, or a global one. */
  store<S extends StateStore>(name: string): S
  /** Calls back every `interval` of stream or wall-clock time, with that time in ms. Once after a gap, not for each miss. */
  schedule(interval: Duration, type: PunctuationType, call: (timestamp: number) => void): Cancellable
  /** Where the present record came from; undefined in punctuations. */
  readonly metadata: RecordMetadata | undefined
  /** Largest timestamp that the task has taken, ms. */
  readonly streamTime: number
  /** Wall-clock time, ms. */
  readonly systemTime: number
  /** Asks for a commit soon. */
  commit(): void
}

/** A processor: a function of each record, or an object with that and a clean-up. */
export type Processor<K, V> =
  | ((record: StreamRecord<K, V>) => void)
  | { process(record: StreamRecord<K, V>): void; close?(): void }

/** Makes a processor for a task; schedules are made here. */
export type ProcessorFactory<K, V, K2, V2> = (context: ProcessorContext<K2, V2>) => Processor<K, V>

class NodeProcessorContext<K, V> implements ProcessorContext<K, V> {
  readonly #node: NodeContext
  readonly #emit: Emit<StreamRecord<K, V>>

  constructor(node: NodeContext, emit: Emit<StreamRecord<K, V>>) {
    this.#node = node
    this.#emit = emit
  }

  get applicationId(): string {
    return this.#node.task.applicationId
  }

  get taskId(): string {
    return this.#node.task.taskId
  }

  get metadata(): RecordMetadata | undefined {
    return this.#node.task.origin
  }

  get streamTime(): number {
    return this.#node.task.streamTime
  }

  get systemTime(): number {
    return this.#node.task.clock.now()
  }

  forward(record: StreamRecord<K, V>, child?: string): void {
    if (child === undefined) this.#emit(record)
    else this.#node.emitTo(child)(record)
  }

  store<S extends StateStore>(name: string): S {
    return this.#node.store<S>(name)
  }

  schedule(interval: Duration, type: PunctuationType, call: (timestamp: number) => void): Cancellable {
    return this.#node.task.schedule(this.#node.name, durationMs(interval, 'schedule'), type, call)
  }

  commit(): void {
    this.#node.task.requestCommit()
  }
}

/** Runs a processor of the user. */
export const process = <K, V, K2, V2>(
  factory: ProcessorFactory<K, V, K2, V2>,
): NodeOperator<StreamRecord<K, V>, StreamRecord<K2, V2>> =>
  operator((emit, node) => {
    const made = factory(new NodeProcessorContext(node, emit))
    if (typeof made === 'function') return made
    if (made.close !== undefined) node.task.onClose(() => made.close?.())
    return (record) => made.process(record)
  })
