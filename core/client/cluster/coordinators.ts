import type { Cluster } from '#core/client/cluster/cluster.ts'
import { findCoordinator } from '#core/wire/api/10-find-coordinator.ts'
import { refusal } from '#core/client/errors.ts'

/** What a coordinator coordinates, by Kafka's number. */
const coordinatorTypes = { group: 0, transaction: 1 } as const
/** What the key of a FindCoordinator names: a group or a transactional id. */
export type CoordinatorType = keyof typeof coordinatorTypes

/** Remembers which broker coordinates which group. */
export class Coordinators {
  readonly #cluster: Cluster
  readonly #known = new Map<string, number>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** The broker that coordinates `key`. One try; rejects with a retriable error while there is none. */
  async find(type: CoordinatorType, key: string): Promise<number> {
    const known = this.#known.get(`${type} ${key}`)
    if (known !== undefined && this.#cluster.metadata.brokers.has(known)) return known
    const keyType = coordinatorTypes[type]
    const answer = await this.#cluster.sendToAny(findCoordinator, (version) =>
      version >= 4 ? { keyType, coordinatorKeys: [key] } : { key, ...(version >= 1 ? { keyType } : {}) },
    )
    const found = answer.coordinators[0] ?? answer
    if (found.errorCode !== 0) throw refusal(found.errorCode, `coordinator of ${type} "${key}"`, found.errorMessage)
    this.#known.set(`${type} ${key}`, found.nodeId)
    const { brokers } = this.#cluster.metadata
    if (!brokers.has(found.nodeId)) brokers.set(found.nodeId, { id: found.nodeId, host: found.host, port: found.port })
    return found.nodeId
  }

  /** To be called when the broker said it does not coordinate this key, or did not answer. */
  forget(type: CoordinatorType, key: string): void {
    this.#known.delete(`${type} ${key}`)
  }
}
