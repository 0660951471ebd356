import { resolve } from 'node:path'

import type { Files } from '#core/ports/files.ts'

import { metaPropertiesFile, readMetaProperties } from './controller/meta-properties.ts'
import { brokerErrors } from './errors.ts'
import { cleanShutdownFile } from './log/file-names.ts'
import { readSettings } from './saved-settings.ts'

const standardAuthorizer = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'

const remarkOnAccess =
  '# super.users has to name whom Apache Kafka is on its own CONTROLLER listener: User:ANONYMOUS where that is PLAINTEXT.'

/**
 * The server.properties with which Apache Kafka 4.3 starts on a directory that was stopped cleanly; it takes over the
 * topics, records, settings and committed offsets as they lie there. Its controller listens on the port after `port`.
 * Throws NOT_A_BROKER_DIRECTORY and NOT_STOPPED_CLEANLY.
 */
export function leaveProperties(files: Files, dataDirectory: string, port: number): string {
  const directory = resolve(dataDirectory)
  if (!files.exists(metaPropertiesFile(directory))) throw brokerErrors.NOT_A_BROKER_DIRECTORY({ directory })
  const meta = readMetaProperties(files, directory)!
  if (!files.exists(`${directory}/${cleanShutdownFile}`)) throw brokerErrors.NOT_STOPPED_CLEANLY({ directory })
  const rows: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(meta.nodeId),
    'controller.quorum.bootstrap.servers': `127.0.0.1:${port + 1}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${port + 1}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${port + 1}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': directory,
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    ...readSettings(files, directory),
  }
  // The short name is ours.
  if (rows['authorizer.class.name'] === 'standard') rows['authorizer.class.name'] = standardAuthorizer
  const remarks = rows['authorizer.class.name'] === undefined ? [] : [remarkOnAccess]
  const lines = Object.entries(rows).map(([name, value]) => `${name}=${value}`)
  return [
    `# Apache Kafka takes over ${directory}: save this as server.properties, then`,
    '# bin/kafka-server-start.sh server.properties',
    '# Listeners with TLS or logins are not in it, nor are their keys and passwords: add them.',
    ...remarks,
    ...lines,
    '',
  ].join('\n')
}
