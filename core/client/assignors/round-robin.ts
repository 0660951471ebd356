import { assignments, servingOrder, subscribedTopics } from '#core/client/assignors/members.ts'
import type { Assignor, TopicPartition } from '#core/client/client.ts'

/** Kafka's `roundrobin`: all partitions of all topics are dealt in turn to the members that want them. */
export function roundRobinAssignor(): Assignor {
  return {
    name: 'roundrobin',
    protocol: 'eager',
    assign(partitionCounts, subscriptions) {
      const owned = new Map<string, TopicPartition[]>([...subscriptions.keys()].map((member) => [member, []]))
      const members = servingOrder(subscriptions)
      const wanted = new Map(members.map((member) => [member, new Set(subscriptions.get(member)!.topics)]))
      let turn = 0
      const next = (): string => members[turn++ % members.length]!
      for (const topic of subscribedTopics(partitionCounts, subscriptions)) {
        for (let partition = 0; partition < partitionCounts.get(topic)!; partition++) {
          let member = next()
          while (!wanted.get(member)!.has(topic)) member = next()
          owned.get(member)!.push({ topic, partition })
        }
      }
      return assignments(owned)
    },
  }
}
