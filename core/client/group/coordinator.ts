import type { Cluster } from '#core/client/cluster/cluster.ts'
import type { Links } from '#core/client/cluster/links.ts'
import type { BodyFor, SendOptions } from '#core/client/connection/broker-link.ts'
import { isCoordinatorLost, refusal } from '#core/client/errors.ts'
import type { Api, Decoded, Fields, Message } from '#core/wire/schema.ts'

/** The way to the broker that coordinates one group. */
export class GroupCoordinator {
  readonly groupId: string
  readonly cluster: Cluster
  readonly #links: Links | undefined

  /** Without links of its own it uses those that the client shares. */
  constructor(cluster: Cluster, groupId: string, links?: Links) {
    this.cluster = cluster
    this.groupId = groupId
    this.#links = links
  }

  /** One try. When the broker does not answer it is looked up anew next time. */
  async send<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    body: BodyFor<Q>,
    options?: SendOptions,
  ): Promise<Decoded<Message<R>>> {
    const broker = await this.cluster.coordinators.find('group', this.groupId)
    try {
      if (this.#links === undefined) return await this.cluster.send(broker, api, body, options)
      return await this.#links.to(broker).send(api, body, options)
    } catch (error) {
      this.#forgetIfLost(error)
      throw error
    }
  }

  /** Throws what an answer's code means, if anything. */
  check(errorCode: number, about: string, told?: string | null): void {
    if (errorCode === 0) return
    const error = refusal(errorCode, about, told)
    this.#forgetIfLost(error)
    throw error
  }

  #forgetIfLost(error: unknown): void {
    if (isCoordinatorLost(error)) this.cluster.coordinators.forget('group', this.groupId)
  }
}
