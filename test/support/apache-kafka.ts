import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { metadata } from '#core/wire/api/03-metadata.ts'
import { command, freePort, kafkaTool, peer } from './peers.ts'
import { WireClient } from './wire-client.ts'

/** Formats the directory of a server.properties as Apache Kafka's documentation tells a single node to. */
export async function formatApache(folder: string, properties: string): Promise<void> {
  const file = join(folder, 'server.properties')
  writeFileSync(file, properties)
  const clusterId = Buffer.from(Array.from({ length: 16 }, () => Math.floor(Math.random() * 128))).toString('base64url')
  const how = ['format', '--standalone', '-t', clusterId, '-c', file]
  await kafkaTool(['run-class', 'kafka.tools.StorageTool', ...how])
}

/**
 * Apache Kafka on the given server.properties, its log in `folder`, stopped when the body ends. It must not have complained by
 * then, but for what it is `forgiven`.
 */
export async function withApache<T>(
  folder: string,
  properties: string,
  port: number,
  body: () => Promise<T>,
  forgiven = /^$/,
): Promise<T> {
  writeFileSync(join(folder, 'server.properties'), properties)
  const { stdout } = await command(peer('kafka/kafka.sh'), ['classpath'])
  const log = openSync(join(folder, 'apache.log'), 'w')
  const said = (): string => readFileSync(join(folder, 'apache.log'), 'utf8')
  const args = [
    '-Xmx512m',
    `-Dlog4j2.configurationFile=${peer('kafka/log4j2.properties')}`,
    '-cp',
    stdout.trim(),
    'kafka.Kafka',
    join(folder, 'server.properties'),
  ]
  const server = spawn('java', args, { stdio: ['ignore', log, log] })
  try {
    await answers(port, server, said)
    const result = await body()
    const complaints = said()
      .split('\n')
      // That a busy machine is slow is none.
      .filter(
        (line) => /ERROR|FATAL|corrupt|Exception/i.test(line) && !/Exceptionally slow controller event/.test(line),
      )
      .filter((line) => !forgiven.test(line))
    assert.deepEqual(complaints, [], 'what Apache Kafka logged')
    return result
  } finally {
    if (server.exitCode === null) {
      server.kill('SIGTERM')
      await new Promise((done) => server.once('exit', done))
    }
    closeSync(log)
  }
}

async function answers(port: number, server: ChildProcess, log: () => string): Promise<void> {
  for (const end = Date.now() + 120_000; Date.now() < end; await pause(200)) {
    if (server.exitCode !== null) throw new Error(`Apache Kafka ended with ${server.exitCode}\n${log()}`)
    if (await hasBroker(port)) return
  }
  throw new Error(`Apache Kafka did not answer\n${log()}`)
}

async function hasBroker(port: number): Promise<boolean> {
  const client = await WireClient.connect(`127.0.0.1:${port}`).catch(() => undefined)
  if (client === undefined) return false
  const { brokers } = await client.call(metadata, 12, { topics: [] }).catch(() => ({ brokers: [] }))
  client.close()
  return brokers.length > 0
}

/** Where a broker listens, without a login and with one. */
export interface Listeners {
  readonly plain: string
  readonly sasl: string
}

/** Apache Kafka with further settings and two listeners, wiped when the body ends. */
export async function withLogins<T>(
  settings: Readonly<Record<string, string>>,
  body: (at: Listeners) => Promise<T>,
): Promise<T> {
  const [port, saslPort] = [await freePort(), await freePort()]
  const [plain, sasl] = [`127.0.0.1:${port}`, `127.0.0.1:${saslPort}`]
  const own = `PLAINTEXT://${plain},SASL_PLAINTEXT://${sasl}`
  const lines: Record<string, string> = {
    ...settings,
    listeners: `${own},CONTROLLER://127.0.0.1:${port + 20_000}`,
    'advertised.listeners': own,
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT',
  }
  const properties = Object.entries(lines).map(
    ([name, value]) => `${name}=${value.replaceAll(' ', String.raw`\u0020`)}`,
  )
  const env = { KAFKA_HEAP_OPTS: '-Xmx512m -Xms256m', KAFKA_PROPS: properties.join(' ') }
  await kafkaTool(['start', String(port)], { env })
  try {
    return await body({ plain, sasl })
  } finally {
    await kafkaTool(['wipe', String(port)])
  }
}
