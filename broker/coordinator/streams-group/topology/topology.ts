import type { StreamsGroupHeartbeatRequest } from '#core/wire/api/88-streams-group-heartbeat.ts'
import { encodeStored } from '#core/wire/stored/stored.ts'
import { type StreamsGroupTopologyValue, streamsGroupTopologyValue } from '#core/wire/stored/streams-group-records.ts'

/** One part of a topology, as it is stored. */
export type Subtopology = StreamsGroupTopologyValue['subtopologies'][number]

/** A topic that the broker makes for an application, as members ask for it; 0 leaves a number to the broker. */
export type TopicInfo = Subtopology['stateChangelogTopics'][number]

/** What an application does, as far as the broker needs it: which topics each part of it reads, writes and keeps. */
export interface Topology {
  readonly epoch: number
  /** By ascending id. */
  readonly subtopologies: readonly Subtopology[]
  /** The subtopology that reads a topic, by the topic's name. */
  readonly readerOf: ReadonlyMap<string, Subtopology>
  /** Topics that it reads or keeps state in, ascending. */
  readonly requiredTopics: readonly string[]
}

/** A stored topology, made ready for questions. */
export function topologyOf(value: StreamsGroupTopologyValue): Topology {
  const subtopologies = value.subtopologies.toSorted((a, b) => (a.subtopologyId < b.subtopologyId ? -1 : 1))
  const readerOf = new Map<string, Subtopology>()
  const required = new Set<string>()
  for (const subtopology of subtopologies) {
    for (const topic of inputsOf(subtopology)) {
      readerOf.set(topic, subtopology)
      required.add(topic)
    }
    for (const { name } of subtopology.stateChangelogTopics) required.add(name)
  }
  return { epoch: value.epoch, subtopologies, readerOf, requiredTopics: [...required].toSorted() }
}

/** The topology of a heartbeat as it is stored; a copy, since the request's memory is used again. */
export function storedTopology(sent: NonNullable<StreamsGroupHeartbeatRequest['topology']>): StreamsGroupTopologyValue {
  return structuredClone(sent)
}

/** True when two topologies say the same; the order of subtopologies does not count. */
export function sameTopology(a: Topology, b: Topology): boolean {
  const bytes = ({ epoch, subtopologies }: Topology): Buffer =>
    encodeStored(streamsGroupTopologyValue, 0, { epoch, subtopologies })
  return bytes(a).equals(bytes(b))
}

/** Everything that a subtopology reads. */
export const inputsOf = ({ sourceTopics, repartitionSourceTopics }: Subtopology): string[] => [
  ...sourceTopics,
  ...repartitionSourceTopics.map(({ name }) => name),
]
