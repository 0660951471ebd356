import type { OperatorFunction } from 'rxjs'
import { Observable, Subscriber } from 'rxjs'
import type { StreamRecord } from '../record.ts'
import type { StateStore } from '../state/store.ts'
import type { TaskContext } from './context.ts'

/** What an operator knows of the node it is: one per node and task. */
export interface NodeContext {
  readonly name: string
  readonly task: TaskContext
  /** A store that is connected to the node. */
  store<S extends StateStore>(name: string): S
  /** A way to one child only, by its node name. */
  emitTo(child: string): Emit<StreamRecord<unknown, unknown>>
  /** An error of the operator's step: returns when processing goes on with the next record, else throws. */
  failed(error: unknown, record: StreamRecord<unknown, unknown>, subscriber: Subscriber<never>): void
}

/** Makes the RxJS operator of a node for one task. */
export type NodeOperator<In = never, Out = unknown> = (context: NodeContext) => OperatorFunction<In, Out>

/** Hands a record to whatever follows; returns when all of it is done. */
export type Emit<Out> = (record: Out) => void

/** Takes one record. */
export type Step<In> = (record: In) => void

type AnyRecord = StreamRecord<unknown, unknown>

/**
 * Runs a step per record. While the step runs the record is the task's current one, which gives stores their timestamp
 * and headers. Errors go to the node's context instead of ending the stream; those that come back up from a later
 * node were wrapped there and pass through.
 */
class StepSubscriber<In extends AnyRecord> extends Subscriber<In> {
  readonly #step: Step<In>
  readonly #context: NodeContext
  readonly #task: TaskContext

  constructor(destination: Subscriber<never>, step: Step<In>, context: NodeContext) {
    super(destination)
    this.#step = step
    this.#context = context
    this.#task = context.task
  }

  protected override _next(record: In): void {
    const task = this.#task
    const outer = task.record
    task.record = record
    try {
      this.#step(record)
    } catch (error) {
      this.#context.failed(error, record, this as Subscriber<never>)
    } finally {
      task.record = outer
    }
  }
}

/**
 * Turns a step function into a node's operator. `start` runs once per task and returns the step; state that must
 * survive a restart belongs in stores, not in its closure.
 */
export function operator<In extends AnyRecord, Out extends AnyRecord>(
  start: (emit: Emit<Out>, context: NodeContext) => Step<In>,
): NodeOperator<In, Out> {
  return (context) => (source) =>
    new Observable<Out>((subscriber) => {
      const step = start((record) => subscriber.next(record), context)
      return source.subscribe(new StepSubscriber(subscriber as Subscriber<never>, step, context))
    })
}
