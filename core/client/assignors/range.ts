import { assignments, servingOrder, subscribedTopics } from '#core/client/assignors/members.ts'
import type { Assignor, TopicPartition } from '#core/client/client.ts'

/**
 * Kafka's `range`: each topic by itself is cut into as many runs as it has subscribers, the first ones a partition
 * longer. Equal keys of equally partitioned topics so reach the same member. Racks are not looked at.
 */
export function rangeAssignor(): Assignor {
  return {
    name: 'range',
    protocol: 'eager',
    assign(partitionCounts, subscriptions) {
      const owned = new Map<string, TopicPartition[]>([...subscriptions.keys()].map((member) => [member, []]))
      const ordered = servingOrder(subscriptions)
      for (const topic of subscribedTopics(partitionCounts, subscriptions)) {
        const members = ordered.filter((member) => subscriptions.get(member)!.topics.includes(topic))
        const count = partitionCounts.get(topic)!
        const least = Math.floor(count / members.length)
        const longer = count % members.length
        let partition = 0
        members.forEach((member, index) => {
          const end = partition + least + (index < longer ? 1 : 0)
          while (partition < end) owned.get(member)!.push({ topic, partition: partition++ })
        })
      }
      return assignments(owned)
    },
  }
}
