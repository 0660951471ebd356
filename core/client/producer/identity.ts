import type { Cluster } from '#core/client/cluster/cluster.ts'
import { refusal } from '#core/client/errors.ts'
import type { ProducerIdentity } from '#core/client/producer/partition-queue.ts'
import { initProducerId } from '#core/wire/api/22-init-producer-id.ts'

/** Gets producer ids from the cluster: one at first use, another when the epochs of one are used up. */
export class ProducerIdentities {
  readonly #cluster: Cluster
  readonly #timeoutMs: number
  #current: ProducerIdentity | undefined
  #pending: Promise<void> | undefined

  constructor(cluster: Cluster, timeoutMs: number) {
    this.#cluster = cluster
    this.#timeoutMs = timeoutMs
  }

  get current(): ProducerIdentity | undefined {
    return this.#current
  }

  /** Replaces `spent`, if nobody has done so yet. Calls during a request share it. */
  renew(spent: ProducerIdentity | undefined): Promise<void> {
    if (this.#current !== spent) return Promise.resolve()
    this.#pending ??= this.#request().finally(() => (this.#pending = undefined))
    return this.#pending
  }

  async #request(): Promise<void> {
    const { producerId, producerEpoch } = await this.#cluster.retrying(
      async () => {
        const answer = await this.#cluster.sendToAny(initProducerId, {
          transactionalId: null,
          transactionTimeoutMs: 60_000,
        })
        if (answer.errorCode !== 0) throw refusal(answer.errorCode, 'a producer id')
        return answer
      },
      { timeoutMs: this.#timeoutMs },
    )
    this.#current = { producerId, producerEpoch }
  }
}
