import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { systemClock } from '#core/ports/clock.ts'
import { seededRandom } from '#core/ports/random.ts'
import { type Timers, systemTimers } from '#core/ports/timers.ts'
import { apis } from '#core/wire/api/index.ts'
import { saslHandshake } from '#core/wire/api/17-sasl-handshake.ts'
import { apiVersions } from '#core/wire/api/18-api-versions.ts'
import { saslAuthenticate } from '#core/wire/api/36-sasl-authenticate.ts'
import { metadata } from '#core/wire/api/03-metadata.ts'
import { describeCluster } from '#core/wire/api/60-describe-cluster.ts'
import { errorCodes } from '#core/wire/errors.ts'
import { encodeBearer } from '#core/security/oauthbearer.ts'
import { type ListenerName, SecuredBroker, password } from '../../support/secured-broker.ts'
import { WireClient } from '../../support/wire-client.ts'

let clockOffsetMs = 0
let world: SecuredBroker
const clients: WireClient[] = []

beforeAll(async () => {
  const clock = { now: () => systemClock.now(), monotonic: () => systemClock.monotonic() + clockOffsetMs }
  world = await SecuredBroker.start(
    {
      'connection.failed.authentication.delay.ms': '0',
      'listener.name.sasl_plaintext.plain.sasl.jaas.config': `x.PlainLoginModule required user_alice="${password}" user_bob="b";`,
      'listener.name.sasl_ssl.connections.max.reauth.ms': '0',
      'listener.name.sasl_plaintext.scram-sha-256.connections.max.reauth.ms': '5000',
      'listener.name.sasl_plaintext.plain.connections.max.reauth.ms': '5000',
    },
    { ports: { clock } },
  )
})

afterAll(async () => {
  for (const client of clients) client.close()
  await world[Symbol.asyncDispose]()
})

async function connect(listener: ListenerName = 'SASL_PLAINTEXT'): Promise<WireClient> {
  const client = await WireClient.connect(world.at(listener))
  clients.push(client)
  return client
}

const plain = (user: string, secret: string): Buffer => Buffer.from(`\0${user}\0${secret}`)
const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
/** Any request of a client that has logged in. */
const ask = (client: WireClient) =>
  client.call(describeCluster, 1, { includeClusterAuthorizedOperations: false, endpointType: 1 })
const closed = /connection (is|was) closed/

/** A request of any API with an empty body, as bytes. */
function emptyRequest(key: number, version: number): Buffer {
  const bytes = Buffer.alloc(14)
  bytes.writeInt32BE(10)
  bytes.writeInt16BE(key, 4)
  bytes.writeInt16BE(version, 6)
  bytes.writeInt16BE(-1, 12)
  return bytes
}

async function handshake(client: WireClient, mechanism = 'PLAIN', version = 1): Promise<void> {
  expect((await client.call(saslHandshake, version, { mechanism })).errorCode).toBe(0)
}

async function login(client: WireClient, token = plain('alice', password), mechanism = 'PLAIN') {
  await handshake(client, mechanism)
  return client.call(saslAuthenticate, 2, { authBytes: token })
}

describe('before the login', () => {
  it('nothing but ApiVersions and the handshake is answered', async () => {
    const keys = [...apis.map(({ key }) => key), 999, -1]
    const answered: number[] = []
    for (const key of keys) {
      const client = await connect()
      await client.send([emptyRequest(key, 0)]).then(
        () => answered.push(key),
        (error: Error) => expect(error.message).toMatch(closed),
      )
    }
    expect(answered).toEqual([apiVersions.key])
  })

  it('other requests in the middle of the exchange get ILLEGAL_SASL_STATE where there is room, and the connection ends', async () => {
    const client = await connect()
    await handshake(client)
    const answer = await client.call(metadata, 12, { topics: [{ name: 'a' }] })
    expect(answer.topics.map(({ errorCode }) => errorCode)).toEqual([errorCodes.ILLEGAL_SASL_STATE.code])
    await expect(client.call(metadata, 12, { topics: null })).rejects.toThrow(closed)
    const other = await connect()
    await handshake(other)
    expect((await other.call(apiVersions, 3, software)).errorCode).toBe(errorCodes.ILLEGAL_SASL_STATE.code)
    await expect(other.call(apiVersions, 3, software)).rejects.toThrow(closed)
  })

  it('ApiVersions is answered once, or again after a version that is too new', async () => {
    const client = await connect()
    const frame = await client.send([emptyRequest(apiVersions.key, 99)])
    expect(frame.readInt16BE(4)).toBe(errorCodes.UNSUPPORTED_VERSION.code)
    expect((await client.call(apiVersions, 3, software)).errorCode).toBe(0)
    await expect(client.call(apiVersions, 3, software)).rejects.toThrow(closed)
  })

  it('a mechanism that is not enabled is refused with those that are', async () => {
    const client = await connect()
    expect(await client.call(saslHandshake, 1, { mechanism: 'GSSAPI' })).toEqual({
      errorCode: errorCodes.UNSUPPORTED_SASL_MECHANISM.code,
      mechanisms: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'],
    })
    await expect(client.call(saslHandshake, 1, { mechanism: 'PLAIN' })).rejects.toThrow(closed)
  })

  it('whatever bytes come, nobody gets in and the broker goes on', async () => {
    const random = seededRandom(7)
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!
    const before = world.broker.metrics.values.broker_authentications_total
    for (let i = 0; i < 60; i++) {
      const client = await connect()
      const mechanism = pick(['PLAIN', 'SCRAM-SHA-256', 'OAUTHBEARER'])
      const starts = ['', '\0', 'n,,', 'n,,n=alice,r=', 'n,,\u0001auth=Bearer ', 'c=biws,r=']
      const token = Buffer.concat([Buffer.from(pick(starts)), random.bytes(Math.floor(random.next() * 60))])
      const version = pick([0, 1])
      await handshake(client, mechanism, version)
      const size = Buffer.alloc(4)
      size.writeInt32BE(token.length)
      const answer =
        version === 0
          ? client.send([size, token])
          : client.call(saslAuthenticate, pick([0, 1, 2]), { authBytes: token })
      await answer.catch((error: Error) => expect(error.message).toMatch(closed))
      await client.send([emptyRequest(metadata.key, 0)]).catch((error: Error) => expect(error.message).toMatch(closed))
      client.close()
    }
    expect(world.broker.metrics.values.broker_authentications_total).toBe(before)
    expect((await login(await connect())).errorCode).toBe(0)
  })

  it('a large frame ends the connection before it is read', async () => {
    const client = await connect()
    const size = Buffer.alloc(4)
    size.writeInt32BE(600_000)
    await expect(client.send([size])).rejects.toThrow(closed)
  })
})

describe('PLAIN', () => {
  it('lets in who knows the password, also with bare tokens after a handshake of version 0', async () => {
    const client = await connect('SASL_PLAINTEXT')
    expect(await login(client)).toMatchObject({ errorCode: 0, errorMessage: '', sessionLifetimeMs: 5000 })
    expect((await ask(client)).errorCode).toBe(0)
    const old = await connect()
    await handshake(old, 'PLAIN', 0)
    const token = plain('alice', password)
    const size = Buffer.alloc(4)
    size.writeInt32BE(token.length)
    expect(await old.send([size, token])).toHaveLength(0)
    expect((await ask(old)).errorCode).toBe(0)
  })

  it.each([
    plain('alice', 'wrong'),
    plain('nobody', password),
    plain('', password),
    plain('alice', ''),
    Buffer.from(`bob\0alice\0${password}`),
    Buffer.from('nonsense'),
    Buffer.alloc(0),
  ])('refuses %j and hangs up', async (token) => {
    const before = world.broker.metrics.values.broker_authentication_failures_total
    const client = await connect()
    const answer = await login(client, token)
    expect(answer.errorCode).toBe(errorCodes.SASL_AUTHENTICATION_FAILED.code)
    expect(answer.errorMessage).not.toContain(password)
    await expect(ask(client)).rejects.toThrow(closed)
    expect(world.broker.metrics.values.broker_authentication_failures_total).toBe(before + 1)
  })
})

describe('a client that failed', () => {
  it('waits for the answer as long as is set', async () => {
    const delayMs = 86_399_999
    const waited: number[] = []
    const system = systemTimers({ ref: false })
    const timers: Timers = {
      ...system,
      after(ms, call) {
        if (ms !== delayMs) return system.after(ms, call)
        waited.push(ms)
        return system.after(0, call)
      },
    }
    await using slow = await SecuredBroker.start(
      { 'connection.failed.authentication.delay.ms': String(delayMs) },
      { ports: { timers } },
    )
    const client = await WireClient.connect(slow.at('SASL_PLAINTEXT'))
    expect((await login(client)).errorCode).toBe(0)
    client.close()
    expect(waited).toEqual([])
    const wrong = await WireClient.connect(slow.at('SASL_PLAINTEXT'))
    expect((await login(wrong, plain('alice', 'wrong'))).errorCode).toBe(errorCodes.SASL_AUTHENTICATION_FAILED.code)
    expect(waited).toEqual([delayMs])
    const gone = await WireClient.connect(slow.at('SASL_PLAINTEXT'))
    await expect(ask(gone)).rejects.toThrow(closed)
    expect(waited).toEqual([delayMs, delayMs])
  })
})

describe('SCRAM', () => {
  it('shows a user that is not there the same salt each time, and refuses him at the end', async () => {
    const salts: string[] = []
    for (let i = 0; i < 2; i++) {
      const client = await connect()
      await handshake(client, 'SCRAM-SHA-256')
      const first = await client.call(saslAuthenticate, 2, { authBytes: Buffer.from('n,,n=nobody,r=abc') })
      const [nonce, salt, iterations] = first.authBytes.toString().split(',')
      expect([first.errorCode, iterations]).toEqual([0, 'i=4096'])
      salts.push(salt!)
      const proof = createHmac('sha256', 'x').update('guess').digest('base64')
      const last = await client.call(saslAuthenticate, 2, { authBytes: Buffer.from(`c=biws,${nonce},p=${proof}`) })
      expect(last.errorCode).toBe(errorCodes.SASL_AUTHENTICATION_FAILED.code)
      expect(last.errorMessage).toBe('Authentication failed: Invalid user credentials')
    }
    expect(salts[0]).toBe(salts[1])
  })

  it.each([
    '',
    'n,,n=alice',
    'p=tls-unique,,n=alice,r=abc',
    'n,a=bob,n=alice,r=abc',
    'n,,n=al=xice,r=abc',
    'n,,n=alice,r=',
  ])('refuses %j as a first message', async (message) => {
    const client = await connect()
    const answer = await login(client, Buffer.from(message), 'SCRAM-SHA-512')
    expect(answer.errorCode).toBe(errorCodes.SASL_AUTHENTICATION_FAILED.code)
  })
})

describe('OAUTHBEARER', () => {
  const bearer = (token: string, authorizationId = '') => encodeBearer({ token, authorizationId, extensions: {} })

  it('holds as long as the token', async () => {
    const client = await connect()
    const answer = await login(client, bearer(await world.security.token('carol', { lifeSeconds: 100 })), 'OAUTHBEARER')
    expect(answer.errorCode).toBe(0)
    expect(answer.sessionLifetimeMs).toBeGreaterThan(90_000)
    expect(answer.sessionLifetimeMs).toBeLessThanOrEqual(100_000)
  })

  it('refuses tokens that are forged, out of date, for others, or for another user', async () => {
    const { token } = world.security
    const bad = [
      await token('alice', { forged: true }),
      await token('alice', { lifeSeconds: -120 }),
      await token('alice', { audience: 'others' }),
      'a.b.c',
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"alice"}').toString('base64url')}.`,
    ]
    for (const each of bad) {
      const client = await connect()
      const first = await login(client, bearer(each), 'OAUTHBEARER')
      expect([first.errorCode, first.authBytes.toString()]).toEqual([0, '{"status":"invalid_token"}'])
      const last = await client.call(saslAuthenticate, 2, { authBytes: Buffer.from([1]) })
      expect(last.errorCode).toBe(errorCodes.SASL_AUTHENTICATION_FAILED.code)
    }
    const client = await connect()
    const answer = await login(client, bearer(await token('alice'), 'bob'), 'OAUTHBEARER')
    expect(answer.errorCode).toBe(errorCodes.SASL_AUTHENTICATION_FAILED.code)
  })
})

describe('after the login', () => {
  it('a handshake is refused where the login does not end, and on listeners without one', async () => {
    for (const listener of ['PLAINTEXT'] as const) {
      const client = await connect(listener)
      expect((await client.call(saslHandshake, 1, { mechanism: 'PLAIN' })).errorCode).toBe(
        errorCodes.ILLEGAL_SASL_STATE.code,
      )
      const answer = await client.call(saslAuthenticate, 2, { authBytes: Buffer.alloc(0) })
      expect(answer.errorCode).toBe(errorCodes.ILLEGAL_SASL_STATE.code)
      expect((await ask(client)).errorCode).toBe(0)
    }
  })

  it('a client logs in again in time and goes on, at most once a second', async () => {
    const client = await connect()
    await login(client)
    clockOffsetMs += 4000
    await login(client)
    expect((await client.call(saslHandshake, 1, { mechanism: 'PLAIN' })).errorCode).toBe(
      errorCodes.ILLEGAL_SASL_STATE.code,
    )
    clockOffsetMs += 4000
    expect((await ask(client)).errorCode).toBe(0)
    clockOffsetMs += 2000
    await expect(ask(client)).rejects.toThrow(closed)
  })

  it('a client whose login has ended may still log in again', async () => {
    const client = await connect()
    await login(client)
    clockOffsetMs += 6000
    expect((await login(client)).errorCode).toBe(0)
    expect((await ask(client)).errorCode).toBe(0)
  })

  it('a client cannot become somebody else or take another mechanism', async () => {
    const client = await connect()
    await login(client)
    clockOffsetMs += 2000
    const answer = await login(client, plain('bob', 'b'))
    expect(answer.errorCode).toBe(errorCodes.SASL_AUTHENTICATION_FAILED.code)
    expect(answer.errorMessage).toMatch(/User\.alice: User\.bob/)
    const other = await connect()
    await login(other)
    clockOffsetMs += 2000
    await handshake(other, 'SCRAM-SHA-256')
    await expect(ask(other)).rejects.toThrow(closed)
  })
})
