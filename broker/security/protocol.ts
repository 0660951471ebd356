/** What a listener asks of its clients, with the number under which the metadata log knows it. */
export const securityProtocols = { PLAINTEXT: 0, SSL: 1, SASL_PLAINTEXT: 2, SASL_SSL: 3 } as const

/** The name of a security protocol, as Kafka spells it. */
export type SecurityProtocol = keyof typeof securityProtocols

/** True for a name that Kafka knows; names are in capitals. */
export const isSecurityProtocol = (name: string): name is SecurityProtocol => Object.hasOwn(securityProtocols, name)

/** The protocol encrypts: TLS comes first on every connection. */
export const isEncrypted = (protocol: SecurityProtocol): boolean => protocol === 'SSL' || protocol === 'SASL_SSL'

/** The protocol has clients log in. */
export const isSasl = (protocol: SecurityProtocol): boolean => protocol.startsWith('SASL_')
