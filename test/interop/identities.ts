/** `millrace configs` of users, clients and addresses, against our broker and against Apache Kafka, beside kafka-configs. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startBroker } from '../../broker/start.ts'
import type { Check } from '../support/check.ts'
import { type Listeners, withLogins } from '../support/apache-kafka.ts'
import { command, kafkaTool } from '../support/peers.ts'
import { projectRoot } from '../support/sources.ts'

const scramModule = 'org.apache.kafka.common.security.scram.ScramLoginModule required'
const secret = 'b=ob, too'
const settings = {
  'sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512',
  'listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config': `${scramModule};`,
  'listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config': `${scramModule};`,
}

async function withOurs<T>(body: (at: Listeners) => Promise<T>): Promise<T> {
  const listeners = 'PLAINTEXT://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0'
  const broker = await startBroker({ memory: true, config: { ...settings, listeners } })
  try {
    const [plain, sasl] = broker.bootstrapServers.split(',')
    return await body({ plain: plain!, sasl: sasl! })
  } finally {
    await broker.stop()
  }
}

const millrace = (args: readonly string[], input = '') =>
  command(process.execPath, ['--conditions=source', '--import', 'tsx', join(projectRoot, 'millrace.ts'), ...args], {
    input,
  })

/** What kafka-configs says of its settings, in an order of their own: it has none. */
const words = (said: string): string[] =>
  said
    .trim()
    .split('\n')
    .map((line) => line.replace(/(?<= are ).*/, (list) => list.split(', ').toSorted().join(', ')))
    .toSorted()

/** Sets, shows and removes by our command, and lets kafka-configs and logins tell what came of it. */
async function toldAt({ plain, sasl }: Listeners, folder: string) {
  const configs = async (given: readonly string[], input?: string): Promise<string> => {
    const { code, stdout, stderr } = await millrace(['configs', ...given, '--bootstrap-server', plain, '--json'], input)
    return code === 0 ? stdout : `${code} ${stderr}`
  }
  const theirs = async (...args: string[]): Promise<string[]> =>
    words(await kafkaTool(['configs', '--bootstrap-server', plain, '--describe', ...args]))
  const fileOf = async (mechanism: string): Promise<string> => {
    const file = join(folder, `${mechanism}.properties`)
    const login = `sasl.jaas.config=${scramModule} username="bob" password="${secret}";`
    await writeFile(file, `security.protocol=SASL_PLAINTEXT\nsasl.mechanism=${mechanism}\n${login}\n`)
    return file
  }
  const logsIn = async (mechanism: string): Promise<boolean> => {
    const asBob = ['--bootstrap-server', sasl, '--command-config', await fileOf(mechanism)]
    return (await millrace(['topics', 'list', ...asBob])).code === 0
  }
  /** Until what was changed is seen: Apache Kafka's broker follows its controller with a delay. */
  const shown = async (option: string, count: number): Promise<string> => {
    const said = await configs(['describe', option])
    return (JSON.parse(said) as unknown[]).length === count ? said : shown(option, count)
  }
  const bob = ['--user', 'bob'] as const
  const changed = [
    await configs(
      ['set', ...bob, 'SCRAM-SHA-512=-', 'producer_byte_rate=1000', 'request_percentage=12.5'],
      `${secret}\n`,
    ),
    await configs(['set', ...bob, `SCRAM-SHA-256=[iterations=8192,password=${secret}]`]),
    await configs(['set', ...bob, '--client', 'app', 'consumer_byte_rate=2000']),
    await configs(['set', '--default-client', 'controller_mutation_rate=3']),
    await configs(['set', '--ip', '127.0.0.2', 'connection_creation_rate=9']),
  ]
  const described = [await shown('--ips', 1), await shown('--clients', 2), await shown('--users', 5)]
  const byKafkaConfigs = [
    ...(await theirs('--entity-type', 'users')),
    ...(await theirs('--entity-type', 'users', '--entity-name', 'bob', '--entity-type', 'clients')),
    ...(await theirs('--entity-type', 'clients')),
    ...(await theirs('--entity-type', 'ips')),
  ]
  await kafkaTool(['topics', '--bootstrap-server', sasl, '--list', '--command-config', await fileOf('SCRAM-SHA-512')])
  const before = [await logsIn('SCRAM-SHA-256'), await logsIn('SCRAM-SHA-512')]
  const removed = await configs(['unset', ...bob, 'SCRAM-SHA-256', 'producer_byte_rate'])
  const left = await shown('--users', 3)
  const after = [await logsIn('SCRAM-SHA-256'), await logsIn('SCRAM-SHA-512')]
  const exits = [
    (await configs(['unset', ...bob, 'SCRAM-SHA-256'])).split(' ')[0],
    (await configs(['set', ...bob, 'no_such_rate=1'])).split(' ')[0],
    (await configs(['set', '--default-user', 'SCRAM-SHA-256=-'])).split(' ')[0],
    (await configs(['set', '--user', 'request_percentage=5'])).split(' ')[0],
  ]
  return { changed, described, byKafkaConfigs, before, removed, left, after, exits }
}

const same: Check = {
  name: 'millrace configs makes the same quotas and SCRAM users on both brokers, and kafka-configs shows them',
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-identities-'))
    try {
      const ours = await withOurs((at) => toldAt(at, folder))
      const said = ours.byKafkaConfigs.join('\n')
      for (const expected of [
        /user-principal 'bob' are producer_byte_rate=1000\.0, request_percentage=12\.5/,
        /user-principal 'bob' are SCRAM-SHA-256=iterations=8192, SCRAM-SHA-512=iterations=4096/,
        /user-principal 'bob', client-id 'app' are consumer_byte_rate=2000\.0/,
        /default client-id are controller_mutation_rate=3\.0/,
        /ip '127\.0\.0\.2' are connection_creation_rate=9\.0/,
      ]) {
        assert.match(said, expected)
      }
      assert.deepEqual(
        [ours.before, ours.after],
        [
          [true, true],
          [false, true],
        ],
      )
      assert.deepEqual(ours.exits, ['1', '64', '64', '64'])
      assert.ok(!JSON.stringify(ours).includes(secret))
      assert.deepEqual(ours, await withLogins(settings, (at) => toldAt(at, folder)))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}

export const checks: readonly Check[] = [same]
