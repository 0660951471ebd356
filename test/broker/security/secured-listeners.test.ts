import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import kafkajs, { type KafkaConfig, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createClient } from '#core/client/lean-client.ts'
import { createKafkajsClient } from '#core/client/kafkajs/kafkajs-client.ts'
import { startBroker } from '../../../broker/start.ts'
import { type ListenerName, SecuredBroker, listenerNames, password } from '../../support/secured-broker.ts'

process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1'
let world: SecuredBroker
const failures: Readonly<Record<string, unknown>>[] = []

beforeAll(async () => {
  world = await SecuredBroker.start(
    {
      'connection.failed.authentication.delay.ms': '0',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:alice',
    },
    { log: (_, message, details) => void (message === 'authentication failed' && failures.push(details ?? {})) },
  )
})
afterAll(() => world[Symbol.asyncDispose]())

const jaas = (secret: string) => `x.LoginModule required username="alice" password="${secret}";`

function settings(listener: ListenerName, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const protocol = listener === 'MUTUAL' ? 'SSL' : listener
  const trust = /SSL/.test(protocol) ? { 'ssl.truststore.location': world.security.files.authority } : {}
  return { 'security.protocol': protocol, ...trust, ...more }
}

async function describeWith(
  listener: ListenerName,
  security: Readonly<Record<string, string>>,
  token?: () => Promise<string>,
) {
  const client = createClient({
    bootstrapServers: world.at(listener),
    properties: security,
    callTimeoutMs: 300,
    ...(token !== undefined && { token }),
  })
  try {
    return await client.admin().describeCluster()
  } finally {
    await client.close()
  }
}

describe('listeners', () => {
  it('each tells clients the address by which they came', async () => {
    const logins: Readonly<Record<ListenerName, Readonly<Record<string, string>>>> = {
      PLAINTEXT: {},
      SSL: {},
      MUTUAL: { 'ssl.keystore.location': world.security.files.client },
      SASL_PLAINTEXT: { 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': jaas(password) },
      SASL_SSL: { 'sasl.mechanism': 'SCRAM-SHA-512', 'sasl.jaas.config': jaas(password) },
    }
    for (const listener of listenerNames) {
      const { brokers } = await describeWith(listener, settings(listener, logins[listener]))
      expect(brokers.map(({ host, port }) => `${host}:${port}`)).toEqual([world.at(listener)])
    }
  })

  it('a client is who its certificate or login says, and else nobody', async () => {
    const create = async (listener: ListenerName, more: Readonly<Record<string, string>> = {}) => {
      const client = createClient({ bootstrapServers: world.at(listener), properties: settings(listener, more) })
      try {
        await client.admin().createTopics([{ name: `made-by-${listener}`, partitions: 1 }])
      } finally {
        await client.close()
      }
    }
    await create('MUTUAL', { 'ssl.keystore.location': world.security.files.client })
    await create('SASL_SSL', { 'sasl.mechanism': 'SCRAM-SHA-256', 'sasl.jaas.config': jaas(password) })
    await expect(create('PLAINTEXT')).rejects.toThrow(/AUTHORIZATION_FAILED/)
    await expect(create('SSL')).rejects.toThrow(/AUTHORIZATION_FAILED/)
  })

  it.each([
    ['another authority', 'SSL', { 'ssl.truststore.location': 'stranger' }, undefined],
    ['no certificate', 'MUTUAL', {}, /^peer did not return a certificate$/],
    ['a certificate that nobody trusts', 'MUTUAL', { 'ssl.keystore.location': 'imposter' }, /not trusted/],
    ['plain bytes', 'SSL', { 'security.protocol': 'PLAINTEXT' }, /^wrong version number$/],
  ] as const)(
    'TLS with %s comes to nothing, and the log says why if the broker can know',
    async (_, listener, more, reason) => {
      failures.length = 0
      const files = world.security.files as Readonly<Record<string, string>>
      const named = Object.fromEntries(Object.entries(more).map(([name, value]) => [name, files[value] ?? value]))
      await expect(describeWith(listener, settings(listener, named))).rejects.toThrow(
        /the certificate of|lost the connection/,
      )
      if (reason === undefined) expect(failures).toEqual([])
      else
        expect(failures[0]).toEqual({ client: '/127.0.0.1', mechanism: 'TLS', reason: expect.stringMatching(reason) })
    },
  )

  it('the name in the certificate of the broker is looked at unless told otherwise', async () => {
    await using other = await startBroker({
      memory: true,
      config: {
        listeners: 'SSL://127.0.0.2:0',
        'ssl.keystore.key': world.security.server.key,
        'ssl.keystore.certificate.chain': world.security.server.certificate,
      },
    })
    const ask = async (more: Readonly<Record<string, string>>) => {
      const security = {
        'security.protocol': 'SSL',
        'ssl.truststore.location': world.security.files.authority,
        ...more,
      }
      const client = createClient({
        bootstrapServers: other.bootstrapServers,
        properties: security,
        callTimeoutMs: 300,
      })
      try {
        return await client.admin().describeCluster()
      } finally {
        await client.close()
      }
    }
    await expect(ask({})).rejects.toThrow(/certificate of 127\.0\.0\.2:\d+ is not accepted/)
    expect((await ask({ 'ssl.endpoint.identification.algorithm': '' })).brokers).toHaveLength(1)
  })

  it('a certificate that is only requested may be missing, but not be bad', async () => {
    const { server, authority, files } = world.security
    await using broker = await startBroker({
      memory: true,
      config: {
        listeners: 'SSL://127.0.0.1:0',
        'ssl.keystore.key': server.key,
        'ssl.keystore.certificate.chain': server.certificate,
        'ssl.truststore.certificates': authority.certificate,
        'ssl.client.auth': 'requested',
        'ssl.principal.mapping.rules': 'RULE:^.*CN=([^,]+).*$/$1/',
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:alice',
      },
    })
    const create = async (topic: string, keystore: Readonly<Record<string, string>>) => {
      const properties = {
        'security.protocol': 'SSL',
        'ssl.truststore.location': files.authority,
        ...keystore,
      }
      const client = createClient({ bootstrapServers: broker.bootstrapServers, properties, callTimeoutMs: 300 })
      try {
        await client.admin().createTopics([{ name: topic, partitions: 1 }])
      } finally {
        await client.close()
      }
    }
    await create('a', { 'ssl.keystore.location': files.client })
    await expect(create('b', {})).rejects.toThrow(/AUTHORIZATION_FAILED/)
    await expect(create('c', { 'ssl.keystore.location': files.imposter })).rejects.toThrow(/connection/)
  })

  it('cipher suites and versions can be chosen, by names of Java as well', async () => {
    await using broker = await startBroker({
      memory: true,
      config: {
        listeners: 'SSL://127.0.0.1:0',
        'ssl.keystore.key': world.security.server.key,
        'ssl.keystore.certificate.chain': world.security.server.certificate,
        'ssl.enabled.protocols': 'TLSv1.2',
        'ssl.cipher.suites': 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
      },
    })
    const { port } = broker.address
    const agreed = await new Promise((resolve, reject) => {
      const ca = world.security.authority.certificate
      const socket = connectTls({ host: '127.0.0.1', port, ca }, () => {
        resolve([socket.getProtocol(), socket.getCipher().standardName])
        socket.destroy()
      })
      socket.on('error', reject)
    })
    expect(agreed).toEqual(['TLSv1.2', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'])
  })
})

describe('clients', () => {
  const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const

  it.each(mechanisms)('kafkajs logs in by %s over TLS, and not with a wrong password', async (mechanism) => {
    const kafka = (secret: string) => {
      const options: KafkaConfig = {
        brokers: [world.at('SASL_SSL')],
        ssl: { ca: world.security.authority.certificate },
        sasl: { mechanism, username: 'alice', password: secret } as NonNullable<KafkaConfig['sasl']>,
        logLevel: logLevel.NOTHING,
        retry: { retries: 0 },
      }
      return new kafkajs.Kafka(options).admin()
    }
    const admin = kafka(password)
    await admin.connect()
    expect(await admin.listTopics()).toBeInstanceOf(Array)
    await admin.disconnect()
    const wrong = kafka('wrong')
    await expect(wrong.connect()).rejects.toThrow(/[Aa]uthentication failed/)
    await wrong.disconnect()
  })

  it('kafkajs shows tokens', async () => {
    const admin = (forged: boolean) =>
      new kafkajs.Kafka({
        brokers: [world.at('SASL_PLAINTEXT')],
        sasl: {
          mechanism: 'oauthbearer',
          oauthBearerProvider: async () => ({ value: await world.security.token('alice', { forged }) }),
        },
        logLevel: logLevel.NOTHING,
        retry: { retries: 0 },
      }).admin()
    const right = admin(false)
    await right.connect()
    expect(await right.listTopics()).toBeInstanceOf(Array)
    await right.disconnect()
    // It does not read the broker's answer, and learns of the refusal by its first request.
    const wrong = admin(true)
    await expect(wrong.connect().then(() => wrong.listTopics())).rejects.toThrow()
    await wrong.disconnect()
  })

  it('the kafkajs client of ours hands TLS and login on', async () => {
    const client = createKafkajsClient({
      bootstrapServers: world.at('SASL_SSL'),
      ssl: { ca: world.security.authority.certificate },
      sasl: { mechanism: 'plain', username: 'alice', password },
    })
    const admin = client.admin()
    expect(await admin.listTopics()).toBeInstanceOf(Array)
    await client.close()
  })

  it.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])(
    'ours is refused with a wrong password by %s',
    async (mechanism) => {
      for (const listener of ['SASL_PLAINTEXT', 'SASL_SSL'] as const) {
        const wrong = settings(listener, { 'sasl.mechanism': mechanism, 'sasl.jaas.config': jaas('wrong') })
        await expect(describeWith(listener, wrong)).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' })
      }
    },
  )

  it('ours shows tokens', async () => {
    const bearer = settings('SASL_PLAINTEXT', { 'sasl.mechanism': 'OAUTHBEARER' })
    const { token } = world.security
    expect((await describeWith('SASL_PLAINTEXT', bearer, () => token('alice'))).brokers).toHaveLength(1)
    await expect(describeWith('SASL_PLAINTEXT', bearer, () => token('alice', { forged: true }))).rejects.toMatchObject({
      code: 'AUTHENTICATION_FAILED',
    })
  })

  it('ours carries records over TLS, large ones too', async () => {
    const login = { 'sasl.mechanism': 'SCRAM-SHA-512', 'sasl.jaas.config': jaas(password) }
    const client = createClient({ bootstrapServers: world.at('SASL_SSL'), properties: settings('SASL_SSL', login) })
    const producer = client.producer()
    const values = [Buffer.alloc(700_000, 'a'), Buffer.from('b'), Buffer.alloc(90_000, 'c')]
    for (const value of values) await producer.send({ topic: 'large', key: null, value })
    const consumer = client.consumer({ autoOffsetReset: 'earliest' })
    consumer.assign([{ topic: 'large', partition: 0 }])
    const read: Buffer[] = []
    while (read.length < values.length) {
      for (const chunk of await consumer.poll(1000)) for (const record of chunk) read.push(Buffer.from(record.value!))
    }
    expect(read.map((value, i) => value.equals(values[i]!))).toEqual([true, true, true])
    await client.close()
  })

  it('ours says what is wrong with its settings, and never a secret', () => {
    const make = (security: Readonly<Record<string, string>>) => () =>
      createClient({ bootstrapServers: 'localhost:1', properties: security })
    expect(make({ 'security.protocol': 'SASL_SSL' })).toThrow(/sasl\.mechanism/)
    const gssapi = { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'GSSAPI' }
    expect(make(gssapi)).toThrow(/there is no GSSAPI/)
    const plain = { 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'PLAIN' }
    expect(make({ ...plain, 'sasl.jaas.config': 'x.Module required password="hidden";' })).toThrow(/username/)
    expect(make({ ...plain, 'sasl.jaas.config': 'x.Module required password="hidden"' })).not.toThrow(/hidden/)
    expect(make({ 'security.protocol': 'SSL', 'ssl.truststore.location': '/nowhere.pem' })).toThrow(/nowhere/)
  })
})

describe('settings of listeners', () => {
  const start = (config: Readonly<Record<string, string>>) => startBroker({ memory: true, config })

  it.each([
    [{ listeners: 'SASL_PLAINTEXT://127.0.0.1:0' }, /sasl\.enabled\.mechanisms/],
    [{ listeners: 'SASL_PLAINTEXT://127.0.0.1:0', 'sasl.enabled.mechanisms': 'GSSAPI' }, /there is no GSSAPI/],
    [
      { listeners: 'SASL_PLAINTEXT://127.0.0.1:0', 'sasl.enabled.mechanisms': 'PLAIN' },
      /listener\.name\.sasl_plaintext\.plain\.sasl\.jaas\.config/,
    ],
    [{ listeners: 'SASL_PLAINTEXT://127.0.0.1:0', 'sasl.enabled.mechanisms': 'OAUTHBEARER' }, /jwks\.endpoint\.url/],
    [{ listeners: 'SSL://127.0.0.1:0', 'ssl.keystore.location': '/nowhere.pem' }, /nowhere\.pem/],
    [{ listeners: 'PLAINTEXT://127.0.0.1:0', 'listener.name.other.ssl.client.auth': 'none' }, /no such listener/],
    [{ listeners: 'PLAINTEXT://127.0.0.1:0', 'listener.name.plaintext.max.connections': 'x' }, /max\.connections/],
    [
      { listeners: 'PLAINTEXT://127.0.0.1:0', 'listener.name.plaintext.ssl.nonsense': '1' },
      /no setting "ssl.nonsense"/,
    ],
    [{ 'listener.security.protocol.map': 'PLAINTEXT:TLS' }, /"TLS" is none of/],
    [{ listeners: 'PLAINTEXT://127.0.0.1:0', 'advertised.listeners': 'OTHER://a:1' }, /no listener OTHER/],
    [{ listeners: 'SSL://0.0.0.0:0' }, /other machines/],
    [{ listeners: 'SSL://0.0.0.0:0', 'ssl.client.auth': 'requested' }, /other machines/],
  ] as const)('%j: says what is wrong', async (config, problem) => {
    await expect(start(config)).rejects.toThrow(problem)
  })

  it('an address for others is bound where everybody has to prove who he is', async () => {
    const { key, certificate } = world.security.server
    const tls = { 'ssl.keystore.key': key, 'ssl.keystore.certificate.chain': certificate }
    await using broker = await start({
      listeners: 'SASL_SSL://0.0.0.0:0,SSL://0.0.0.0:0',
      'advertised.listeners': 'SASL_SSL://localhost:0,SSL://localhost:0',
      'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
      'listener.name.ssl.ssl.client.auth': 'required',
      'ssl.truststore.certificates': world.security.authority.certificate,
      ...tls,
    })
    expect(broker.bootstrapServers.split(',')).toHaveLength(2)
  })

  it("takes what Apache Kafka's listeners may have, also for listeners that are not bound", async () => {
    await using broker = await start({
      listeners: 'INSIDE://127.0.0.1:0',
      'listener.security.protocol.map': 'INSIDE:PLAINTEXT,OUTSIDE:SASL_SSL',
      'listener.name.outside.gssapi.sasl.jaas.config': 'x.Krb5LoginModule required;',
      'listener.name.outside.oauthbearer.sasl.server.callback.handler.class': 'x.OAuthBearerValidatorCallbackHandler',
      'listener.name.outside.ssl.keymanager.algorithm': 'SunX509',
      'listener.name.inside.max.connections': '1',
    })
    const { host, port } = broker.address
    const first = connectTcp({ host, port })
    await new Promise((done) => first.once('connect', done))
    const second = connectTcp({ host, port })
    second.on('error', () => second.destroy())
    second.resume()
    await new Promise((done) => second.once('close', done))
    expect(first.closed).toBe(false)
    first.destroy()
  })
})
