import { describe, expect, it } from 'vitest'

import type { StreamsGroupTopologyValue } from '#core/wire/stored/streams-group-records.ts'
import {
  type ConfiguredTopology,
  configureTopology,
} from '../../../../broker/coordinator/streams-group/topology/configure.ts'
import { sameTopology, topologyOf } from '../../../../broker/coordinator/streams-group/topology/topology.ts'

type Part = StreamsGroupTopologyValue['subtopologies'][number]

const topic = (name: string, partitions = 0) => ({ name, partitions, replicationFactor: 0, topicConfigs: [] })
const part = (subtopologyId: string, given: Partial<Part>): Part => ({
  subtopologyId,
  sourceTopics: [],
  sourceTopicRegex: [],
  stateChangelogTopics: [],
  repartitionSinkTopics: [],
  repartitionSourceTopics: [],
  copartitionGroups: [],
  ...given,
})
const together = (sourceTopics: number[], repartitionSourceTopics: number[] = []) => ({
  sourceTopics,
  sourceTopicRegex: [],
  repartitionSourceTopics,
})

const configure = (parts: Part[], topics: Record<string, number>): ConfiguredTopology =>
  configureTopology(topologyOf({ epoch: 0, subtopologies: parts }), (name) => topics[name])

const toCreate = (configured: ConfiguredTopology): string[] =>
  configured.toCreate.map(({ name, partitions }) => `${name} ${partitions}`)

describe('a topology measured against topics', () => {
  const counting = [
    part('0', { sourceTopics: ['a', 'b'], repartitionSinkTopics: ['r'] }),
    part('1', { repartitionSourceTopics: [topic('r')], stateChangelogTopics: [topic('s')] }),
  ]

  it('has internal topics made with as many partitions as the largest input', () => {
    const configured = configure(counting, { a: 3, b: 5 })
    expect(configured.problem?.status).toBe('MISSING_INTERNAL_TOPICS')
    expect(toCreate(configured)).toEqual(['r 5', 's 5'])
    expect(Array.from(configured.subtopologies!.values(), ({ tasks }) => tasks)).toEqual([5, 5])
  })

  it('is ready when they are there, and says which one has another number of partitions', () => {
    expect(configure(counting, { a: 3, b: 5, r: 5, s: 5 }).problem).toBeUndefined()
    expect(configure(counting, { a: 3, b: 5, r: 4, s: 5 }).problem).toMatchObject({
      status: 'INCORRECTLY_PARTITIONED_TOPICS',
      message: 'topic r has 4 partitions where the topology needs 5',
    })
  })

  it('waits for source topics', () => {
    const configured = configure(counting, { b: 5 })
    expect(configured.problem).toMatchObject({
      status: 'MISSING_SOURCE_TOPICS',
      message: 'source topics are missing: a',
    })
    expect(toCreate(configured)).toEqual([])
  })

  it('follows repartition topics from one part to the next, in whatever order', () => {
    const parts = [
      part('0', { repartitionSourceTopics: [topic('r2')], stateChangelogTopics: [topic('s')] }),
      part('1', { repartitionSourceTopics: [topic('r1')], repartitionSinkTopics: ['r2'] }),
      part('2', { sourceTopics: ['a'], repartitionSinkTopics: ['r1'] }),
    ]
    expect(toCreate(configure(parts, { a: 6 }))).toEqual(['r1 6', 'r2 6', 's 6'])
  })

  it('evens out what is joined: repartition topics follow topics of users, and one another', () => {
    const withUser = part('1', {
      sourceTopics: ['b'],
      repartitionSourceTopics: [topic('r')],
      copartitionGroups: [together([0], [0])],
    })
    const source = part('0', { sourceTopics: ['a'], repartitionSinkTopics: ['r'] })
    expect(toCreate(configure([source, withUser], { a: 8, b: 3 }))).toEqual(['r 3'])
    const fixed = { ...withUser, repartitionSourceTopics: [topic('r', 4)] }
    expect(configure([source, fixed], { a: 8, b: 3 }).problem?.message).toBe(
      'repartition topic r is to have 4 partitions, but is joined with topics that have 3',
    )
    const users = part('0', { sourceTopics: ['a', 'b'], copartitionGroups: [together([0, 1])] })
    expect(configure([users], { a: 8, b: 3 }).problem?.message).toBe(
      'topics that are joined differ in partitions: a has 8, b has 3',
    )
  })

  it('refuses what no topics would satisfy', () => {
    const loop = part('0', { repartitionSourceTopics: [topic('r')], repartitionSinkTopics: ['r'] })
    const dangling = part('0', { sourceTopics: ['a'], repartitionSourceTopics: [topic('r')] })
    const odd = part('0', { sourceTopics: ['a'], copartitionGroups: [together([7])] })
    for (const parts of [[loop], [dangling], [part('0', {})], [odd]]) {
      expect(() => configure(parts, { a: 1 })).toThrow(expect.objectContaining({ code: 'STREAMS_INVALID_TOPOLOGY' }))
    }
  })

  it('is the same whatever the order of its parts, and another with another topic', () => {
    const of = (subtopologies: Part[]) => topologyOf({ epoch: 1, subtopologies })
    expect(sameTopology(of(counting), of(counting.toReversed()))).toBe(true)
    expect(sameTopology(of(counting), of([counting[0]!]))).toBe(false)
  })
})
