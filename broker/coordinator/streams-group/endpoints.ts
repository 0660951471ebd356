import type { StreamsGroupHeartbeatResponseInput } from '#core/wire/api/88-streams-group-heartbeat.ts'
import type { Member } from './member.ts'
import type { ConfiguredTopology } from './topology/configure.ts'
import type { PartitionCount } from './topology/problem.ts'

/** Which partitions an instance of an application holds, for interactive queries. */
export type Endpoint = NonNullable<StreamsGroupHeartbeatResponseInput['partitionsByUserEndpoint']>[number]

type Partitions = Endpoint['activePartitions']

/** Where the members of a group are reached and what is found there; made from their assignments, never stored. */
export class Endpoints {
  /** Grows whenever a member with an endpoint runs something else; members say which one they know. */
  epoch = 0
  readonly #known = new Map<string, Endpoint>()

  /** What a member holds is to be found out anew. */
  forget(memberId: string): void {
    this.#known.delete(memberId)
  }

  forgetAll(): void {
    this.#known.clear()
  }

  /** Every member that has an endpoint, with the partitions of its tasks; none while the topology is not ready. */
  list(members: Iterable<Member>, topology: ConfiguredTopology, count: PartitionCount): Endpoint[] {
    const { subtopologies } = topology
    if (subtopologies === undefined) return []
    const partitionsOf = (tasks: ReadonlyMap<string, ReadonlySet<number> | ReadonlyMap<number, number>>): Partitions =>
      [...tasks].flatMap(([id, partitions]) => {
        const subtopology = subtopologies.get(id)
        if (subtopology === undefined) return []
        const names = [...subtopology.sourceTopics, ...subtopology.repartitionSourceTopics.map(({ name }) => name)]
        return names.map((topic) => {
          const existing = count(topic) ?? 0
          return { topic, partitions: [...partitions.keys()].filter((partition) => partition < existing) }
        })
      })
    const endpoints: Endpoint[] = []
    for (const { memberId, metadata, assigned } of members) {
      if (metadata.userEndpoint === null) continue
      let endpoint = this.#known.get(memberId)
      if (endpoint === undefined) {
        endpoint = {
          userEndpoint: metadata.userEndpoint,
          activePartitions: partitionsOf(assigned.active),
          standbyPartitions: partitionsOf(assigned.standby),
        }
        this.#known.set(memberId, endpoint)
      }
      endpoints.push(endpoint)
    }
    return endpoints
  }
}
