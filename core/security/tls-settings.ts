import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type SecureContextOptions, type SecureVersion, getCiphers } from 'node:tls'

import { type ConfigDefinition, type ConfigOf, configErrors, list, password, string } from '#core/config/define.ts'
import { type KeyStore, readKeyStore, readPem } from '#core/security/key-store.ts'

/** What clients and brokers say alike about TLS, under Kafka's names. */
export const tlsSettings = {
  'ssl.keystore.type': string({
    doc: 'What the key store is: PEM, PKCS12 or JKS. The file itself decides.',
    default: 'JKS',
    importance: 'medium',
  }),
  'ssl.keystore.location': string({ doc: 'The file with the private key and its certificates.', importance: 'high' }),
  'ssl.keystore.password': password({
    doc: 'Password of the key store; none for PEM.',
    importance: 'high',
    secret: true,
  }),
  'ssl.key.password': password({ doc: 'Password of the private key in it.', importance: 'high', secret: true }),
  'ssl.keystore.key': password({
    doc: 'The private key itself as PEM, instead of a file.',
    importance: 'high',
    secret: true,
  }),
  'ssl.keystore.certificate.chain': password({
    doc: 'The certificates that go with ssl.keystore.key as PEM, the own one first.',
    importance: 'high',
    secret: true,
  }),
  'ssl.truststore.type': string({
    doc: 'What the trust store is: PEM, PKCS12 or JKS. The file itself decides.',
    default: 'JKS',
    importance: 'medium',
  }),
  'ssl.truststore.location': string({
    doc: 'The file with the certificates of authorities to trust. Without one: those that come with Node.',
    importance: 'high',
  }),
  'ssl.truststore.password': password({
    doc: 'Password of the trust store; none for PEM.',
    importance: 'high',
    secret: true,
  }),
  'ssl.truststore.certificates': password({
    doc: 'The certificates to trust themselves as PEM, instead of a file.',
    importance: 'high',
    secret: true,
  }),
  'ssl.protocol': string({ doc: 'The newest TLS version to use.', default: 'TLSv1.3', importance: 'medium' }),
  'ssl.enabled.protocols': list({
    doc: 'TLS versions to use: TLSv1.2 and TLSv1.3.',
    default: ['TLSv1.2', 'TLSv1.3'],
    importance: 'medium',
  }),
  'ssl.cipher.suites': list({
    doc: "Cipher suites to use, by Java's or OpenSSL's names; none for Node's choice.",
    default: [],
    importance: 'low',
  }),
} as const

/** Values of `tlsSettings`. */
export type TlsConfig = ConfigOf<ConfigDefinition<typeof tlsSettings>>

/**
 * What the settings mean for Node. Throws CONFIG_INVALID that names the setting, and `what` it belongs to; `serves`: a key
 * is needed.
 */
export function secureContext(config: TlsConfig, what: string, serves: boolean): SecureContextOptions {
  const invalid = (setting: string, problem: string, cause?: unknown) =>
    configErrors.CONFIG_INVALID({ what, problems: `setting "${setting}": ${problem}` }, cause)
  const read = <T>(setting: string, action: () => T): T => {
    try {
      return action()
    } catch (cause) {
      throw invalid(setting, (cause as Error).message, cause)
    }
  }
  const own = read('ssl.keystore.location', () => ownKeys(config))
  if (serves && own === undefined) throw invalid('ssl.keystore.location', 'TLS needs a key store')
  if (own !== undefined && (own.keys.length === 0 || own.certificates.length === 0)) {
    throw invalid('ssl.keystore.location', 'it holds no private key with a certificate')
  }
  const trusted = read('ssl.truststore.location', () => trustedCertificates(config))
  const versions = read('ssl.enabled.protocols', () => versionsOf(config))
  const ciphers = read('ssl.cipher.suites', () => config['ssl.cipher.suites'].map(cipherName))
  return {
    ...(own !== undefined && identity(own)),
    ...(trusted !== undefined && { ca: [...trusted] }),
    ...versions,
    ...(ciphers.length > 0 && { ciphers: ciphers.join(':') }),
  }
}

/** The first key, and the certificates in an order that begins with the one that belongs to it. */
function identity({ keys, certificates }: KeyStore): SecureContextOptions {
  return { key: keys[0]!, cert: certificates.join('\n') }
}

function ownKeys(config: TlsConfig): KeyStore | undefined {
  const keyPassword = config['ssl.key.password']
  const key = config['ssl.keystore.key']
  if (key !== undefined) {
    const { keys } = readPem(key, keyPassword)
    return { keys, certificates: readPem(config['ssl.keystore.certificate.chain'] ?? '', undefined).certificates }
  }
  const file = config['ssl.keystore.location']
  if (file === undefined) return undefined
  return readKeyStore(readFileSync(file), { store: config['ssl.keystore.password'], key: keyPassword })
}

function trustedCertificates(config: TlsConfig): readonly string[] | undefined {
  const inline = config['ssl.truststore.certificates']
  if (inline !== undefined) return readPem(inline, undefined).certificates
  const file = config['ssl.truststore.location']
  if (file === undefined) return undefined
  const { certificates } = readKeyStore(readFileSync(file), {
    store: config['ssl.truststore.password'],
    key: undefined,
  })
  for (const each of certificates) new X509Certificate(each)
  if (certificates.length === 0) throw new RangeError('it holds no certificate')
  return certificates
}

function versionsOf(config: TlsConfig): { minVersion: SecureVersion; maxVersion: SecureVersion } {
  const known = ['TLSv1.2', 'TLSv1.3'] as const
  const given = config['ssl.enabled.protocols']
  const unknown = given.find((each) => !(known as readonly string[]).includes(each))
  if (unknown !== undefined) throw new RangeError(`${unknown} is not offered; name TLSv1.2, TLSv1.3 or both`)
  const enabled = known.filter((each) => given.includes(each))
  if (enabled.length === 0) throw new RangeError('name TLSv1.2, TLSv1.3 or both')
  return { minVersion: enabled[0]!, maxVersion: enabled.at(-1)! }
}

/** OpenSSL's name of a cipher suite: TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 is ECDHE-RSA-AES256-GCM-SHA384 there. */
function cipherName(name: string): string {
  const known = getCiphers()
  const translated = name
    .replace(/^TLS_RSA_WITH_/, '')
    .replace(/^TLS_(.+)_WITH_/, '$1_')
    .replace(/AES_(128|256)_CBC/, 'AES$1')
    .replace(/AES_(128|256)/, 'AES$1')
    .replace(/(CHACHA20_POLY1305)_SHA256$/, '$1')
    .replaceAll('_', '-')
  const found = [name, translated].find((each) => known.includes(each.toLowerCase()))
  if (found === undefined) throw new RangeError(`there is no cipher suite ${name}`)
  return found
}
