import type { OperatorFunction } from 'rxjs'
import { defer, Observable } from 'rxjs'
import { systemClock } from '#core/ports/clock.ts'
import type { Header } from '#core/records/record.ts'
import { invalid } from '../errors.ts'
import { StreamRecord } from '../record.ts'
import type { ValueAndTimestamp } from '../state/store.ts'
import type { PutResult, TableStore } from '../state/table-store.ts'
import type { Windowed } from '../state/windowed.ts'
import type { Fold } from './aggregate.ts'
import { aggregate, counting, reducing } from './aggregate.ts'
import { assignWindows } from './assign-windows.ts'
import type { DropReason, TaskContext } from './context.ts'
import { filter, filterNot } from './filter.ts'
import { flatMap, flatMapValues } from './flat-map.ts'
import { map, mapValues, selectKey } from './map.ts'
import type { NodeContext, NodeOperator } from './operator.ts'
import { peek } from './peek.ts'
import { toStream } from './table-map.ts'
import type { TimeWindows } from './windows.ts'

/** Makes a record by hand; the timestamp is its event time in ms. */
export const record = <K, V>(given: {
  readonly key: K
  readonly value: V
  readonly timestamp: number
  readonly headers?: readonly Header[]
}): StreamRecord<K, V> => new StreamRecord(given.key, given.value, given.timestamp, given.headers)

/** Rows as objects, for operators that run without a task. Object keys are told apart by their JSON. */
class ObjectRows<K, V> implements TableStore<K, V> {
  readonly name = 'rows'
  readonly versioned = false
  readonly #rows = new Map<unknown, ValueAndTimestamp<V>>()

  get size(): number {
    return this.#rows.size
  }

  get(key: K): ValueAndTimestamp<V> | null {
    return this.#rows.get(identity(key)) ?? null
  }

  getAsOf(key: K): ValueAndTimestamp<V> | null {
    return this.get(key)
  }

  put(key: K, value: V | null, timestamp: number): PutResult {
    if (value === null) this.#rows.delete(identity(key))
    else this.#rows.set(identity(key), { value, timestamp })
    return 'latest'
  }

  onFlush(): boolean {
    return false
  }
}

const identity = (key: unknown): unknown => (typeof key === 'object' ? JSON.stringify(key) : key)

/** A task of one operator: time is the real one, there is nothing to commit, and an error ends the stream as in RxJS. */
function detached(onDrop: (reason: DropReason) => void = () => {}): NodeContext {
  const rows = new ObjectRows()
  const task: TaskContext = {
    taskId: 'none',
    applicationId: 'none',
    clock: systemClock,
    emitIntervalMs: 0,
    streamTime: -1,
    record: undefined,
    origin: undefined,
    drop: onDrop,
    schedule: () => {
      throw invalid('an operator outside of a topology has no schedules')
    },
    requestCommit: () => {},
    windowsClosedTo: () => undefined,
    closedWindowsTo: () => {},
    failed: (_, error) => {
      throw error
    },
    outOfBand: (call) => call(),
    failLater: (_, error) => {
      throw error
    },
    onClose: () => {},
    onCloseWindows: () => {},
  }
  return {
    name: 'operator',
    task,
    store: <S>() => rows as unknown as S,
    emitTo: () => () => {},
    failed: (error, _, subscriber) => subscriber.error(error),
  }
}

/** Each subscription gets an operator of its own. */
const alone =
  <In, Out>(node: NodeOperator<In, Out>, onDrop?: (reason: DropReason) => void): OperatorFunction<In, Out> =>
  (source) =>
    defer(() => node(detached(onDrop))(source))

const foldAlone = <K, V, A>(fold: Fold<K, V, A>): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, A>> => {
  const table = alone(aggregate(fold, { store: 'rows', sendOldValues: false }))
  const rows = alone(toStream<K, A>())
  return (source) => rows(table(source)) as Observable<StreamRecord<K, A>>
}

/** Called for each record, or each window of one, that came too late. */
export interface LateOption {
  readonly onLate?: () => void
}

/**
 * The DSL's operators for any Observable of `StreamRecord`s, without Kafka, topology or serdes:
 *
 *     from(records).pipe(operators.windowed(windows.tumbling('1m', { grace: '10s' })), operators.count())
 *
 * Aggregations keep their rows in memory for as long as they are subscribed and emit every update. A function that throws
 * ends the stream with that error, as in RxJS; a topology asks its handler instead.
 */
export const operators = {
  filter: <K, V>(...args: Parameters<typeof filter<K, V>>) => alone(filter(...args)),
  filterNot: <K, V>(...args: Parameters<typeof filterNot<K, V>>) => alone(filterNot(...args)),
  map: <K, V, K2, V2>(...args: Parameters<typeof map<K, V, K2, V2>>) => alone(map(...args)),
  mapValues: <K, V, V2>(...args: Parameters<typeof mapValues<K, V, V2>>) => alone(mapValues(...args)),
  flatMap: <K, V, K2, V2>(...args: Parameters<typeof flatMap<K, V, K2, V2>>) => alone(flatMap(...args)),
  flatMapValues: <K, V, V2>(...args: Parameters<typeof flatMapValues<K, V, V2>>) => alone(flatMapValues(...args)),
  selectKey: <K, V, K2>(...args: Parameters<typeof selectKey<K, V, K2>>) => alone(selectKey(...args)),
  peek: <K, V>(...args: Parameters<typeof peek<K, V>>) => alone(peek(...args)),

  /** Puts each record into its windows; late ones are left out. */
  windowed: <K, V>(
    windows: TimeWindows,
    { onLate }: LateOption = {},
  ): OperatorFunction<StreamRecord<K, V>, StreamRecord<Windowed<K>, V>> =>
    alone(assignWindows<K, V>(windows), onLate === undefined ? undefined : () => onLate()),

  /** Counts per key, windowed or not. */
  count: <K, V>(): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, number>> =>
    foldAlone(counting as Fold<K, V, number>),

  /** Combines the values of each key. */
  reduce: <K, V>(
    reducer: (aggregate: V, value: V, key: K) => V | null,
  ): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, V>> => foldAlone(reducing(reducer)),

  /** Aggregates the values of each key. */
  aggregate: <K, V, A>(fold: Fold<K, V, A>): OperatorFunction<StreamRecord<K, V>, StreamRecord<K, A>> =>
    foldAlone(fold),

  /**
   * Holds updates of windows back until event time has passed their end by `graceMs`, then lets the last one of each
   * through, by end, then in the order in which the windows came up. The end of the source releases the rest.
   */
  finals: <K, V>({
    graceMs,
  }: {
    readonly graceMs: number
  }): OperatorFunction<StreamRecord<Windowed<K>, V>, StreamRecord<Windowed<K>, V>> => finals(graceMs),
} as const

const finals =
  <K, V>(graceMs: number): OperatorFunction<StreamRecord<Windowed<K>, V>, StreamRecord<Windowed<K>, V>> =>
  (source) =>
    new Observable((subscriber) => {
      const held = new Map<unknown, StreamRecord<Windowed<K>, V>>()
      let observed = -1
      const release = (until: number): void => {
        const due = [...held].filter(([, each]) => each.key.end <= until)
        for (const [place, each] of due.sort(([, a], [, b]) => a.key.end - b.key.end)) {
          held.delete(place)
          subscriber.next(each)
        }
      }
      return source.subscribe({
        next: (each) => {
          observed = Math.max(observed, each.timestamp)
          held.set(identity(each.key), each)
          release(observed - graceMs)
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => {
          release(Infinity)
          subscriber.complete()
        },
      })
    })
