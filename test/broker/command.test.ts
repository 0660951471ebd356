import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished, vi } from 'vitest'

import type { LogLevel } from '#core/telemetry/log.ts'
import { brokerCommand, leaveCommand } from '../../broker/command.ts'
import { brokerConfigDefinition } from '../../broker/config.ts'
import { type BrokerOptions, startBroker } from '../../broker/start.ts'
import { stopOnSignals } from '../../broker/stop-signals.ts'
import { fetch, fetchBody, makeTopic, metadata, wireClient } from '../support/memory-broker.ts'

/** What Apache Kafka's own server.properties sets. */
const shipped = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.quorum.bootstrap.servers': 'localhost:9093',
  listeners: 'PLAINTEXT://:0,CONTROLLER://:9093',
  'inter.broker.listener.name': 'PLAINTEXT',
  'advertised.listeners': 'PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093',
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map':
    'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL',
  'num.network.threads': '3',
  'num.io.threads': '8',
  'socket.send.buffer.bytes': '102400',
  'socket.receive.buffer.bytes': '102400',
  'socket.request.max.bytes': '104857600',
  'num.partitions': '1',
  'num.recovery.threads.per.data.dir': '2',
  'offsets.topic.replication.factor': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'log.retention.hours': '168',
  'log.segment.bytes': '1073741824',
  'log.retention.check.interval.ms': '300000',
}

async function linesOf(options: BrokerOptions): Promise<readonly (readonly [LogLevel, string])[]> {
  const lines: [LogLevel, string][] = []
  await using _ = await startBroker({ memory: true, ...options, log: (level, message) => lines.push([level, message]) })
  return lines
}

/** What a command says and returns. */
async function run(command: () => Promise<number>): Promise<{ code: number; said: string }> {
  let said = ''
  const spies = [process.stderr, process.stdout].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((text) => ((said += String(text)), true)),
  )
  try {
    return { code: await command(), said }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

function fileWith(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-command-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, 'server.properties'), text)
  return join(directory, 'server.properties')
}

describe('settings', () => {
  it('of the file that Apache Kafka ships are taken without a warning, and open nothing to other machines', async () => {
    const lines = await linesOf({ config: shipped })
    expect(lines.filter(([level]) => level === 'warn' || level === 'error')).toEqual([])
    await using broker = await startBroker({ memory: true, config: shipped })
    expect(broker.address.host).toBe('localhost')
  })

  it('that nobody knows are warned about once each, those without effect told in one line', async () => {
    const lines = await linesOf({
      config: { 'no.such.thing': '1', 'num.io.threads': '9', 'num.replica.fetchers': '4' },
    })
    expect(lines).toContainEqual(['warn', 'setting "no.such.thing" is not known and has no effect'])
    const idle = lines.filter(([, text]) => text.includes('without effect'))
    expect(idle).toEqual([['info', expect.stringMatching(/num\.io\.threads, num\.replica\.fetchers$/)]])
  })

  it('are checked also where they have no effect', async () => {
    const start = startBroker({ memory: true, config: { 'num.io.threads': '0', 'num.partitions': 'x' } })
    await expect(start).rejects.toThrow(/num\.partitions.*num\.io\.threads": must be at least 1, got 0/)
  })

  it('of a role that is not played here are refused', async () => {
    const start = startBroker({ memory: true, config: { 'process.roles': 'controller' } })
    await expect(start).rejects.toThrow(/process\.roles/)
  })
})

describe('millrace broker', () => {
  it('ends with 64 and names what was wrong: port, word, file, setting', async () => {
    const cases = [
      [{ port: 'abc' }, /port "abc"/],
      [{ port: '70000' }, /port "70000"/],
      [{ log: 'xml' }, /--log is "xml".*text, json/s],
      [{ logLevel: 'loud' }, /--log-level/],
      [{ config: '/does/not/exist' }, /\/does\/not\/exist/],
      [
        { config: fileWith('num.partitions=many\n') },
        /server\.properties": setting "num\.partitions": expected a whole/,
      ],
      [{ set: ['num.partitions'] }, /is not a setting/],
      [{ set: ['log.segment.bytes=-1'] }, /--set: setting "log\.segment\.bytes"/],
      [{ data: '/proc/x/y' }, /\/proc\/x\/y.*cannot be used/],
    ] as const
    for (const [options, said] of cases) {
      const result = await run(() => brokerCommand({ ...options }))
      expect(result).toEqual({ code: 64, said: expect.stringMatching(said) })
    }
  })

  it('names every setting in its help', async () => {
    const { code, said } = await run(() => brokerCommand({ help: true }, 'usage'))
    expect(code).toBe(0)
    for (const name of Object.keys(brokerConfigDefinition.settings)) expect(said).toContain(`  ${name}  (`)
    expect(said.split('\n').filter((line) => line.length > 120)).toEqual([])
  })

  it('gives its signals back when it could not start', async () => {
    const before = process.listenerCount('SIGTERM')
    await run(() => brokerCommand({ port: 'abc' }))
    expect(process.listenerCount('SIGTERM')).toBe(before)
  })
})

describe('signals', () => {
  it('drain the broker the first time, and end it at once the second time', async () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never)
    const signals = stopOnSignals()
    try {
      process.emit('SIGTERM')
      await signals.first
      expect(exit).not.toHaveBeenCalled()
      process.emit('SIGINT')
      expect(exit).toHaveBeenCalledWith(130)
    } finally {
      signals.release()
      exit.mockRestore()
    }
  })

  it('let requests that are under way end, and close who has none', async () => {
    const broker = await startBroker({ memory: true })
    const [idle, busy] = await Promise.all([wireClient(broker), wireClient(broker)])
    await makeTopic(idle, 'a')
    const waiting = busy.call(fetch, 12, { ...fetchBody('a', 0), maxWaitMs: 60_000, minBytes: 1 })
    await idle.call(metadata, 12, { topics: null })
    await broker.stop()
    expect((await waiting).errorCode).toBe(0)
  })
})

describe('millrace leave', () => {
  it('ends with 64 for a port or a directory that cannot be', async () => {
    expect((await run(() => leaveCommand({ data: '/nowhere', port: 'abc' }))).code).toBe(64)
    expect((await run(() => leaveCommand({ data: '/nowhere' }))).code).toBe(64)
  })
})
