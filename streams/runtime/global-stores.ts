import type { Clock } from '#core/ports/clock.ts'
import type { Log } from '#core/telemetry/log.ts'
import type { DropReason } from '../operators/context.ts'
import type { RawRecord } from '../record.ts'
import type { OpenStore } from '../state/environment.ts'
import { openStore } from '../state/open.ts'
import type { StateStore } from '../state/store.ts'
import type { TableStore } from '../state/table-store.ts'
import type { GlobalStore } from '../topology/node.ts'
import type { Topology } from '../topology/topology.ts'
import type { Collector } from './collector.ts'
import { Failures } from './failures.ts'
import { RecordQueue } from './record-queue.ts'
import type { TaskConfig } from './task-config.ts'

/** The world as global stores see it. */
export interface GlobalPorts {
  readonly collector: Collector
  readonly clock: Clock
  readonly log: Log
}

interface GlobalTable {
  readonly queue: RecordQueue
  readonly store: TableStore<unknown, unknown>
}

/**
 * The rows of a topology's global tables: every instance reads all partitions of their topics, and each record is applied
 * at once. The tasks of the instance share them.
 */
export class GlobalStores {
  /** By store name, for tasks. */
  readonly stores: ReadonlyMap<string, StateStore>
  readonly dropped: Partial<Record<DropReason, number>> = {}
  readonly #tables = new Map<string, GlobalTable>()

  constructor(ports: GlobalPorts, topology: Topology, config: TaskConfig) {
    const failures = new Failures(config, ports.collector, ports.clock, ports.log)
    const stores = new Map<string, StateStore>()
    for (const { source, store: name } of topology.globals as readonly GlobalStore[]) {
      const open: OpenStore = openStore(topology.stores.get(name)!, {
        current: { record: undefined, origin: undefined },
        changelog: undefined,
        cache: undefined,
        expired: () => this.#drop('expired'),
        now: () => ports.clock.now(),
      })
      const topic = (source.topics as readonly string[])[0]!
      const queue = new RecordQueue(topic, 0, source, {
        unreadable: (error, from) => {
          failures.deserialization(error, source, from)
          this.#drop('deserialization')
        },
        untimed: () => this.#drop('timestamp'),
      })
      stores.set(name, open.store)
      this.#tables.set(topic, { queue, store: open.store as unknown as TableStore<unknown, unknown> })
    }
    this.stores = stores
  }

  /** Topics to read, all partitions of each. */
  get topics(): readonly string[] {
    return [...this.#tables.keys()]
  }

  /** Applies records of one of the topics, in the order of its partition. */
  add(topic: string, records: Iterable<RawRecord>): void {
    const { queue, store } = this.#tables.get(topic)!
    queue.add(records)
    for (let record = queue.head; record !== undefined; record = queue.head) {
      const { source } = queue
      queue.take()
      queue.ledger.release(source!)
      if (record.key === null) this.#drop('null-key')
      else store.put(record.key, record.value, record.timestamp)
    }
  }

  #drop(reason: DropReason): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + 1
  }
}
