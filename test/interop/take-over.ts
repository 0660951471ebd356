/**
 * A directory with one of everything goes from our broker to Apache Kafka and back, and from Apache Kafka to our broker and
 * back: topics, records, compacted topics, groups of every kind with members that stay, open and finished transactions, access
 * control entries, users, quotas, settings and features. Apache Kafka's clients fill it, whoever serves it; each side shows the
 * same as the other, goes on with what the other left open, and leaves files in which Apache's reader finds no fault.
 */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { systemFiles } from '#core/ports/system-files.ts'
import { leaveProperties } from '../../broker/leave.ts'
import { formatApache, withApache } from '../support/apache-kafka.ts'
import { BrokerProcess } from '../support/broker-process.ts'
import { changeEverything } from '../support/broker-changes.ts'
import { isLetIn, viewOf } from '../support/broker-view.ts'
import type { Check } from '../support/check.ts'
import { dumpDirectory } from '../support/dump-files.ts'
import { runJavaLater } from '../support/java-messages.ts'
import { freePort } from '../support/peers.ts'

type Side = 'ours' | 'Apache Kafka'

const compactedTopics = new Set(['keyed'])

/** What Apache Kafka says of partitions that it adds to a topic of its own. */
const addsPartitions = /Expected partition short-1 .* was missing\. Creating/

/** One directory, and where it is served. */
class Directory {
  readonly folder = mkdtempSync(join(tmpdir(), 'millrace-take-over-'))
  readonly dataDir = join(this.folder, 'data')
  readonly port: number
  readonly saslPort: number
  readonly #more: Readonly<Record<string, string>>

  constructor(port: number, saslPort: number, more: Readonly<Record<string, string>>) {
    this.port = port
    this.saslPort = saslPort
    this.#more = more
    mkdirSync(this.dataDir)
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.port}`
  }

  /** The server.properties that both start with. */
  get properties(): string {
    const rows = {
      'process.roles': 'broker,controller',
      'node.id': '1',
      'controller.quorum.bootstrap.servers': `127.0.0.1:${this.port + 1}`,
      'controller.listener.names': 'CONTROLLER',
      'inter.broker.listener.name': 'PLAINTEXT',
      'log.dirs': this.dataDir,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
      'offsets.topic.replication.factor': '1',
      'transaction.state.log.replication.factor': '1',
      'transaction.state.log.min.isr': '1',
      'log.cleaner.backoff.ms': '300',
      // Members stay in their groups while the directory moves.
      'group.consumer.max.session.timeout.ms': '600000',
      'group.consumer.session.timeout.ms': '600000',
      'group.streams.max.session.timeout.ms': '600000',
      'group.streams.session.timeout.ms': '600000',
      ...this.#more,
    }
    return Object.entries(rows)
      .map(([name, value]) => `${name}=${value}\n`)
      .concat(this.#listeners)
      .join('')
  }

  get #listeners(): string {
    const clients = `PLAINTEXT://${this.bootstrap},SASL_PLAINTEXT://127.0.0.1:${this.saslPort}`
    const logins = ['scram-sha-256', 'scram-sha-512'].map(
      (mechanism) =>
        `listener.name.sasl_plaintext.${mechanism}.sasl.jaas.config=` +
        'org.apache.kafka.common.security.scram.ScramLoginModule required;\n',
    )
    return [
      `listeners=${clients},CONTROLLER://127.0.0.1:${this.port + 1}\n`,
      `advertised.listeners=${clients}\n`,
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT\n',
      'sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512\n',
      ...logins,
    ].join('')
  }

  /** `millrace broker`, and then Apache's reader over all that it left. */
  async onOurs<T>(body: () => Promise<T>): Promise<T> {
    const configFile = join(this.folder, 'server.properties')
    writeFileSync(configFile, this.properties)
    const broker = await BrokerProcess.start({ configFile })
    let result: T
    try {
      result = await body()
    } finally {
      await broker.stop()
    }
    const printed = await dumpDirectory(this.dataDir, compactedTopics)
    for (const found of readable) assert.match(printed, found)
    return result
  }

  /** Apache Kafka, with what `millrace leave` says when we have left the directory. */
  async onApache<T>(body: () => Promise<T>): Promise<T> {
    const isOurs = existsSync(join(this.dataDir, 'broker.properties'))
    if (isOurs) {
      const properties = `${leaveProperties(systemFiles, this.dataDir, this.port)}\n${this.#listeners}`
      return withApache(this.folder, properties, this.port, body)
    }
    await formatApache(this.folder, this.properties)
    return withApache(this.folder, this.properties, this.port, body, addsPartitions)
  }

  async fill(): Promise<void> {
    await runJavaLater('FillBroker.java', [this.bootstrap, join(this.folder, 'streams')])
    // Until a compaction has got to the last segments.
    const file = join(this.dataDir, 'cleaner-offset-checkpoint')
    for (let seen = ''; ; await pause(3000)) {
      const now = existsSync(file) ? readFileSync(file, 'utf8') : ''
      if (now.includes('keyed') && now === seen) return
      seen = now
    }
  }

  async view(): Promise<string[]> {
    return viewOf(this.bootstrap, compactedTopics)
  }

  /** Coordinators that have just started are still reading their logs. */
  async shows(expected: readonly string[], who: Side): Promise<void> {
    const shown = who === 'ours' ? without(expected, expected.filter(isOfShares)) : expected
    for (const end = Date.now() + 30_000; ; await pause(500)) {
      const found = await this.view()
      const [missing, added] = [without(shown, found), without(found, shown)]
      if (missing.length + added.length === 0) return
      if (Date.now() < end) continue
      const text = [...missing.map((line) => `- ${line}`), ...added.map((line) => `+ ${line}`)].slice(0, 40).join('\n')
      assert.fail(`${who} shows something else:\n${text}`)
    }
  }

  async logins(): Promise<void> {
    const at = `127.0.0.1:${this.saslPort}`
    for (const [user, mechanism, password, isRight] of [
      ['alice', 'SCRAM-SHA-256', 'alice-4096', true],
      ['alice', 'SCRAM-SHA-512', 'alice-5000', true],
      ['alice', 'SCRAM-SHA-512', 'alice-4096', false],
      ['bob', 'SCRAM-SHA-512', 'bob-8192', true],
      ['bob', 'SCRAM-SHA-256', 'bob-8192', false],
      ['carol', 'SCRAM-SHA-512', 'carol-4096', false],
    ] as const) {
      assert.equal(await isLetIn(at, mechanism, user, password), isRight, `${user} with ${mechanism} and ${password}`)
    }
  }
}

/** One of each kind of record that coordinators and the controller keep, as Apache's reader prints them. */
const readable = [
  /"type":"PARTITION_RECORD"/,
  /"type":"FEATURE_LEVEL_RECORD"/,
  /"type":"ACCESS_CONTROL_ENTRY_RECORD"/,
  /"type":"USER_SCRAM_CREDENTIAL_RECORD"/,
  /"type":"CLIENT_QUOTA_RECORD"/,
  /"group":"classic-live"/,
  /"groupId":"consumer-live"/,
  /"groupId":"app"/,
  /"transactionalId":"open-0"/,
  // Empty, Ongoing, PrepareCommit, PrepareAbort, CompleteCommit, CompleteAbort.
  ...[0, 1, 2, 3, 4, 5].map((state) => new RegExp(`"transactionStatus":${state}`)),
]

/** We keep it with the directory, and do not claim it. */
const isOfShares = (line: string): boolean => line.startsWith('feature {"name":"share.version"')

const without = (lines: readonly string[], others: readonly string[]): string[] => {
  const known = new Set(others)
  return lines.filter((line) => !known.has(line))
}

async function takeOver(first: Side, second: Side, more: Readonly<Record<string, string>> = {}): Promise<void> {
  const directory = new Directory(await freePort(), await freePort(), more)
  const on = <T>(side: Side, body: () => Promise<T>): Promise<T> =>
    side === 'ours' ? directory.onOurs(body) : directory.onApache(body)
  try {
    const filled = await on(first, async () => {
      await directory.fill()
      return directory.view()
    })
    const changed = await on(second, async () => {
      await directory.shows(filled, second)
      await directory.logins()
      await changeEverything(directory.bootstrap, filled)
      const now = await directory.view()
      await directory.shows(now, second)
      return [...without(filled.filter(isOfShares), now), ...now]
    })
    await on(first, async () => {
      await directory.shows(changed, first)
      await directory.logins()
    })
  } finally {
    rmSync(directory.folder, { recursive: true, force: true })
  }
}

export const checks: readonly Check[] = [
  {
    name: 'take-over: Apache Kafka goes on with a directory of ours in which there is everything, and gives it back',
    run: () => takeOver('ours', 'Apache Kafka'),
  },
  {
    name: 'take-over: we go on with such a directory of Apache Kafka, write snapshots, and give it back',
    run: () => takeOver('Apache Kafka', 'ours', { 'metadata.log.max.record.bytes.between.snapshots': '3000' }),
  },
]
