import { ProtocolError } from '#core/wire/errors.ts'

/** What a member is told beside its tasks, by number. */
export const statusCodes = {
  STALE_TOPOLOGY: 0,
  MISSING_SOURCE_TOPICS: 1,
  INCORRECTLY_PARTITIONED_TOPICS: 2,
  MISSING_INTERNAL_TOPICS: 3,
  SHUTDOWN_APPLICATION: 4,
  ASSIGNMENT_DELAYED: 5,
} as const

/** The topics that exist do not fit a topology: the group waits until they do. */
export class TopicProblem extends Error {
  readonly status: 'MISSING_SOURCE_TOPICS' | 'INCORRECTLY_PARTITIONED_TOPICS' | 'MISSING_INTERNAL_TOPICS'

  constructor(status: TopicProblem['status'], detail: string) {
    super(detail)
    this.name = 'TopicProblem'
    this.status = status
  }
}

/** The error for a topology that cannot work, whatever topics exist. */
export const invalidTopology = (problem: string): ProtocolError =>
  new ProtocolError('STREAMS_INVALID_TOPOLOGY', problem)

/** How many partitions a topic has; undefined when there is no such topic. */
export type PartitionCount = (topic: string) => number | undefined

/** The count of a topic that must have one. */
export function known(topic: string, count: PartitionCount): number {
  const partitions = count(topic)
  if (partitions === undefined) throw invalidTopology(`nothing says how many partitions topic ${topic} has`)
  return partitions
}
