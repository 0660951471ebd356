import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { parseProperties } from '#core/config/properties.ts'
import { systemFiles } from '#core/ports/system-files.ts'
import type { LogLevel } from '#core/telemetry/log.ts'
import { leaveProperties } from '../../broker/leave.ts'
import { startBroker } from '../../broker/start.ts'
import { WireClient } from '../support/wire-client.ts'
import { fetchValues, makeTopic, memoryBroker, produceValues, wireClient } from '../support/memory-broker.ts'
import { temporaryFolder } from '../support/temporary.ts'

describe('a broker', () => {
  it('shares a process with others', async () => {
    const brokers = await Promise.all([memoryBroker(), memoryBroker(), memoryBroker()])
    for (const [i, broker] of brokers.entries()) {
      const client = await wireClient(broker)
      await makeTopic(client, 'a')
      await produceValues(client, 'a', [String(i)])
      expect(await fetchValues(client, 'a', 0)).toEqual([String(i)])
    }
    expect(new Set(brokers.map(({ clusterId }) => clusterId)).size).toBe(3)
  })

  it('warns once of settings that it does not know', async () => {
    const lines: [LogLevel, string][] = []
    const broker = await startBroker({
      memory: true,
      config: { 'num.gremlins': '3' },
      log: (level, message) => lines.push([level, message]),
    })
    await broker.stop()
    expect(lines.filter(([level]) => level === 'warn')).toEqual([
      ['warn', 'setting "num.gremlins" is not known and has no effect'],
    ])
  })

  it('refuses settings that make no sense, by name', async () => {
    await expect(startBroker({ memory: true, config: { 'num.partitions': 'many' } })).rejects.toThrow(/num\.partitions/)
    await expect(startBroker({ memory: true, config: { listeners: 'SASL_SSL://127.0.0.1:0' } })).rejects.toThrow(
      /ssl\.keystore\.location/,
    )
    await expect(startBroker({ memory: true, config: { listeners: 'INSIDE://127.0.0.1:0' } })).rejects.toThrow(
      /listener\.security\.protocol\.map.*INSIDE/,
    )
    await expect(startBroker({ memory: true, host: '0.0.0.0', port: 0 })).rejects.toThrow(/other machines/)
  })

  it('takes the settings that Apache ships, as far as they mean something here', async () => {
    const broker = await startBroker({
      memory: true,
      config: {
        'process.roles': 'broker,controller',
        listeners: 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:9093',
        'controller.listener.names': 'CONTROLLER',
        'controller.quorum.bootstrap.servers': 'localhost:9093',
        'inter.broker.listener.name': 'PLAINTEXT',
        'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL',
        'log.retention.hours': '24',
      },
    })
    onTestFinished(() => broker.stop())
    expect(broker.bootstrapServers).toMatch(/^127\.0\.0\.1:\d+$/)
  })

  it('binds to the world when told that this is meant', async () => {
    const broker = await startBroker({
      memory: true,
      host: '0.0.0.0',
      port: 0,
      config: { 'millrace.allow.unauthenticated': 'true', 'advertised.listeners': 'PLAINTEXT://localhost:0' },
    })
    onTestFinished(() => broker.stop())
    expect(broker.address.host).toBe('localhost')
  })

  it('says that its port is taken, and leaves nothing behind', async () => {
    const broker = await memoryBroker()
    const dataDir = temporaryFolder()
    await expect(startBroker({ dataDir, port: broker.address.port })).rejects.toThrow(/cannot be bound/)
    const other = await startBroker({ dataDir, port: 0 })
    await other.stop()
  })

  it('keeps its directory to itself', async () => {
    const dataDir = temporaryFolder()
    const broker = await startBroker({ dataDir, port: 0 })
    onTestFinished(() => broker.stop())
    await expect(startBroker({ dataDir, port: 0 })).rejects.toThrow(/in use by process/)
  })

  it('serves what a crash left: topics, records, and no deleted topic', async () => {
    const dataDir = temporaryFolder()
    const first = await startBroker({ dataDir, port: 0 })
    const client = await WireClient.connect(first.bootstrapServers)
    await makeTopic(client, 'kept')
    await produceValues(client, 'kept', ['x'])
    client.close()
    // Half of a topic: its directory is there, the records that would make it are not.
    await first.stop()
    systemFiles.makeDirectory(join(dataDir, 'stray-0'))
    writeFileSync(join(dataDir, 'stray-0', 'partition.metadata'), 'version: 0\ntopic_id: IFgOxOxuRZOOWCY2hQxIkw')
    const second = await startBroker({ dataDir, port: 0 })
    onTestFinished(() => second.stop())
    expect(await fetchValues(await wireClient(second), 'kept', 0)).toEqual(['x'])
    expect(existsSync(join(dataDir, 'stray-0'))).toBe(false)
  })
})

describe('leaving', () => {
  it('prints settings that name the directory and carry over what the broker was told', async () => {
    const dataDir = temporaryFolder()
    const broker = await startBroker({
      dataDir,
      port: 0,
      config: {
        'offsets.retention.check.interval.ms': '2h',
        'node.id': '7',
        flush: 'always',
        'millrace.allow.unauthenticated': 'true',
      },
    })
    expect(() => leaveProperties(systemFiles, dataDir, 9092)).toThrow(/not stopped cleanly/)
    await broker.stop()
    const rows = parseProperties(leaveProperties(systemFiles, dataDir, 9092))
    expect(rows).toMatchObject({
      'node.id': '7',
      'log.dirs': dataDir,
      listeners: 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
      'offsets.retention.check.interval.ms': '7200000',
      'log.flush.interval.messages': '1',
    })
    expect(Object.keys(rows).filter((name) => name.startsWith('millrace.'))).toEqual([])
    expect(readFileSync(join(dataDir, 'meta.properties'), 'utf8')).toContain('node.id=7')
  })

  it('says what Apache Kafka needs where access is controlled', async () => {
    const left = async (config: Record<string, string>) => {
      const dataDir = temporaryFolder()
      await (await startBroker({ dataDir, port: 0, config })).stop()
      return leaveProperties(systemFiles, dataDir, 9092)
    }
    expect(await left({})).not.toContain('super.users')
    expect(await left({ 'authorizer.class.name': 'standard' })).toMatch(/^# super\.users has to name/m)
  })

  it('is refused where no broker was', () => {
    expect(() => leaveProperties(systemFiles, temporaryFolder(), 9092)).toThrow(/no meta.properties/)
  })
})
