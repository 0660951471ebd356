import { describe, expect, it } from 'vitest'

import { alterUserScramCredentials } from '#core/wire/api/51-alter-user-scram-credentials.ts'
import { describeUserScramCredentials } from '#core/wire/api/50-describe-user-scram-credentials.ts'
import { type ScramName, saltedPassword, scramMechanisms } from '#core/security/scram.ts'
import { errorCodes } from '#core/wire/errors.ts'
import { type Broker, startBroker } from '../../../broker/start.ts'
import { isLetIn as isLetInAs } from '../../support/broker-view.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { WireClient } from '../../support/wire-client.ts'

const config = {
  listeners: 'PLAINTEXT://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0',
  'sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512',
  'connection.failed.authentication.delay.ms': '0',
}

const upsertion = (name: string, secret: string, mechanism: ScramName = 'SCRAM-SHA-256', iterations = 4096) => {
  const salt = Buffer.from('some salt')
  const salted = saltedPassword(scramMechanisms[mechanism], secret, salt, Math.max(1, iterations))
  return { name, mechanism: scramMechanisms[mechanism].type, iterations, salt, saltedPassword: salted }
}
type Changes = Parameters<typeof alter>[1]

async function alter(
  client: WireClient,
  changes: {
    readonly deletions?: readonly { readonly name: string; readonly mechanism: number }[]
    readonly upsertions?: readonly ReturnType<typeof upsertion>[]
  },
): Promise<Record<string, number>> {
  const { deletions = [], upsertions = [] } = changes
  const { results } = await client.call(alterUserScramCredentials, 0, { deletions, upsertions })
  return Object.fromEntries(results.map(({ user, errorCode }) => [user, errorCode]))
}

async function describeUsers(client: WireClient, ...names: readonly string[]) {
  const users = names.length === 0 ? null : names.map((name) => ({ name }))
  const { results } = await client.call(describeUserScramCredentials, 0, { users })
  return Object.fromEntries(results.map(({ user, errorCode, credentialInfos }) => [user, errorCode || credentialInfos]))
}

const isLetIn = (broker: Broker, name: string, secret: string, mechanism: ScramName = 'SCRAM-SHA-256') =>
  isLetInAs(broker.bootstrapServers.split(',')[1]!, mechanism, name, secret)

const plainly = (broker: Broker) => WireClient.connect(broker.bootstrapServers.split(',')[0]!)

describe('SCRAM users', () => {
  it('are made, changed and removed while the broker runs', async () => {
    await using broker = await startBroker({ memory: true, config })
    const client = await plainly(broker)
    expect(await isLetIn(broker, 'alice', 'one')).toBe(false)
    expect(await alter(client, { upsertions: [upsertion('alice', 'one')] })).toEqual({ alice: 0 })
    expect(await isLetIn(broker, 'alice', 'one')).toBe(true)
    expect(await isLetIn(broker, 'alice', 'one', 'SCRAM-SHA-512')).toBe(false)
    expect(await alter(client, { upsertions: [upsertion('alice', 'two', 'SCRAM-SHA-256', 8192)] })).toEqual({
      alice: 0,
    })
    expect(await isLetIn(broker, 'alice', 'one')).toBe(false)
    expect(await isLetIn(broker, 'alice', 'two')).toBe(true)
    expect(await describeUsers(client)).toEqual({ alice: [{ mechanism: 1, iterations: 8192 }] })
    expect(await alter(client, { deletions: [{ name: 'alice', mechanism: 1 }] })).toEqual({ alice: 0 })
    expect(await isLetIn(broker, 'alice', 'two')).toBe(false)
    expect(await describeUsers(client)).toEqual({})
    client.close()
  })

  it('each gets an answer of his own', async () => {
    await using broker = await startBroker({ memory: true, config })
    const client = await plainly(broker)
    const changes: Changes = {
      deletions: [
        { name: 'gone', mechanism: 1 },
        { name: 'odd', mechanism: 9 },
        { name: 'twice', mechanism: 1 },
      ],
      upsertions: [
        upsertion('', 'x'),
        upsertion('few', 'x', 'SCRAM-SHA-256', 4095),
        upsertion('many', 'x', 'SCRAM-SHA-512', 16_385),
        upsertion('twice', 'x'),
        upsertion('fine', 'x', 'SCRAM-SHA-512', 16_384),
      ],
    }
    expect(await alter(client, changes)).toEqual({
      gone: errorCodes.RESOURCE_NOT_FOUND.code,
      odd: errorCodes.UNSUPPORTED_SASL_MECHANISM.code,
      twice: errorCodes.DUPLICATE_RESOURCE.code,
      '': errorCodes.UNACCEPTABLE_CREDENTIAL.code,
      few: errorCodes.UNACCEPTABLE_CREDENTIAL.code,
      many: errorCodes.UNACCEPTABLE_CREDENTIAL.code,
      fine: 0,
    })
    expect(await describeUsers(client, 'fine', 'nobody', 'two', 'two')).toEqual({
      fine: [{ mechanism: 2, iterations: 16_384 }],
      nobody: errorCodes.RESOURCE_NOT_FOUND.code,
      two: errorCodes.DUPLICATE_RESOURCE.code,
    })
    client.close()
  })

  it('outlive the broker, in the log and in snapshots; the first ones are made once', async () => {
    const dataDir = temporaryFolder()
    const addScram = ['SCRAM-SHA-512=[name="first",password=one,iterations=5000]']
    const small = { ...config, 'metadata.log.max.record.bytes.between.snapshots': '1' }
    for (let life = 0; life < 3; life++) {
      await using broker = await startBroker({ dataDir, config: life === 1 ? small : config, addScram })
      const client = await plainly(broker)
      if (life === 0) {
        expect(await isLetIn(broker, 'first', 'one', 'SCRAM-SHA-512')).toBe(true)
        await alter(client, {
          upsertions: [upsertion('first', 'two', 'SCRAM-SHA-512'), upsertion('bob', 'b'), upsertion('gone', 'x')],
        })
        await alter(client, { deletions: [{ name: 'gone', mechanism: 1 }] })
      }
      expect(await isLetIn(broker, 'first', 'one', 'SCRAM-SHA-512')).toBe(false)
      expect(await isLetIn(broker, 'first', 'two', 'SCRAM-SHA-512')).toBe(true)
      expect(await describeUsers(client)).toEqual({
        first: [{ mechanism: 2, iterations: 4096 }],
        bob: [{ mechanism: 1, iterations: 4096 }],
      })
      client.close()
    }
  })

  it('a first user that cannot be read is refused without the password', async () => {
    for (const text of [
      'SCRAM-SHA-1=[name=a,password=hidden]',
      'SCRAM-SHA-256=name=a,password=hidden',
      'SCRAM-SHA-256=[password=hidden]',
      'SCRAM-SHA-256=[name=a]',
      'SCRAM-SHA-256=[name=a,password=hidden,iterations=100]',
    ]) {
      const start = startBroker({ memory: true, addScram: [text] })
      await expect(start, text).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
      await expect(start, text).rejects.not.toThrow(/hidden/)
    }
  })
})
