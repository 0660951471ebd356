import { describe, expect, it } from 'vitest'

import {
  brokerLogSettings,
  topicConfigDefinition,
  topicDefaults,
  topicSettings,
  topicSynonyms,
} from '../../../broker/log/config.ts'

describe('settings of topics', () => {
  it('have a value each, and as text what Kafka prints', () => {
    const printed = Object.entries(topicSettings).map(([name, setting]) => [
      name,
      setting.print(setting.options.default as never),
    ])
    expect(printed).toContainEqual(['flush.messages', '9223372036854775807'])
    expect(printed).toContainEqual(['cleanup.policy', 'delete'])
    expect(printed).toContainEqual(['leader.replication.throttled.replicas', ''])
    expect(printed).toContainEqual(['min.cleanable.dirty.ratio', '0.5'])
    expect(printed.filter(([name]) => !name!.startsWith('millrace.'))).toHaveLength(33)
  })

  it('refuse what Kafka refuses', () => {
    const problems = (raw: Record<string, string>): number =>
      topicConfigDefinition.validate(raw).flatMap((row) => row.errors).length
    for (const [name, value] of [
      ['cleanup.policy', 'shred'],
      ['retention.ms', '-2'],
      ['segment.bytes', '1000'],
      ['segment.ms', '0'],
      ['compression.type', 'none'],
      ['compression.gzip.level', '0'],
      ['min.cleanable.dirty.ratio', '1.5'],
      ['max.message.bytes', '1e9'],
      ['preallocate', 'yes'],
      ['leader.replication.throttled.replicas', 'all'],
      ['message.timestamp.type', 'createtime'],
    ] as const) {
      expect([name, problems({ [name]: value })]).toEqual([name, 1])
    }
    expect(
      problems({
        'cleanup.policy': 'compact,delete',
        'retention.ms': '-1',
        'flush.ms': '9223372036854775807',
        'compression.gzip.level': '-1',
      }),
    ).toBe(0)
  })

  it("follow the broker's settings, the strongest name first", () => {
    expect(topicDefaults({})['retention.ms']).toBe(604_800_000)
    expect(topicDefaults({ 'log.retention.hours': 2 })['retention.ms']).toBe(7_200_000)
    expect(topicDefaults({ 'log.retention.hours': 2, 'log.retention.minutes': 3 })['retention.ms']).toBe(180_000)
    expect(topicDefaults({ 'log.retention.ms': 7, 'log.retention.minutes': 3 })['retention.ms']).toBe(7)
    expect(topicDefaults({ 'log.retention.hours': -1 })['retention.ms']).toBe(-1)
    expect(topicDefaults({ 'message.max.bytes': 1000, 'log.flush.interval.messages': 1 })).toMatchObject({
      'max.message.bytes': 1000,
      'flush.messages': 1,
    })
  })

  it('have synonyms that are declared', () => {
    for (const rows of Object.values(topicSynonyms))
      for (const { name } of rows) expect(brokerLogSettings).toHaveProperty([name])
  })
})
