import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { SignJWT, exportJWK, generateKeyPair } from 'jose'

import { type Broker, startBroker } from '../../broker/start.ts'
import { type Authority, type Certified, makeAuthority } from './certificates.ts'

/** Listeners of a broker with one of every kind, by name, in the order of its bootstrap servers. */
export const listenerNames = ['PLAINTEXT', 'SSL', 'MUTUAL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const
export type ListenerName = (typeof listenerNames)[number]

/** Users and keys of a secured world. Everybody who may log in is alice with this password. */
export interface Security {
  /** Where the files are; gone when the world ends. */
  readonly directory: string
  readonly authority: Authority
  readonly stranger: Authority
  readonly server: Certified
  readonly client: Certified
  /** Files: the authority, alice's certificate and key in one and in two, the same of somebody that nobody trusts. */
  readonly files: Readonly<
    Record<'authority' | 'stranger' | 'client' | 'clientKey' | 'imposter' | 'imposterKey', string>
  >
  readonly settings: Readonly<Record<string, string>>
  /** A token for a user; `forged`: signed by a key that the broker does not know. */
  token(
    user: string,
    options?: { readonly forged?: boolean; readonly lifeSeconds?: number; readonly audience?: string },
  ): Promise<string>
}

export const password = 'correct horse'
const mechanisms = 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER'

/** Makes keys, certificates and the settings of a broker with every kind of listener. */
export async function makeSecurity(): Promise<Security> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-security-'))
  const [authority, stranger] = [await makeAuthority('trusted'), await makeAuthority('stranger')]
  const server = await authority.issue({ commonName: 'broker' })
  const client = await authority.issue({ organizationName: 'Mill', commonName: 'alice' })
  const imposter = await stranger.issue({ commonName: 'alice' })
  const signing = await generateKeyPair('ES256', { extractable: true })
  const forging = await generateKeyPair('ES256')
  const write = (name: string, text: string): string => {
    const file = join(directory, name)
    writeFileSync(file, text)
    return file
  }
  const keys = { keys: [{ ...(await exportJWK(signing.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] }
  const jwks = write('jwks.json', JSON.stringify(keys))
  const users = `org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="${password}";`
  return {
    directory,
    authority,
    stranger,
    server,
    client,
    files: {
      authority: write('authority.pem', authority.certificate),
      stranger: write('stranger.pem', stranger.certificate),
      client: write('client.pem', `${client.key}\n${client.certificate}`),
      clientKey: write('client.key', client.key),
      imposter: write('imposter.pem', `${imposter.key}\n${imposter.certificate}`),
      imposterKey: write('imposter.key', imposter.key),
    },
    settings: {
      listeners: listenerNames.map((name) => `${name}://127.0.0.1:0`).join(','),
      'listener.security.protocol.map': listenerNames
        .map((name) => `${name}:${name.replace('MUTUAL', 'SSL')}`)
        .join(','),
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': write('broker.pem', `${server.key}\n${server.certificate}`),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': join(directory, 'authority.pem'),
      'listener.name.mutual.ssl.client.auth': 'required',
      'listener.name.mutual.ssl.principal.mapping.rules': 'RULE:^CN=([^,]+).*$/$1/,DEFAULT',
      'sasl.enabled.mechanisms': mechanisms,
      'listener.name.sasl_plaintext.plain.sasl.jaas.config': users,
      'listener.name.sasl_ssl.plain.sasl.jaas.config': users,
      'sasl.oauthbearer.jwks.endpoint.url': pathToFileURL(jwks).href,
      'sasl.oauthbearer.expected.audience': 'kafka',
      'sasl.oauthbearer.expected.issuer': 'mill',
    },
    token: (user, { forged = false, lifeSeconds = 600, audience = 'kafka' } = {}) =>
      new SignJWT({ scope: 'all' })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setSubject(user)
        .setIssuer('mill')
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(Math.floor(Date.now() / 1000) + lifeSeconds)
        .sign(forged ? forging.privateKey : signing.privateKey),
  }
}

/** A broker in memory with every kind of listener. */
export class SecuredBroker {
  readonly security: Security
  readonly broker: Broker

  private constructor(security: Security, broker: Broker) {
    this.security = security
    this.broker = broker
  }

  static async start(config: Readonly<Record<string, string>> = {}, options: Parameters<typeof startBroker>[0] = {}) {
    const security = await makeSecurity()
    const addScram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map((name) => `${name}=[name=alice,password="${password}"]`)
    const settings = { ...security.settings, ...config }
    return new SecuredBroker(security, await startBroker({ memory: true, ...options, config: settings, addScram }))
  }

  /** host:port of a listener. */
  at(listener: ListenerName): string {
    return this.broker.bootstrapServers.split(',')[listenerNames.indexOf(listener)]!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker.stop()
    rmSync(this.security.directory, { recursive: true, force: true })
  }
}
