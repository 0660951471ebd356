import { Command } from 'commander'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'

import { declareClusterCommands } from '../../../broker/commands/declare.ts'
import {
  type IdentityOptions,
  identityChanges,
  identityParts,
  mayLogIn,
} from '../../../broker/commands/identity-changes.ts'
import { alterIdentity, describeIdentities } from '../../../broker/commands/identity-configs.ts'
import { readSecret } from '../../../broker/commands/secret.ts'
import type { Broker } from '../../../broker/start.ts'
import { createClient } from '#core/client/lean-client.ts'
import { json, ran, rows } from '../../support/command-line.ts'
import { memoryBroker } from '../../support/memory-broker.ts'

const noSecret = (): Promise<string> => Promise.reject(new Error('no password was to be read'))

async function change(
  broker: Broker,
  options: IdentityOptions,
  given: Readonly<Record<string, string | null>>,
  { secret = noSecret, asJson = false } = {},
) {
  const parts = identityParts(options)
  const changes = await identityChanges(parts, given, secret)
  return ran(broker, (session) => alterIdentity(session, parts, changes), asJson)
}

const shown = (broker: Broker, options: IdentityOptions) =>
  json<Record<string, unknown>[]>(broker, (session) => describeIdentities(session, identityParts(options)))

/** Runs a command line to its end, or to its error. */
async function commandLine(...args: string[]): Promise<number> {
  const program = new Command('millrace').exitOverride()
  let outcome: Promise<number> | undefined
  declareClusterCommands(program, (work) => void (outcome = work()))
  program.parse(['configs', ...args, '--bootstrap-server', '127.0.0.1:1'], { from: 'user' })
  return outcome!
}

describe('millrace configs of users, clients and addresses', () => {
  it('sets, shows and removes quotas of each kind', async () => {
    const broker = await memoryBroker()
    await change(broker, { user: 'ann' }, { producer_byte_rate: '1000', request_percentage: '12.5' })
    await change(broker, { user: 'ann', client: 'app' }, { consumer_byte_rate: '2000' })
    await change(broker, { defaultUser: true, client: 'app' }, { consumer_byte_rate: '7' })
    await change(broker, { defaultClient: true }, { controller_mutation_rate: '3' })
    await change(broker, { ip: '127.0.0.2' }, { connection_creation_rate: '9' })
    const said = await change(broker, { defaultIp: true }, { connection_creation_rate: '99' })
    expect(said.remarks).toEqual(['default ip: connection_creation_rate=99'])

    const ofAnn = [
      { user: 'ann', name: 'producer_byte_rate', value: 1000 },
      { user: 'ann', name: 'request_percentage', value: 12.5 },
      { user: 'ann', client: 'app', name: 'consumer_byte_rate', value: 2000 },
    ]
    expect(await shown(broker, { user: 'ann' })).toEqual(ofAnn)
    expect(await shown(broker, { user: 'ann', client: 'app' })).toEqual([ofAnn[2]])
    const ofDefault = { user: null, client: 'app', name: 'consumer_byte_rate', value: 7 }
    expect(await shown(broker, { defaultUser: true })).toEqual([ofDefault])
    expect(await shown(broker, { users: true })).toEqual([ofDefault, ...ofAnn])
    expect(await shown(broker, { user: 'bob' })).toEqual([])
    const { out } = await ran(broker, (session) => describeIdentities(session, identityParts({ clients: true })))
    expect(rows(out)).toEqual([
      { FOR: 'default client', SETTING: 'controller_mutation_rate', VALUE: '3' },
      { FOR: 'default user, client app', SETTING: 'consumer_byte_rate', VALUE: '7' },
      { FOR: 'user ann, client app', SETTING: 'consumer_byte_rate', VALUE: '2000' },
    ])
    expect(await shown(broker, { ips: true })).toMatchObject([{ ip: null, value: 99 }, { ip: '127.0.0.2' }])

    await change(broker, { user: 'ann' }, { producer_byte_rate: null })
    expect(await shown(broker, { user: 'ann' })).toEqual(ofAnn.slice(1))
    await expect(change(broker, { ip: 'no address' }, { connection_creation_rate: '9' })).rejects.toThrow('no address')
  })

  it('gives a user passwords with which he logs in, shows no secret, and takes them away', async () => {
    const broker = await memoryBroker({
      listeners: 'PLAINTEXT://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0',
      'sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512',
    })
    const [, secured] = broker.bootstrapServers.split(',')
    const login = async (mechanism: string, password: string): Promise<string[]> => {
      const module = 'org.apache.kafka.common.security.scram.ScramLoginModule'
      const client = createClient({
        bootstrapServers: secured!,
        properties: {
          'security.protocol': 'SASL_PLAINTEXT',
          'sasl.mechanism': mechanism,
          'sasl.jaas.config': `${module} required username="ann" password="${password}";`,
        },
      })
      try {
        return await client.admin().listTopics()
      } finally {
        await client.close()
      }
    }
    const given = {
      'SCRAM-SHA-256': '[iterations=8192,password=a,b=[c]]',
      'SCRAM-SHA-512': '-',
      request_percentage: '50',
    }
    const said = await change(broker, { user: 'ann' }, given, { secret: async () => 'from stdin', asJson: true })
    const changes = { request_percentage: 50, 'SCRAM-SHA-256': 'iterations=8192', 'SCRAM-SHA-512': 'iterations=4096' }
    expect(JSON.parse(said.out)).toEqual({ user: 'ann', changes })
    expect(await shown(broker, { user: 'ann' })).toEqual([
      { user: 'ann', name: 'SCRAM-SHA-256', value: 'iterations=8192' },
      { user: 'ann', name: 'SCRAM-SHA-512', value: 'iterations=4096' },
      { user: 'ann', name: 'request_percentage', value: 50 },
    ])
    expect(await shown(broker, { users: true })).toHaveLength(3)
    expect(await login('SCRAM-SHA-256', 'a,b=[c]')).toEqual([])
    expect(await login('SCRAM-SHA-512', 'from stdin')).toEqual([])
    await change(broker, { user: 'ann' }, { 'SCRAM-SHA-256': null })
    await expect(login('SCRAM-SHA-256', 'a,b=[c]')).rejects.toThrow('refused the login')
    expect(await shown(broker, { user: 'ann' })).toHaveLength(2)
    await expect(change(broker, { user: 'ann' }, { 'SCRAM-SHA-256': null })).rejects.toThrow(
      'SCRAM-SHA-256 of user "ann"',
    )
  })

  it('says what is wrong with what is wanted, and repeats no password', async () => {
    const broker = await memoryBroker()
    const refusals: [IdentityOptions, Record<string, string | null>, string][] = [
      [{ user: 'ann' }, { producer_byte_rat: '1' }, 'setting "producer_byte_rat" is not one of producer_byte_rate'],
      [{ user: 'ann' }, { connection_creation_rate: null }, 'setting "connection_creation_rate" is not one of'],
      [{ ip: '127.0.0.1' }, { producer_byte_rate: '1' }, 'is not one of connection_creation_rate'],
      [{ user: 'ann' }, { producer_byte_rate: 'fast' }, 'producer_byte_rate "fast" is not a whole number from 1'],
      [{ user: 'ann' }, { producer_byte_rate: '1.5' }, 'is not a whole number from 1'],
      [{ user: 'ann' }, { request_percentage: '0' }, 'request_percentage "0" is not a number greater than 0'],
      [{ user: 'ann' }, { request_percentage: '' }, 'request_percentage "" is not a number'],
      [{ user: 'ann' }, { 'SCRAM-SHA-1': '[password=secret]' }, 'setting "SCRAM-SHA-1" is not one of'],
      [{ user: 'ann' }, { 'SCRAM-SHA-256': 'secret' }, 'setting "SCRAM-SHA-256" is not given as'],
      [{ user: 'ann' }, { 'SCRAM-SHA-256': '[password=]' }, 'setting "SCRAM-SHA-256" is not given as'],
      [
        { user: 'ann' },
        { 'SCRAM-SHA-256': '[iterations=10,password=secret]' },
        'SCRAM-SHA-256 iterations "10" is not a whole number from 4096 to 16384',
      ],
      [{ user: 'ann', client: 'app' }, { 'SCRAM-SHA-256': '-' }, 'SCRAM-SHA-256 needs --user NAME'],
      [{ defaultUser: true }, { 'SCRAM-SHA-256': '-' }, 'SCRAM-SHA-256 needs --user NAME'],
      [{ client: 'app' }, { 'SCRAM-SHA-512': null }, 'SCRAM-SHA-512 needs --user NAME'],
    ]
    for (const [options, given, message] of refusals) {
      // Something right before it must not be done either.
      const all = options.ip === undefined ? { controller_mutation_rate: '5', ...given } : given
      const error: unknown = await change(broker, options, all).catch((caught: unknown) => caught)
      expect(String(error)).toContain(message)
      expect(String(error)).not.toContain('secret')
    }
    await expect(change(broker, { user: 'ann' }, { 'SCRAM-SHA-256': '-' }, { secret: async () => '' })).rejects.toThrow(
      'needs a line on stdin',
    )
    for (const all of [{ users: true }, { clients: true }, { ips: true }]) expect(await shown(broker, all)).toEqual([])
  })

  it('finds out whom options mean', () => {
    expect(identityParts({})).toEqual([])
    expect(identityParts({ user: 'ann', defaultClient: true })).toEqual([
      { type: 'user', name: 'ann' },
      { type: 'client-id', name: null },
    ])
    expect(
      [{ user: 'ann' }, { users: true }, { defaultUser: true }].map((each) => mayLogIn(identityParts(each))),
    ).toEqual([true, true, false])
    expect(() => identityParts({ user: '' })).toThrow('--user "" is not a name; --default-user means')
    expect(() => identityParts({ user: 'ann', defaultUser: true })).toThrow('exclude each other')
    expect(() => identityParts({ ip: '127.0.0.1', client: 'app' })).toThrow('exclude each other')
  })

  it('refuses a wrong command line before it asks anybody', async () => {
    await expect(commandLine('set', '--user', 'ann', '--topic', 't', 'a=1')).rejects.toMatchObject({
      code: 'OPTIONS_TOGETHER',
    })
    await expect(commandLine('describe')).rejects.toMatchObject({ code: 'OPTION_MISSING' })
    await expect(commandLine('set', '--user', 'ann', 'no_such_rate=1')).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    })
    await expect(commandLine('unset', '--default-client', 'SCRAM-SHA-256')).rejects.toMatchObject({
      code: 'OPTION_MISSING',
    })
  })
})

describe('a password from stdin', () => {
  it('is its first line, and empty when there is none', async () => {
    const piped = new PassThrough()
    piped.end('se cret\r\nnext\n')
    expect(await readSecret(piped)).toBe('se cret')
    const empty = new PassThrough()
    empty.end()
    expect(await readSecret(empty)).toBe('')
  })

  it('is asked for on a terminal', async () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => terminal })
    const asked: string[] = []
    const typed = readSecret(terminal, (text) => asked.push(text))
    terminal.write('secret\r')
    expect(await typed).toBe('secret')
    expect(asked).toEqual(['password: ', '\n'])
  })
})
