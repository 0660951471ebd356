import type { Observable, OperatorFunction, Subscription } from 'rxjs'
import { Subject } from 'rxjs'
import { StreamRecord } from '../record.ts'
import type { NodeContext, NodeOperator } from './operator.ts'
import { operator } from './operator.ts'

type AnyRecord = StreamRecord<unknown, unknown>

const compose = (
  source: Observable<unknown>,
  stages: readonly OperatorFunction<unknown, unknown>[],
): Observable<unknown> => stages.reduce((from, stage) => stage(from), source)

/**
 * RxJS operators as one node. They are shielded from the rest: an error thrown after the stage goes up past them
 * instead of ending them, and an error thrown in them ends only this stage, which then starts anew, empty.
 */
class RxStage {
  readonly #stages: readonly OperatorFunction<unknown, unknown>[]
  readonly #emit: (record: AnyRecord) => void
  readonly #context: NodeContext
  #input = new Subject<AnyRecord>()
  #running: Subscription | undefined
  /** True while a record is being handed in: what comes out then came of that record. */
  #entered = false
  #own: { readonly error: unknown } | undefined
  #later: { readonly error: unknown } | undefined

  constructor(
    stages: readonly OperatorFunction<unknown, unknown>[],
    emit: (record: AnyRecord) => void,
    context: NodeContext,
  ) {
    this.#stages = stages
    this.#emit = emit
    this.#context = context
    this.#start()
  }

  take(record: AnyRecord): void {
    this.#entered = true
    try {
      this.#input.next(record)
    } finally {
      this.#entered = false
    }
    const later = this.#later
    const own = this.#own
    this.#later = undefined
    this.#own = undefined
    if (later !== undefined) throw later.error
    if (own !== undefined) throw own.error
  }

  #start(): void {
    this.#input = new Subject()
    this.#running = compose(this.#input, this.#stages).subscribe({
      next: (out) => this.#came(out),
      error: (error: unknown) => {
        this.#own = { error }
        this.#start()
        if (!this.#entered) this.#context.task.failLater(this.#context.name, error)
      },
    })
  }

  #came(out: unknown): void {
    if (!(out instanceof StreamRecord)) {
      this.#own ??= { error: new TypeError('an operator given to pipe() emitted something that is no StreamRecord') }
      return
    }
    if (this.#later !== undefined) return
    try {
      if (this.#entered) this.#emit(out)
      else this.#context.task.outOfBand(() => this.#emit(out))
    } catch (error) {
      if (this.#entered) this.#later = { error }
      else this.#context.task.failLater(this.#context.name, error)
    }
  }

  stop(): void {
    this.#running?.unsubscribe()
  }
}

/** Runs RxJS operators between two nodes. They get and must emit `StreamRecord`s. */
export const rxStage = (stages: readonly OperatorFunction<unknown, unknown>[]): NodeOperator<AnyRecord, AnyRecord> =>
  operator((emit, context) => {
    const stage = new RxStage(stages, emit, context)
    context.task.onClose(() => stage.stop())
    return (record) => stage.take(record)
  })
