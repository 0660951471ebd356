import type { Setting } from '#core/config/define.ts'
import { systemClock } from '#core/ports/clock.ts'
import { memoryFiles } from '#core/ports/memory-files.ts'
import { systemRandom } from '#core/ports/random.ts'
import { systemFiles } from '#core/ports/system-files.ts'
import { systemTimers } from '#core/ports/timers.ts'
import { type Log, silentLog } from '#core/telemetry/log.ts'

import { type BrokerConfig, brokerConfigDefinition, flushPolicies, ignoredSettings } from './config.ts'
import { formatDirectory } from './controller/format.ts'
import { brokerErrors } from './errors.ts'
import { planListeners } from './listeners.ts'
import { topicConfigDefinition } from './log/config.ts'
import { LogDirectory } from './log/log-directory.ts'
import { type Broker, type BrokerPorts, RunningBroker } from './running-broker.ts'
import { saveSettings } from './saved-settings.ts'
import { isListenerOverride } from './security/config.ts'
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
 * Starts a broker and resolves when it serves. Rejects with CONFIG_INVALID, LISTENER_OPEN, LISTENER_UNAVAILABLE and what
 * is wrong with the data directory; then nothing keeps running.
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const log = options.log ?? silentLog
  const given = givenSettings(options, log)
  const config = brokerConfigDefinition.parse(given, 'broker')
  const plan = planListeners(config, given)
  const ports: BrokerPorts = {
    clock: systemClock,
    timers: systemTimers({ ref: false }),
    random: systemRandom,
    files: options.memory ? memoryFiles() : systemFiles,
    ...options.ports,
  }
  const dataDir = options.memory ? '/broker' : dataDirectory(config)
  ports.files.makeDirectory(dataDir)
  const meta = formatDirectory(ports, dataDir, { id: config['node.id'], controller: plan.controller })
  const logs = await LogDirectory.open({ ...ports, log }, dataDir, {
    config: topicConfigDefinition.parse({}, 'defaults of topics'),
    retentionCheckMs: config['log.retention.check.interval.ms'],
    producerIdExpirationMs: config['producer.id.expiration.ms'],
  })
  saveSettings(ports.files, dataDir, given)
  const broker = new RunningBroker(ports, { log, given, config, plan, meta, logs })
  try {
    await broker.start(firstUsers(options.addScram ?? [], ports.random))
  } catch (error) {
    await broker.abort()
    throw error
  }
  return broker
}

/** What the broker was told, by canonical name. Names that mean nothing are warned about once and left out. */
function givenSettings(options: BrokerOptions, log: Log): Record<string, string> {
  const given: Record<string, string> = {}
  for (const [name, value] of Object.entries(options.config ?? {})) {
    const known = brokerConfigDefinition.resolve(name)
    if (known !== undefined) given[known] = canonical(known, value)
    else if (isListenerOverride(name)) given[name] = value
    else if (!ignoredSettings.has(name)) log('warn', `setting "${name}" is not known and has no effect`)
  }
  const { host, port, dataDir, memory = false } = options
  if (host !== undefined || port !== undefined || (memory && given['listeners'] === undefined)) {
    given['listeners'] = `PLAINTEXT://${host ?? '127.0.0.1'}:${port ?? (memory ? 0 : 9092)}`
  }
  if (dataDir !== undefined) given['log.dirs'] = dataDir
  const policy = flushPolicies[given['flush'] as keyof typeof flushPolicies]
  return { ...policy, ...given }
}

/** A value in Kafka's form: units are ours. What cannot be read stays as it is, for the definition to complain of. */
function canonical(name: string, value: string): string {
  const setting = (brokerConfigDefinition.settings as Readonly<Record<string, Setting<unknown>>>)[name]!
  try {
    return setting.print(setting.parse(value))
  } catch (error) {
    if (error instanceof RangeError) return value
    throw error
  }
}

function dataDirectory(config: BrokerConfig): string {
  const [directory, ...others] = config['log.dirs']
  if (directory === undefined || others.length > 0) {
    throw brokerErrors.ONE_DIRECTORY({ directories: config['log.dirs'].join(', ') || 'none' })
  }
  return directory
}
