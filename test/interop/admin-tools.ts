/**
 * Apache Kafka's administrative tools against a broker of ours and against Apache Kafka itself, on the same topics: what
 * they print and how they end must be the same, but for names, numbers and the sentences of errors, which are ours. And the
 * tables of settings, compared with the declarations in the jars.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { clientMetricsDefinition } from '../../broker/settings/client-metrics-settings.ts'
import { groupConfigDefinition } from '../../broker/settings/group-settings.ts'
import { type KafkaSetting, kafkaSettings } from '../../broker/settings/kafka-settings.ts'
import { startBroker } from '../../broker/start.ts'
import { withBroker } from '../support/broker-under-test.ts'
import type { Check } from '../support/check.ts'
import { runJava } from '../support/java-messages.ts'
import { command, freePort, kafkaTool, peer, withKafka } from '../support/peers.ts'

const tools = 'org.apache.kafka.tools'
const heap = { env: { KAFKA_HEAP_OPTS: '-Xmx128m -XX:TieredStopAtLevel=1' } }

/** One call of a tool: its name in kafka.sh, or a class, and what follows; `--bootstrap-server` is put in by `{at}`. */
type Call = readonly string[]

const words = (text: string): Call => text.split(' ')

/** Calls whose whole output is compared. The folder holds plans of reassignments. */
const calls = (folder: string): readonly Call[] =>
  [
    'topics {at} --create --topic t1 --partitions 2 --replication-factor 1',
    'topics {at} --create --topic t1 --partitions 2 --replication-factor 1',
    'topics {at} --create --topic wide --partitions 1 --replication-factor 2',
    'topics {at} --list',
    'leader-election {at} --election-type preferred --topic t1 --partition 0',
    'leader-election {at} --election-type unclean --topic t1 --partition 1',
    'leader-election {at} --election-type preferred --topic nope --partition 0',
    'leader-election {at} --election-type preferred --all-topic-partitions',
    `reassign {at} --generate --topics-to-move-json-file ${folder}/topics.json --broker-list 1`,
    `reassign {at} --execute --reassignment-json-file ${folder}/same.json`,
    `reassign {at} --verify --reassignment-json-file ${folder}/same.json`,
    `reassign {at} --execute --reassignment-json-file ${folder}/nobody.json`,
    `reassign {at} --cancel --reassignment-json-file ${folder}/same.json`,
    'reassign {at} --list',
    'metadata-quorum {at} describe --status',
    'metadata-quorum {at} describe --replication',
    'log-dirs {at} --describe --topic-list t1',
    `run-class ${tools}.ClusterTool cluster-id {at}`,
    `run-class ${tools}.ClusterTool list-endpoints {at}`,
    `run-class ${tools}.ClusterTool unregister {at} --id 7`,
    `run-class ${tools}.ClientMetricsCommand {at} --alter --name m1 --metrics org.apache. --interval 60000`,
    `run-class ${tools}.ClientMetricsCommand {at} --describe --name m1`,
    `run-class ${tools}.ClientMetricsCommand {at} --list`,
    'configs {at} --entity-type groups --entity-name g1 --alter --add-config consumer.session.timeout.ms=50000',
    'configs {at} --entity-type groups --entity-name g1 --alter --add-config consumer.session.timeout.ms=1',
    'configs {at} --entity-type groups --entity-name g1 --alter --add-config nope=1',
    'configs {at} --entity-type groups --entity-name g1 --describe --all',
    'configs {at} --entity-type groups --describe',
    'configs {at} --entity-type brokers --entity-default --alter --add-config log.retention.ms=123456',
    'configs {at} --entity-type brokers --entity-name 1 --alter --add-config log.retention.ms=1234567,log.cleaner.threads=2',
    'configs {at} --entity-type brokers --entity-name 1 --alter --add-config broker.rack=x',
    'configs {at} --entity-type brokers --entity-default --alter --add-config ssl.keystore.type=PEM',
    'configs {at} --entity-type brokers --entity-name 1 --alter --add-config message.max.bytes=abc',
    'configs {at} --entity-type brokers --entity-name 1 --alter --add-config nobody.knows=abc',
    'configs {at} --entity-type brokers --entity-name 1 --describe',
    'configs {at} --entity-type topics --entity-name t1 --alter --add-config retention.ms=1000,cleanup.policy=[compact,delete]',
    'configs {at} --entity-type topics --entity-name t1 --describe --all',
    'configs {at} --entity-type topics --entity-name t1 --alter --add-config retention.ms=x',
    'configs {at} --entity-type client-metrics --describe',
    'features {at} upgrade --feature nope=1',
    'features {at} upgrade --feature group.version=9',
    'features {at} downgrade --feature metadata.version=29',
    'features {at} version-mapping --release-version 4.3',
    'features {at} upgrade --release-version 4.2',
    'features {at} downgrade --release-version 4.2',
    'features {at} upgrade --release-version 4.3 --dry-run',
    'features {at} upgrade --release-version 4.3',
    'features {at} downgrade --release-version 4.3',
  ].map(words)

/** What is the same on every cluster: no stacks, sentences, ids, times and addresses. */
function normal(text: string): string {
  return (
    text
      .split('\n')
      .filter((line) => !/^\s+at |^\s*\.\.\. \d+ more|^$|^SLF4J|\] (WARN|ERROR) /.test(line))
      // Apache Kafka gives a cluster-wide value with its newest feature; ours leaves that feature off.
      .filter((line) => !/^ {2}min\.insync\.replicas=/.test(line))
      .filter((line) => !/^ {2}millrace\./.test(line))
      .map((line) =>
        line
          .replace(/(org\.apache\.kafka\.common\.errors\.\w+): .*/, '$1')
          .replace(/^(Could not (?:up|down)grade \S+ to \d+\.|Error while executing topic command :) .*/, '$1')
          .replaceAll(/127\.0\.0\.1:\d+/g, 'ADDRESS')
          .replace(/(127\.0\.0\.1\s+)\d+/, '$1PORT')
          .replaceAll(/\b\d{13}\b/g, 'TIME')
          .replace(/(ClusterId:\s+|Cluster ID: )\S+/, '$1ID')
          .replace(/((?:HighWatermark|LeaderEpoch):\s+)\d+/, '$1N')
          // A quorum whose voters are named in settings, as that of the peer, knows no directories.
          .replace(/"directoryId": "[^"]*", /, '')
          .replace(/^(\d+\s+)\S{22}\s+\d+\s+/, '$1ID N ')
          .replaceAll(/"?\/[\w/.-]+\/(logs|millrace-broker-\w+)"?/g, 'DIRECTORY'),
      )
      .join('\n')
  )
}

async function outputs(at: string, folder: string): Promise<ReadonlyMap<string, string>> {
  const said = new Map<string, string>()
  for (const [i, call] of calls(folder).entries()) {
    const args = call.flatMap((word) => (word === '{at}' ? ['--bootstrap-server', at] : [word]))
    const { code, stdout, stderr } = await command(peer('kafka/kafka.sh'), args, heap)
    said.set(`${i} ${call.join(' ')}`, `${normal(`${stdout}\n${stderr}`)}\nended with ${code}`)
  }
  return said
}

/** What the peer's server.properties sets and its tools show. */
const sameSettings = { 'log.retention.hours': '168', 'log.segment.bytes': '1073741824' }

/** The lines that only one of two texts has. */
function difference(theirs: string, ours: string): string {
  const [left, right] = [theirs, ours].map((text) => text.split('\n'))
  return [
    ...left!.filter((line) => !right!.includes(line)).map((line) => `Apache Kafka: ${line}`),
    ...right!.filter((line) => !left!.includes(line)).map((line) => `ours:         ${line}`),
  ].join('\n')
}

async function sameAnswers(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tools-'))
  const plan = (topic: string, replicas: readonly number[]) =>
    JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, replicas }] })
  writeFileSync(join(folder, 'topics.json'), '{"topics":[{"topic":"t1"}],"version":1}')
  writeFileSync(join(folder, 'same.json'), plan('t1', [1]))
  writeFileSync(join(folder, 'nobody.json'), plan('t1', [2]))
  try {
    const theirs = await withKafka((at) => outputs(at, folder))
    const ours = await withBroker(sameSettings, (at) => outputs(at, folder))
    const differing = [...theirs].filter(([call, text]) => ours.get(call) !== text)
    if (differing.length === 0) return
    const told = differing.map(([call, text]) => `## ${call}\n${difference(text, ours.get(call) ?? '')}`)
    throw new Error(`${differing.length} of ${theirs.size} calls differ\n${told.join('\n')}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The levels that kafka-features shows. */
async function levels(at: string): Promise<Record<string, string>> {
  const text = await kafkaTool(['features', '--bootstrap-server', at, 'describe'], heap)
  return Object.fromEntries(
    [...text.matchAll(/^Feature: (\S+).*FinalizedVersionLevel: (\S+)/gm)].map(([, name, level]) => [name!, level!]),
  )
}

async function featuresChange(): Promise<void> {
  await withBroker({}, async (at) => {
    const change = (...args: string[]) => kafkaTool(['features', '--bootstrap-server', at, ...args], heap)
    await change('downgrade', '--feature', 'transaction.version=0')
    await change('upgrade', '--feature', 'group.version=1', '--feature', 'transaction.version=1')
    await change('upgrade', '--feature', 'transaction.version=2', '--dry-run')
    const shown = await levels(at)
    const want = {
      'transaction.version': '1',
      'group.version': '1',
      'metadata.version': '4.3-IV0',
      'kraft.version': '1',
    }
    for (const [name, level] of Object.entries(want)) {
      if (shown[name] !== level) throw new Error(`${name} is at ${shown[name]}, not ${level}`)
    }
  })
}

/** A directory that Apache Kafka's storage tool formatted with all its defaults is started, and keeps what it finalized. */
async function formattedByKafka(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-formatted-'))
  const port = await freePort()
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${port + 20000}`,
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${port + 20000}`,
    'log.dirs': `${folder}/logs`,
  }
  const rows = Object.entries(properties).map(([name, value]) => `${name}=${value}`)
  writeFileSync(join(folder, 'server.properties'), rows.join('\n'))
  try {
    const cluster = 'cGVlcnMta2Fma2EtMDAwMQ'
    await kafkaTool(['storage', 'format', '-t', cluster, '-c', join(folder, 'server.properties'), '--standalone'], heap)
    await using broker = await startBroker({ config: properties })
    if (broker.clusterId !== cluster) throw new Error(`cluster ${broker.clusterId}`)
    const shown = await levels(broker.bootstrapServers)
    const want = {
      'eligible.leader.replicas.version': '1',
      'group.version': '1',
      'streams.version': '1',
      'transaction.version': '2',
      'metadata.version': '4.3-IV0',
    }
    for (const [name, level] of Object.entries(want)) {
      if (shown[name] !== level) throw new Error(`${name} is at ${shown[name]}, not ${level}`)
    }
    if ('share.version' in shown) throw new Error('share groups are claimed')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The table's words for what a validator of the jar allows; undefined where it says nothing that the table keeps. */
function allowedBy(validator: string): string | undefined {
  const bounds = /^\[(-?[\d.]+?),\.\.\.(?:,(-?[\d.]+))?\]$/.exec(validator)
  if (bounds !== null) return bounds[1] === '' ? undefined : `${bounds[1]}..${bounds[2] ?? ''}`
  if (validator === '[1,...,9] or -1') return '1..9|-1'
  const choices = /^(\(case insensitive\) )?\[([\w., ]+)\]$/.exec(validator)
  return choices === null ? undefined : `${choices[2]!.replaceAll(', ', '|')}${choices[1] === undefined ? '' : '~'}`
}

async function tablesOfSettings(): Promise<void> {
  const wrong: string[] = []
  const seen = new Set<string>()
  const group = new Set(Object.keys(groupConfigDefinition.settings))
  const metrics = new Set(Object.keys(clientMetricsDefinition.settings))
  for (const line of runJava('BrokerSettings.java')) {
    const [kind, name = '', type, standard = '-', validator = '', mode = '-', shown] = line.split('\t')
    seen.add(name)
    if (kind === 'group' && !group.has(name)) wrong.push(`groups lack ${name}`)
    if (kind === 'client-metrics' && !metrics.has(name)) wrong.push(`client metrics lack ${name}`)
    if (kind !== 'broker') continue
    const theirs: KafkaSetting = {
      name,
      type: type as KafkaSetting['type'],
      default: standard === '-' ? undefined : standard.slice(1),
      allowed: allowedBy(validator),
      dynamic: mode === 'cluster-wide' ? 'cluster' : mode === 'per-broker' ? 'broker' : undefined,
      hidden: shown === 'false',
    }
    const ours = kafkaSettings.get(name)
    if (JSON.stringify({ ...theirs, dynamic: theirs.hidden ? undefined : theirs.dynamic }) !== JSON.stringify(ours)) {
      wrong.push(`${JSON.stringify(theirs)} is in the jar, ${JSON.stringify(ours)} in the table`)
    }
  }
  for (const name of [...kafkaSettings.keys(), ...group, ...metrics])
    if (!seen.has(name)) wrong.push(`nobody knows ${name}`)
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
}

export const checks: Check[] = [
  { name: 'the tables of settings are those of the jars', run: tablesOfSettings },
  { name: 'administrative tools print on our broker what they print on Apache Kafka', run: sameAnswers },
  { name: 'kafka-features describes, upgrades and downgrades', run: featuresChange },
  { name: 'a directory that kafka-storage formatted with its defaults is started', run: formattedByKafka },
]
