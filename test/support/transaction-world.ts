import { defineConfig } from '#core/config/define.ts'
import { VirtualTime } from '#core/ports/virtual-time.ts'
import { silentLog } from '#core/telemetry/log.ts'
import { type ErrorName, errorName } from '#core/wire/errors.ts'
import { type TransactionSettings, transactionSettings } from '../../broker/coordinator/transaction/config.ts'
import type { ProducerIdentity } from '../../broker/coordinator/transaction/known-id.ts'
import type { TransactionMarker, TransactionPorts } from '../../broker/coordinator/transaction/ports.ts'
import { TransactionCoordinator } from '../../broker/coordinator/transaction/transaction-coordinator.ts'
import type { PartitionSets } from '../../broker/coordinator/transaction/transaction.ts'

/** A marker that was written, and where. */
export interface WrittenMarker extends TransactionMarker {
  readonly place: string
}

/** A coordinator of transactions over a log in memory and virtual time. */
export class TransactionWorld {
  readonly time = new VirtualTime(1_700_000_000_000)
  readonly logs: Buffer[][] = Array.from({ length: 3 }, () => [])
  readonly markers: WrittenMarker[] = []
  /** What becomes of a marker; undefined keeps it waiting until it is set again. */
  markerOutcome: (place: string) => ErrorName | undefined = () => 'NONE'
  /** Throws when appends are to fail. */
  beforeAppend: () => void = () => undefined
  version = 2
  nextProducerId = 100
  leaderEpoch = 0
  coordinator: TransactionCoordinator
  readonly #settings: TransactionSettings
  #held: (() => void)[] = []
  #deferred: (() => void)[] = []

  constructor(settings: Readonly<Record<string, unknown>> = {}) {
    this.#settings = defineConfig(transactionSettings).parse(settings, 'test')
    this.coordinator = this.#make()
  }

  static async start(settings: Readonly<Record<string, unknown>> = {}): Promise<TransactionWorld> {
    const world = new TransactionWorld(settings)
    await world.load()
    return world
  }

  async load(): Promise<void> {
    for (const partition of this.logs.keys()) await this.coordinator.load(partition)
  }

  /** What a kill and a start do: all but the logs is gone. */
  async restart(): Promise<void> {
    const old = this.coordinator
    this.#deferred = []
    this.#held = []
    this.leaderEpoch++
    this.coordinator = this.#make()
    await this.load()
    await old.close()
    await this.settle()
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    do {
      for (const call of this.#deferred.splice(0)) call()
      await new Promise((done) => setImmediate(done))
    } while (this.#deferred.length > 0)
  }

  async advance(ms: number): Promise<void> {
    await this.settle()
    for (let left = ms; left > 0; left -= 1000) {
      this.time.advance(Math.min(left, 1000))
      await this.settle()
    }
  }

  /** Tries the markers again that were kept waiting. */
  async release(): Promise<void> {
    for (const call of this.#held.splice(0)) call()
    await this.settle()
  }

  async init(transactionalId: string, more: Partial<ProducerIdentity> & { timeoutMs?: number } = {}) {
    const { producerId = -1, producerEpoch = -1, timeoutMs: transactionTimeoutMs = 60_000 } = more
    const request = { transactionalId, transactionTimeoutMs, producerId, producerEpoch }
    const answer = await this.#answered(this.coordinator.initProducerId(request))
    return { error: errorName(answer.errorCode), producerId: answer.producerId!, producerEpoch: answer.producerEpoch }
  }

  add(transactionalId: string, producer: ProducerIdentity, partitions: PartitionSets, clientVersion = 2) {
    return this.#answered(this.coordinator.addPartitions(transactionalId, producer, partitions, clientVersion))
  }

  async end(transactionalId: string, producer: ProducerIdentity, committed: boolean, apiVersion = 5) {
    const { producerId, producerEpoch } = producer
    const request = { transactionalId, producerId, producerEpoch, committed }
    const answer = await this.#answered(this.coordinator.endTxn(request, apiVersion))
    return {
      error: errorName(answer.errorCode),
      producerId: answer.producerId ?? -1,
      producerEpoch: answer.producerEpoch ?? -1,
    }
  }

  state(transactionalId: string): string {
    const { errorCode, transactionState } = this.coordinator.describe(transactionalId)
    return errorCode === 0 ? transactionState : errorName(errorCode)
  }

  /** All that the coordinator says of all ids: what has to be the same after a restart. */
  picture(): unknown {
    const all = { stateFilters: [], producerIdFilters: [], durationFilter: -1, transactionalIdPattern: null }
    const ids = this.coordinator.list(all, () => true).transactionStates.map(({ transactionalId }) => transactionalId)
    return ids.toSorted().map((id) => this.coordinator.describe(id))
  }

  async #answered<T>(answer: Promise<T>): Promise<T> {
    await this.settle()
    return answer
  }

  #make(): TransactionCoordinator {
    const ports: TransactionPorts = {
      clock: this.time,
      timers: this.time,
      log: silentLog,
      config: this.#settings,
      defer: (call) => void this.#deferred.push(call),
      transactionVersion: () => this.version,
      nextProducerId: () => this.nextProducerId++,
      writeMarker: (topic, partition, marker, done) => this.#mark(`${topic}-${partition}`, marker, done),
      partitions: {
        count: this.logs.length,
        maxBatchBytes: 1_048_588,
        append: (partition, batches) => {
          this.beforeAppend()
          this.logs[partition]!.push(Buffer.from(batches))
        },
        read: (partition) => this.logs[partition]!,
        leaderEpoch: () => this.leaderEpoch,
      },
    }
    return new TransactionCoordinator(ports)
  }

  #mark(place: string, marker: TransactionMarker, done: (problem: ErrorName) => void): void {
    const outcome = this.markerOutcome(place)
    if (outcome === undefined) return void this.#held.push(() => this.#mark(place, marker, done))
    if (outcome === 'NONE') this.markers.push({ place, ...marker })
    done(outcome)
  }
}

/** Partitions by topic, from `topic-0` names. */
export const places = (...names: readonly string[]): PartitionSets => {
  const sets = new Map<string, Set<number>>()
  for (const name of names) {
    const at = name.lastIndexOf('-')
    const topic = name.slice(0, at)
    sets.set(topic, (sets.get(topic) ?? new Set()).add(Number(name.slice(at + 1))))
  }
  return sets
}
