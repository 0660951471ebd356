/** What a client is told before, in and after its login, byte for byte the questions of both: Apache Kafka says the same. */
import assert from 'node:assert/strict'

import { saslHandshake } from '#core/wire/api/17-sasl-handshake.ts'
import { apiVersions } from '#core/wire/api/18-api-versions.ts'
import { saslAuthenticate } from '#core/wire/api/36-sasl-authenticate.ts'
import { metadata } from '#core/wire/api/03-metadata.ts'
import { describeUserScramCredentials } from '#core/wire/api/50-describe-user-scram-credentials.ts'
import { alterUserScramCredentials } from '#core/wire/api/51-alter-user-scram-credentials.ts'
import { startBroker } from '../../broker/start.ts'
import type { Check } from '../support/check.ts'
import { freePort, kafkaTool } from '../support/peers.ts'
import { WireClient } from '../support/wire-client.ts'

type Connect = (listener: 'plain' | 'sasl') => Promise<WireClient>
type Probe = (connect: Connect) => Promise<unknown>

const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
const users = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="secret" user_bob="b";'
const settings = {
  'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
  'listener.name.sasl_plaintext.plain.sasl.jaas.config': users,
  'listener.name.sasl_plaintext.plain.connections.max.reauth.ms': '2500',
  'listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config':
    'org.apache.kafka.common.security.scram.ScramLoginModule required;',
}
const plain = (user: string, secret: string): Buffer => Buffer.from(`\0${user}\0${secret}`)
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))
const nobody = { name: 'nobody', mechanism: 1 }
const upsertion = (name: string, mechanism: number, iterations: number) => {
  return { name, mechanism, iterations, salt: Buffer.from('salt'), saltedPassword: Buffer.alloc(32, 1) }
}

/** An answer, or that the connection was closed. */
const orClosed = async (answer: Promise<unknown>): Promise<unknown> =>
  answer.catch((error: Error) => (/closed|ECONNRESET/.test(error.message) ? 'closed' : Promise.reject(error)))
const shake = (client: WireClient, mechanism = 'PLAIN', version = 1) =>
  orClosed(client.call(saslHandshake, version, { mechanism }))
const say = (client: WireClient, authBytes: Buffer, version = 2) =>
  orClosed(client.call(saslAuthenticate, version, { authBytes }))
const ask = async (client: WireClient) => {
  const answer = await orClosed(client.call(metadata, 12, { topics: [] }))
  return answer === 'closed' ? answer : 'answered'
}
const versions = async (client: WireClient, version = 3) => {
  const answer = await orClosed(client.call(apiVersions, version, software))
  return answer === 'closed' ? answer : (answer as { errorCode: number }).errorCode
}
const bare = (client: WireClient, token: Buffer) => {
  const size = Buffer.alloc(4)
  size.writeInt32BE(token.length)
  return orClosed(client.send([size, token]).then((frame) => frame.toString('hex')))
}

const probes: Readonly<Record<string, Probe>> = {
  'a request before the handshake': async (connect) => ask(await connect('sasl')),
  'tokens before the handshake': async (connect) => say(await connect('sasl'), plain('alice', 'secret')),
  'versions, then again': async (connect) => {
    const client = await connect('sasl')
    return [await versions(client), await versions(client)]
  },
  'versions after the handshake': async (connect) => {
    const client = await connect('sasl')
    return [await shake(client), await versions(client)]
  },
  'a mechanism that there is not': async (connect) => {
    const client = await connect('sasl')
    return [await shake(client, 'GSSAPI'), await shake(client)]
  },
  'a request after the handshake': async (connect) => {
    const client = await connect('sasl')
    const answer = [await shake(client), await orClosed(client.call(metadata, 9, { topics: [{ name: 'a' }] }))]
    return [answer, await ask(client)]
  },
  'the right password': async (connect) => {
    const client = await connect('sasl')
    return [await versions(client), await shake(client), await say(client, plain('alice', 'secret')), await ask(client)]
  },
  'the right password, version 0': async (connect) => {
    const client = await connect('sasl')
    return [await shake(client), await say(client, plain('alice', 'secret'), 0), await ask(client)]
  },
  'a wrong password': async (connect) => {
    const client = await connect('sasl')
    return [await shake(client), await say(client, plain('alice', 'x')), await ask(client)]
  },
  'a wrong user': async (connect) => {
    const client = await connect('sasl')
    return [await shake(client), await say(client, plain('nobody', 'x'))]
  },
  'no password': async (connect) => {
    const client = await connect('sasl')
    return [await shake(client), await say(client, plain('alice', ''))]
  },
  'another authorization id': async (connect) => {
    const client = await connect('sasl')
    return [await shake(client), await say(client, Buffer.from('bob\0alice\0secret'))]
  },
  'bare tokens': async (connect) => {
    const client = await connect('sasl')
    return [await shake(client, 'PLAIN', 0), await bare(client, plain('alice', 'secret')), await ask(client)]
  },
  'a wrong bare token': async (connect) => {
    const client = await connect('sasl')
    return [await shake(client, 'PLAIN', 0), await bare(client, plain('alice', 'x'))]
  },
  'logging in again': async (connect) => {
    const client = await connect('sasl')
    const first = [await shake(client), await say(client, plain('alice', 'secret'))]
    await pause(1200)
    const second = [await shake(client), await say(client, plain('alice', 'secret')), await ask(client)]
    const third = await shake(client)
    await pause(2700)
    return [first, second, third, await ask(client)]
  },
  'becoming somebody else': async (connect) => {
    const client = await connect('sasl')
    await shake(client)
    await say(client, plain('alice', 'secret'))
    return [await shake(client), await say(client, plain('bob', 'b')), await ask(client)]
  },
  'taking another mechanism': async (connect) => {
    const client = await connect('sasl')
    await shake(client)
    await say(client, plain('alice', 'secret'))
    return [await shake(client, 'SCRAM-SHA-256'), await ask(client)]
  },
  'a handshake where there is no login': async (connect) => {
    const client = await connect('plain')
    return [await shake(client), await say(client, plain('alice', 'secret')), await ask(client)]
  },
  'users that make no sense': async (connect) => {
    const client = await connect('plain')
    const upsertions = [
      upsertion('', 1, 4096),
      upsertion('odd', 3, 4096),
      upsertion('few', 1, 4095),
      upsertion('many', 2, 16_385),
      upsertion('twice', 1, 4096),
      upsertion('twice', 2, 4096),
      upsertion('fine', 1, 4096),
    ]
    const altered = await client.call(alterUserScramCredentials, 0, { deletions: [nobody], upsertions })
    const byUser = (answer: { readonly results: readonly { readonly user: string }[] }) =>
      [...answer.results].sort((a, b) => (a.user < b.user ? -1 : 1))
    const asked = [{ name: 'fine' }, { name: 'nobody' }, { name: 'twice' }, { name: 'twice' }]
    await pause(500)
    return [
      byUser(altered),
      byUser(await client.call(describeUserScramCredentials, 0, { users: asked })),
      byUser(await client.call(describeUserScramCredentials, 0, { users: null })),
    ]
  },
}

async function answers(plainAt: string, saslAt: string): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {}
  for (const [name, probe] of Object.entries(probes)) {
    const clients: WireClient[] = []
    seen[name] = await probe(async (listener) => {
      const client = await WireClient.connect(listener === 'plain' ? plainAt : saslAt)
      clients.push(client)
      return client
    })
    for (const client of clients) client.close()
  }
  return seen
}

async function kafkaAnswers(): Promise<Record<string, unknown>> {
  const [port, saslPort] = [await freePort(), await freePort()]
  const lines = {
    ...settings,
    listeners: `PLAINTEXT://127.0.0.1:${port},SASL_PLAINTEXT://127.0.0.1:${saslPort},CONTROLLER://127.0.0.1:${port + 20_000}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},SASL_PLAINTEXT://127.0.0.1:${saslPort}`,
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT',
  }
  const properties = Object.entries(lines).map(([name, value]) => `${name}=${value.replaceAll(' ', '\\u0020')}`)
  const env = { KAFKA_HEAP_OPTS: '-Xmx512m -Xms256m', KAFKA_PROPS: properties.join(' ') }
  await kafkaTool(['start', String(port)], { env })
  try {
    return await answers(`127.0.0.1:${port}`, `127.0.0.1:${saslPort}`)
  } finally {
    await kafkaTool(['wipe', String(port)])
  }
}

const same: Check = {
  name: 'before, in and after the login clients are told what Apache Kafka tells them',
  async run() {
    const theirs = await kafkaAnswers()
    const listeners = 'PLAINTEXT://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0'
    await using broker = await startBroker({ memory: true, config: { ...settings, listeners } })
    const [plainAt, saslAt] = broker.bootstrapServers.split(',') as [string, string]
    const ours = await answers(plainAt, saslAt)
    assert.deepEqual(ours, theirs)
  },
}

export const checks: readonly Check[] = [same]
