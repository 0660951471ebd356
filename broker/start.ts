import { systemClock } from '#core/ports/clock.ts'
import type { Files } from '#core/ports/files.ts'
import { memoryFiles } from '#core/ports/memory-files.ts'
import { systemRandom } from '#core/ports/random.ts'
import { systemFiles } from '#core/ports/system-files.ts'
import { systemTimers } from '#core/ports/timers.ts'
import { type Log, silentLog } from '#core/telemetry/log.ts'

import type { BrokerConfig } from './config.ts'
import { formatDirectory } from './controller/format.ts'
import { brokerErrors } from './errors.ts'
import { readSettings } from './given-settings.ts'
import { planListeners } from './listeners.ts'
import { cleanerOptions } from './log/cleaner/config.ts'
import { topicConfigDefinition } from './log/config.ts'
import { LogDirectory } from './log/log-directory.ts'
import { type Broker, type BrokerPorts, RunningBroker } from './running-broker.ts'
import { parseAddress } from './operations/address.ts'
import type { OperationsServer } from './operations/operations-server.ts'
import { saveSettings } from './saved-settings.ts'
import { firstUsers } from './security/first-users.ts'

export type { Broker, BrokerPorts } from './running-broker.ts'

/** How to start a broker. */
export interface BrokerOptions {
  /** Address to bind, 127.0.0.1 by default. */
  readonly host?: string
  /** Port to bind; 0 takes a free one. Default 9092, in memory 0. */
  readonly port?: number
  /** Directory for the data; made and formatted when it is not there. Default .millrace/broker. */
  readonly dataDir?: string
  /** Keeps everything in memory and nothing afterwards. */
  readonly memory?: boolean
  /** Settings by Kafka's names; they come after those above. */
  readonly config?: Readonly<Record<string, string>>
  /** SCRAM users to make where they are not there yet, as kafka-storage takes them: SCRAM-SHA-256=[name=…,password=…]. */
  readonly addScram?: readonly string[]
  readonly ports?: Partial<BrokerPorts>
  readonly log?: Log
}

/**
 * Starts a broker and resolves when it serves. Rejects with CONFIG_INVALID, PORT_INVALID, LISTENER_OPEN,
 * LISTENER_UNAVAILABLE and what is wrong with the data directory; then nothing keeps running.
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const log = options.log ?? silentLog
  const { given, config } = readSettings(optionSettings(options), 'broker', log)
  const plan = planListeners(config, given)
  const ports: BrokerPorts = {
    clock: systemClock,
    timers: systemTimers({ ref: false }),
    random: systemRandom,
    files: options.memory ? memoryFiles() : systemFiles,
    ...options.ports,
  }
  const operations = await openOperations(config['millrace.metrics.listener'], log)
  try {
    return await startNode(options, ports, { log, given, config, plan, operations })
  } catch (error) {
    await operations?.stop()
    throw error
  }
}

type NodeParts = Omit<ConstructorParameters<typeof RunningBroker>[1], 'meta' | 'logs'>

async function startNode(options: BrokerOptions, ports: BrokerPorts, parts: NodeParts): Promise<Broker> {
  const { log, given, config, plan } = parts
  const dataDir = options.memory ? '/broker' : dataDirectory(config)
  prepareDirectory(ports.files, dataDir)
  const meta = formatDirectory(ports, dataDir, { id: config['node.id'], controller: plan.controller })
  const logs = await LogDirectory.open({ ...ports, log }, dataDir, {
    config: topicConfigDefinition.parse({}, 'defaults of topics'),
    retentionCheckMs: config['log.retention.check.interval.ms'],
    producerIdExpirationMs: config['producer.id.expiration.ms'],
    cleaner: cleanerOptions(config),
  })
  saveSettings(ports.files, dataDir, given)
  const broker = new RunningBroker(ports, { ...parts, meta, logs })
  try {
    await broker.start(firstUsers(options.addScram ?? [], ports.random))
  } catch (error) {
    await broker.abort()
    throw error
  }
  return broker
}

/** The endpoint of those who operate the broker, up before anything that takes time; undefined while it is not asked for. */
async function openOperations(address: string | undefined, log: Log): Promise<OperationsServer | undefined> {
  if (address === undefined) return undefined
  const { host, port } = parseAddress(address)!
  const { OperationsServer } = await import('./operations/operations-server.ts')
  const server = new OperationsServer()
  try {
    await server.start(host, port)
  } catch (cause) {
    throw brokerErrors.LISTENER_UNAVAILABLE({ host, port, problem: (cause as Error).message }, cause)
  }
  log('info', `metrics at http://${server.address}/metrics, health at /health`)
  return server
}

/** The settings as text: those of the options, which come first, and those of `config`. */
function optionSettings(options: BrokerOptions): Record<string, string> {
  const { host, port, dataDir, memory = false, config: raw = {} } = options
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65535)) {
    throw brokerErrors.PORT_INVALID({ port: String(port) })
  }
  const listens = host !== undefined || port !== undefined || (memory && raw['listeners'] === undefined)
  return {
    ...raw,
    ...(listens && { listeners: `PLAINTEXT://${host ?? '127.0.0.1'}:${port ?? (memory ? 0 : 9092)}` }),
    ...(dataDir !== undefined && { 'log.dirs': dataDir }),
  }
}

function prepareDirectory(files: Files, directory: string): void {
  try {
    files.makeDirectory(directory)
    files.list(directory)
  } catch (cause) {
    throw brokerErrors.DATA_DIRECTORY_UNUSABLE({ directory, problem: (cause as Error).message }, cause)
  }
}

function dataDirectory(config: BrokerConfig): string {
  const [directory, ...others] = config['log.dirs']
  if (directory === undefined || others.length > 0) {
    throw brokerErrors.ONE_DIRECTORY({ directories: config['log.dirs'].join(', ') || 'none' })
  }
  return directory
}
