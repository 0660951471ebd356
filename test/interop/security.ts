/**
 * Every way to log in, with a right and a wrong credential, by Java's client and by librdkafka; and the tools of Apache Kafka that
 * make users.
 */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { Check } from '../support/check.ts'
import { pythonWithClients } from '../support/client-programs.ts'
import { javaPrograms } from '../support/java-messages.ts'
import { kafkaLibs } from '../support/kafka-definitions.ts'
import { command, kafkaTool, peer } from '../support/peers.ts'
import { type ListenerName, SecuredBroker, password } from '../support/secured-broker.ts'
import { projectRoot } from '../support/sources.ts'

/** One attempt: on which listener, with what, and whether it must succeed. */
interface Attempt {
  readonly name: string
  readonly listener: ListenerName
  readonly mechanism?: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER'
  readonly trusts?: 'authority' | 'stranger'
  readonly shows?: 'client' | 'imposter'
  readonly isRight: boolean
}

const sasl = (['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const).flatMap((mechanism) =>
  (['SASL_PLAINTEXT', 'SASL_SSL'] as const).flatMap((listener) =>
    [true, false].map((isRight): Attempt => ({
      name: `${listener} ${mechanism} ${isRight ? 'right' : 'wrong'}`,
      listener,
      mechanism,
      trusts: 'authority',
      isRight,
    })),
  ),
)

const attempts: readonly Attempt[] = [
  { name: 'PLAINTEXT', listener: 'PLAINTEXT', isRight: true },
  { name: 'SSL', listener: 'SSL', trusts: 'authority', isRight: true },
  { name: 'SSL, another authority', listener: 'SSL', trusts: 'stranger', isRight: false },
  { name: 'mutual', listener: 'MUTUAL', trusts: 'authority', shows: 'client', isRight: true },
  { name: 'mutual, not trusted', listener: 'MUTUAL', trusts: 'authority', shows: 'imposter', isRight: false },
  { name: 'mutual, no certificate', listener: 'MUTUAL', trusts: 'authority', isRight: false },
  { name: 'SASL_SSL, another authority', listener: 'SASL_SSL', mechanism: 'PLAIN', trusts: 'stranger', isRight: false },
  ...sasl,
]

const protocolOf = (listener: ListenerName): string => (listener === 'MUTUAL' ? 'SSL' : listener)
/** A SASL attempt that fails does so by its password or token, and otherwise by what is trusted. */
const passwordFor = ({ isRight, trusts }: Attempt): string => (isRight || trusts === 'stranger' ? password : 'wrong')
const isForged = ({ isRight }: Attempt): boolean => !isRight

async function javaProperties(world: SecuredBroker, attempt: Attempt): Promise<Record<string, string>> {
  const { files, directory } = world.security
  const { listener, mechanism, trusts, shows } = attempt
  const properties: Record<string, string> = {
    'bootstrap.servers': world.at(listener),
    'security.protocol': protocolOf(listener),
  }
  if (trusts !== undefined && listener !== 'SASL_PLAINTEXT') {
    Object.assign(properties, { 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': files[trusts] })
  }
  if (shows !== undefined) {
    Object.assign(properties, { 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': files[shows] })
  }
  if (mechanism === undefined) return properties
  properties['sasl.mechanism'] = mechanism
  const login = 'org.apache.kafka.common.security'
  if (mechanism === 'OAUTHBEARER') {
    const file = join(directory, `${listener}-${isForged(attempt)}.jwt`)
    await writeFile(file, await world.security.token('alice', { forged: isForged(attempt) }))
    return {
      ...properties,
      'sasl.jaas.config': `${login}.oauthbearer.OAuthBearerLoginModule required;`,
      'sasl.login.callback.handler.class': `${login}.oauthbearer.OAuthBearerLoginCallbackHandler`,
      'sasl.oauthbearer.token.endpoint.url': pathToFileURL(file).href,
    }
  }
  const module = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule'
  const secret = passwordFor(attempt)
  properties['sasl.jaas.config'] = `${login}.${module} required username="alice" password="${secret}";`
  return properties
}

async function librdkafkaConfig(world: SecuredBroker, attempt: Attempt) {
  const { files } = world.security
  const { listener, mechanism, trusts, shows } = attempt
  const config: Record<string, string> = {
    'bootstrap.servers': world.at(listener),
    'security.protocol': protocolOf(listener),
  }
  if (trusts !== undefined) config['ssl.ca.location'] = files[trusts]
  if (shows !== undefined) {
    config['ssl.certificate.location'] = files[shows]
    config['ssl.key.location'] = files[`${shows}Key`]
  }
  if (mechanism !== undefined) config['sasl.mechanism'] = mechanism
  if (mechanism === 'OAUTHBEARER') {
    return { config, token: await world.security.token('alice', { forged: isForged(attempt) }) }
  }
  if (mechanism !== undefined) {
    config['sasl.username'] = 'alice'
    config['sasl.password'] = passwordFor(attempt)
  }
  return { config }
}

/** The program's answers by name of the attempt; each must be "ok" exactly where the credential is right. */
function judge(output: string, world: SecuredBroker, refusals: readonly string[]): void {
  const answers = new Map(
    output
      .trim()
      .split('\n')
      .map((line) => line.split('\t') as [string, string]),
  )
  const seen = attempts.map(({ name }) => [name, answers.get(name)])
  for (const { name, isRight } of attempts) {
    const answer = answers.get(name) ?? 'nothing'
    assert.ok(isRight ? answer === 'ok' : refusals.includes(answer), `${name}: ${answer}; all: ${JSON.stringify(seen)}`)
  }
  assert.ok(world.broker.metrics.values.broker_authentication_failures_total > 0)
}

const java: Check = {
  name: "Java's client: every protocol and mechanism, right and wrong",
  async run() {
    await using world = await SecuredBroker.start()
    const cases = await Promise.all(
      attempts.map(async (each) => {
        const properties = Object.entries(await javaProperties(world, each))
        return [`case ${each.name}`, ...properties.map(([name, value]) => `${name}=${value}`), 'end', ''].join('\n')
      }),
    )
    const { code, stdout, stderr } = await command(
      'java',
      ['-cp', join(kafkaLibs(), '*'), join(javaPrograms, 'Logins.java')],
      { input: cases.join(''), timeoutMs: 240_000 },
    )
    assert.equal(code, 0, stderr)
    // A client whose certificate is not trusted is only disconnected: it goes on trying until its time is up.
    judge(stdout, world, ['SaslAuthenticationException', 'SslAuthenticationException', 'TimeoutException'])
  },
}

const librdkafka: Check = {
  name: 'librdkafka: every protocol and mechanism, right and wrong',
  async run() {
    const python = await pythonWithClients()
    await using world = await SecuredBroker.start()
    const cases = await Promise.all(
      attempts.map(async (each) => ({ name: each.name, ...(await librdkafkaConfig(world, each)) })),
    )
    const program = join(projectRoot, 'test', 'interop', 'clients', 'confluent-kafka', 'logins.py')
    const input = cases.map((each) => `${JSON.stringify(each)}\n`).join('')
    const { code, stdout, stderr } = await command(python, [program], { input, timeoutMs: 240_000 })
    assert.equal(code, 0, stderr)
    judge(stdout, world, ['_AUTHENTICATION', '_SSL', '_TRANSPORT'])
  },
}

const users: Check = {
  name: 'kafka-configs makes, shows and removes SCRAM users, who can log in while they are there',
  async run() {
    await using world = await SecuredBroker.start()
    const configs = (...args: readonly string[]) =>
      kafkaTool(['configs', '--bootstrap-server', world.at('PLAINTEXT'), '--entity-type', 'users', ...args])
    const bob = ['--entity-name', 'bob'] as const
    const list = async (): Promise<boolean> => {
      const file = join(world.security.directory, 'bob.properties')
      const module = 'org.apache.kafka.common.security.scram.ScramLoginModule'
      const lines = [
        'security.protocol=SASL_SSL',
        'sasl.mechanism=SCRAM-SHA-512',
        `sasl.jaas.config=${module} required username="bob" password="b=ob";`,
        'ssl.truststore.type=PEM',
        `ssl.truststore.location=${world.security.files.authority}`,
      ]
      await writeFile(file, lines.join('\n'))
      const at = world.at('SASL_SSL')
      return kafkaTool(['topics', '--bootstrap-server', at, '--list', '--command-config', file]).then(
        () => true,
        () => false,
      )
    }
    assert.equal(await list(), false)
    await configs('--alter', ...bob, '--add-config', 'SCRAM-SHA-512=[iterations=8192,password=b=ob]')
    const described = await configs('--describe', ...bob)
    assert.match(described, /SCRAM-SHA-512=iterations=8192/)
    assert.equal(await list(), true)
    await configs('--alter', ...bob, '--delete-config', 'SCRAM-SHA-512')
    assert.doesNotMatch(await configs('--describe', ...bob), /SCRAM/)
    assert.equal(await list(), false)
  },
}

const again: Check = {
  name: "Java's producer logs in again while it writes, on the same connection",
  async run() {
    await using world = await SecuredBroker.start({ 'connections.max.reauth.ms': '2000' })
    const attempt = attempts.find(({ name }) => name === 'SASL_SSL SCRAM-SHA-512 right')!
    const properties = Object.entries(await javaProperties(world, attempt)).map(([name, value]) => `${name}=${value}`)
    const file = join(world.security.directory, 'again.properties')
    await writeFile(file, properties.join('\n'))
    const { values } = world.broker.metrics
    const load = ['--topic', 'again', '--num-records', '600', '--record-size', '10', '--throughput', '50']
    const { code, stdout, stderr } = await command(peer('kafka/kafka.sh'), [
      'producer-perf',
      ...load,
      '--command-config',
      file,
    ])
    assert.equal(code, 0, stdout + stderr)
    assert.match(stdout, /600 records sent/)
    const { broker_connections_opened_total: opened, broker_authentications_total: logins } = values
    // How often depends on how fast the machine is: a slow start is made up for by a burst.
    assert.ok(logins > opened, `${logins} logins on ${opened} connections`)
    assert.equal(values.broker_connections_dropped_total, 0)
  },
}

export const checks: readonly Check[] = [java, librdkafka, users, again]
