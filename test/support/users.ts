import { onTestFinished } from 'vitest'

import { saslAuthenticate } from '#core/wire/api/36-sasl-authenticate.ts'
import { saslHandshake } from '#core/wire/api/17-sasl-handshake.ts'
import { createAcls } from '#core/wire/api/30-create-acls.ts'
import { deleteAcls } from '#core/wire/api/31-delete-acls.ts'
import {
  type AclOperationName,
  type ResourceTypeName,
  aclOperations,
  patternTypes,
  permissionTypes,
  resourceTypes,
} from '../../broker/authorizer/acl.ts'
import type { Broker } from '../../broker/start.ts'
import { memoryBroker } from './memory-broker.ts'
import { WireClient } from './wire-client.ts'

/** A right as handlers ask for it. */
export type Right = readonly [AclOperationName, ResourceTypeName, string]

/** Settings of a broker on which users log in with PLAIN, their name being their password. `admin` may do everything. */
export const usersConfig = (...names: string[]): Record<string, string> => ({
  listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
  'sasl.enabled.mechanisms': 'PLAIN',
  'listener.name.sasl_plaintext.plain.sasl.jaas.config':
    'org.apache.kafka.common.security.plain.PlainLoginModule required ' +
    `${['admin', ...names].map((name) => `user_${name}="${name}"`).join(' ')};`,
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:admin',
})

/** A broker in memory with such users, stopped when the test is over. */
export const brokerWithUsers = (
  names: readonly string[],
  config: Readonly<Record<string, string>> = {},
): Promise<Broker> => memoryBroker({ ...usersConfig(...names), ...config })

/** A connection on which a user has logged in, closed when the test is over. */
export async function clientOf(broker: Broker, user: string): Promise<WireClient> {
  const client = await loggedIn(broker.bootstrapServers, user)
  onTestFinished(() => client.close())
  return client
}

/** A connection on which a user has logged in. */
export async function loggedIn(bootstrap: string, user: string): Promise<WireClient> {
  const client = await WireClient.connect(bootstrap)
  await client.call(saslHandshake, 1, { mechanism: 'PLAIN' })
  const { errorCode } = await client.call(saslAuthenticate, 2, { authBytes: Buffer.from(`\0${user}\0${user}`) })
  if (errorCode !== 0) throw new Error(`${user} cannot log in: ${errorCode}`)
  return client
}

/** A filter that finds every entry. */
export const everyAcl = {
  resourceTypeFilter: resourceTypes.ANY,
  resourceNameFilter: null,
  patternTypeFilter: patternTypes.ANY,
  principalFilter: null,
  hostFilter: null,
  operation: aclOperations.ANY,
  permissionType: permissionTypes.ANY,
}

/** Takes all rights away from everybody but super users and gives a user these, as ALLOW for literal names. */
export async function giveOnly(admin: WireClient, user: string, rights: readonly Right[]): Promise<void> {
  await admin.call(deleteAcls, 3, { filters: [everyAcl] })
  const { results } = await admin.call(createAcls, 3, {
    creations: rights.map(([operation, resourceType, resourceName]) => ({
      resourceType: resourceTypes[resourceType],
      resourceName,
      resourcePatternType: patternTypes.LITERAL,
      principal: `User:${user}`,
      host: '*',
      operation: aclOperations[operation],
      permissionType: permissionTypes.ALLOW,
    })),
  })
  const bad = results.find(({ errorCode }) => errorCode !== 0)
  if (bad !== undefined) throw new Error(`an entry cannot be made: ${bad.errorMessage}`)
}
