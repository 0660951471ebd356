import { describe, expect, it } from 'vitest'

import { describeConfigs } from '#core/wire/api/32-describe-configs.ts'
import { alterConfigs } from '#core/wire/api/33-alter-configs.ts'
import { incrementalAlterConfigs } from '#core/wire/api/44-incremental-alter-configs.ts'
import { listConfigResources } from '#core/wire/api/74-list-config-resources.ts'
import { errorName } from '#core/wire/errors.ts'
import { kafkaSettings } from '../../../broker/settings/kafka-settings.ts'
import { makeTopic, memoryBroker, wireClient } from '../../support/memory-broker.ts'
import type { WireClient } from '../../support/wire-client.ts'

const types = { topic: 2, broker: 4, clientMetrics: 16, group: 32 } as const
const sources: Readonly<Record<number, string>> = {
  1: 'topic',
  2: 'broker',
  3: 'all brokers',
  4: 'start',
  5: 'default',
  7: 'metrics',
  8: 'group',
}
const [set, remove, append, subtract] = [0, 1, 2, 3]

async function connected(config: Readonly<Record<string, string>> = {}): Promise<WireClient> {
  return wireClient(await memoryBroker(config))
}

async function rows(client: WireClient, resourceType: number, resourceName: string) {
  const { results } = await client.call(describeConfigs, 4, {
    resources: [{ resourceType, resourceName, configurationKeys: null }],
    includeSynonyms: true,
    includeDocumentation: true,
  })
  if (results[0]!.errorCode !== 0) throw new Error(errorName(results[0]!.errorCode))
  return new Map(results[0]!.configs.map((row) => [row.name, row]))
}

/** Value and sources of one setting, the strongest first. */
async function shown(client: WireClient, type: number, name: string, setting: string) {
  const row = (await rows(client, type, name)).get(setting)
  return row && [row.value, ...row.synonyms.map((each) => `${sources[each.source]}:${each.name}=${each.value}`)]
}

async function change(
  client: WireClient,
  resourceType: number,
  resourceName: string,
  configs: Readonly<Record<string, string | null>>,
  configOperation = set,
  validateOnly = false,
): Promise<string> {
  const rows = Object.entries(configs).map(([name, value]) => ({ name, value, configOperation: configOperation! }))
  const resources = [{ resourceType, resourceName, configs: rows }]
  const { responses } = await client.call(incrementalAlterConfigs, 1, { resources, validateOnly })
  return errorName(responses[0]!.errorCode)
}

describe('settings of the broker', () => {
  it('are all that Apache Kafka shows, with its types, and what is secret without its value', async () => {
    const client = await connected({ 'ssl.keystore.password': 'hush', 'num.io.threads': '9' })
    const all = await rows(client, types.broker, '1')
    const missing = [...kafkaSettings.values()].filter(({ name, hidden }) => !hidden && !all.has(name))
    expect(missing).toEqual([])
    expect([...kafkaSettings.values()].filter(({ name, hidden }) => hidden && all.has(name))).toEqual([])
    expect(all.get('num.io.threads')).toMatchObject({ value: '9', configSource: 4, readOnly: false, configType: 3 })
    expect(all.get('broker.id')).toMatchObject({ readOnly: true })
    expect(all.get('ssl.keystore.password')).toMatchObject({ value: null, isSensitive: true, readOnly: true })
    expect(all.get('ssl.keystore.password')!.synonyms.map(({ value }) => value)).toEqual([null])
    for (const { name, documentation } of all.values()) expect(documentation, name).toBeTruthy()
  })

  it('come from where they are made: for the broker, for all, at the start, by default', async () => {
    const client = await connected({ 'log.retention.hours': '24' })
    const of = () => shown(client, types.broker, '1', 'log.retention.ms')
    expect(await of()).toEqual([null])
    expect(await change(client, types.broker, '', { 'log.retention.ms': '2000' })).toBe('NONE')
    expect(await change(client, types.broker, '1', { 'log.retention.ms': '1000' })).toBe('NONE')
    expect(await of()).toEqual([
      '1000',
      'broker:log.retention.ms=1000',
      'all brokers:log.retention.ms=2000',
      'start:log.retention.hours=24',
      'default:log.retention.hours=168',
    ])
    expect([...(await rows(client, types.broker, '')).keys()]).toEqual(['log.retention.ms'])
    expect(await change(client, types.broker, '1', { 'log.retention.ms': null }, remove)).toBe('NONE')
    expect((await of())![0]).toBe('2000')
  })

  it('reach topics that say nothing themselves', async () => {
    const client = await connected()
    await makeTopic(client, 'a')
    await makeTopic(client, 'b', { 'max.message.bytes': '77' })
    expect(await change(client, types.broker, '', { 'message.max.bytes': '99' })).toBe('NONE')
    expect((await shown(client, types.topic, 'a', 'max.message.bytes'))![0]).toBe('99')
    expect((await shown(client, types.topic, 'b', 'max.message.bytes'))![0]).toBe('77')
  })

  it('that cannot change, cannot be read or are out of bounds are refused; those that nobody knows are kept', async () => {
    const client = await connected()
    for (const setting of [
      { 'broker.rack': 'x' },
      { listeners: 'PLAINTEXT://:1' },
      { 'ssl.keystore.location': '/x' },
      { 'listener.name.plaintext.ssl.keystore.location': '/x' },
      { 'message.max.bytes': 'many' },
      { 'num.io.threads': '0' },
      { 'log.cleanup.policy': 'burn' },
    ]) {
      expect(await change(client, types.broker, '1', setting), JSON.stringify(setting)).toBe('INVALID_REQUEST')
    }
    expect(await change(client, types.broker, '7', { 'num.io.threads': '2' })).toBe('INVALID_REQUEST')
    expect(await change(client, types.broker, '1', { 'of.a.plugin': 'x' })).toBe('NONE')
    expect((await rows(client, types.broker, '1')).get('of.a.plugin')).toMatchObject({ value: null, isSensitive: true })
  })

  it('that are only checked do not change', async () => {
    const client = await connected()
    expect(await change(client, types.broker, '', { 'message.max.bytes': '99' }, set, true)).toBe('NONE')
    expect((await shown(client, types.broker, '1', 'message.max.bytes'))![0]).toBe('1048588')
  })

  it('are replaced as a whole by the older request', async () => {
    const client = await connected()
    await change(client, types.broker, '', { 'message.max.bytes': '99', 'log.retention.ms': '5' })
    const configs = [{ name: 'log.retention.ms', value: '6' }]
    const resources = [{ resourceType: types.broker, resourceName: '', configs }]
    await client.call(alterConfigs, 2, { resources, validateOnly: false })
    const left = await rows(client, types.broker, '')
    expect([...left.values()].map(({ name, value }) => [name, value])).toEqual([['log.retention.ms', '6']])
  })
})

describe('settings of topics', () => {
  it('that are lists grow and shrink, without repeating themselves', async () => {
    const client = await connected()
    await makeTopic(client, 'a')
    const policy = async () => (await shown(client, types.topic, 'a', 'cleanup.policy'))![0]
    expect(await change(client, types.topic, 'a', { 'cleanup.policy': 'compact,delete' }, append)).toBe('NONE')
    expect(await policy()).toBe('delete,compact')
    expect(await change(client, types.topic, 'a', { 'cleanup.policy': 'delete' }, subtract)).toBe('NONE')
    expect(await policy()).toBe('compact')
    expect(await change(client, types.topic, 'a', { 'retention.ms': '1' }, append)).toBe('INVALID_CONFIG')
    expect(await change(client, types.topic, 'a', { nope: '1' })).toBe('INVALID_CONFIG')
    expect(await change(client, types.topic, 'z', { 'retention.ms': '1' })).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })
})

describe('settings of groups', () => {
  it('stay within what the broker allows, and fall back on it', async () => {
    const client = await connected({ 'group.consumer.max.session.timeout.ms': '50000' })
    const name = 'consumer.session.timeout.ms'
    expect(await change(client, types.group, 'g', { [name]: '50001' })).toBe('INVALID_CONFIG')
    expect(await change(client, types.group, 'g', { [name]: '50000' })).toBe('NONE')
    expect(await shown(client, types.group, 'g', name)).toEqual([
      '50000',
      'group:consumer.session.timeout.ms=50000',
      'default:group.consumer.session.timeout.ms=45000',
    ])
    expect((await rows(client, types.group, 'h')).get(name)).toMatchObject({ value: '45000', configSource: 5 })
    expect(await change(client, types.group, 'g', { 'streams.num.standby.replicas': '3' })).toBe('INVALID_CONFIG')
    expect(await change(client, types.group, 'g', { 'share.auto.offset.reset': 'by_duration:PT1H' })).toBe('NONE')
    expect(await change(client, types.group, 'g', { 'share.auto.offset.reset': 'by_duration:P' })).toBe(
      'INVALID_CONFIG',
    )
    expect(await change(client, types.group, 'g', { nope: '1' })).toBe('INVALID_CONFIG')
    expect(await change(client, types.group, '', { [name]: '45000' })).toBe('INVALID_REQUEST')
  })
})

describe('subscriptions to metrics of clients', () => {
  it('are kept and listed', async () => {
    const client = await connected()
    expect(await change(client, types.clientMetrics, 'm', { 'interval.ms': '99' })).toBe('INVALID_CONFIG')
    expect(await change(client, types.clientMetrics, 'm', { match: 'client_name=.*' })).toBe('INVALID_CONFIG')
    expect(await change(client, types.clientMetrics, 'm', { nope: '1' })).toBe('INVALID_REQUEST')
    expect(await change(client, types.clientMetrics, 'm', { match: 'client_id=app.*', metrics: '*' })).toBe('NONE')
    expect((await client.call(listConfigResources, 0, {})).configResources).toMatchObject([{ resourceName: 'm' }])
    const all = await client.call(listConfigResources, 1, { resourceTypes: [] })
    const listed = all.configResources.map(({ resourceType, resourceName }) => `${resourceType} ${resourceName}`)
    expect(listed).toEqual(['4 1', '8 1', '16 m'])
    expect(errorName((await client.call(listConfigResources, 1, { resourceTypes: [3] })).errorCode)).toBe(
      'UNSUPPORTED_VERSION',
    )
  })
})
