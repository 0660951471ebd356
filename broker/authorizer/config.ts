import { type ConfigDefinition, type ConfigOf, boolean, string } from '#core/config/define.ts'

import type { AclIndex } from './acl-index.ts'
import { allowEverything } from './allow-everything.ts'
import type { Authorizer } from './authorizer.ts'
import { StandardAuthorizer } from './standard-authorizer.ts'

/** The authorizer there is, by the name of Apache Kafka's and by a short one. */
const authorizers: ReadonlySet<string> = new Set([
  'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'standard',
])

/** `User:a;User:b` as a set. Distinguished names hold commas, so principals are kept apart by semicolons. */
const principalsIn = (text: string): string[] =>
  text
    .split(';')
    .map((word) => word.trim())
    .filter((word) => word !== '')

/** Settings that say whether and how access is decided. */
export const authorizerSettings = {
  'authorizer.class.name': string({
    doc:
      'Switches access control on: org.apache.kafka.metadata.authorizer.StandardAuthorizer, or standard for short. ' +
      'Empty: everybody may do everything.',
    default: '',
    check: (name) =>
      name === '' || authorizers.has(name) ? undefined : `must be one of ${[...authorizers].join(', ')}; got ${name}`,
  }),
  'super.users': string({
    doc: 'Principals that may do everything, as User:name, with semicolons between.',
    default: '',
    check: (text) => {
      const bad = principalsIn(text).find((word) => !/^[^:]+:/.test(word))
      return bad === undefined ? undefined : `must name principals as User:name; got ${bad}`
    },
  }),
  'allow.everyone.if.no.acl.found': boolean({
    doc: 'Lets everybody do everything to a resource that no access control entry is about.',
    default: false,
  }),
} as const

type AuthorizerConfig = ConfigOf<ConfigDefinition<typeof authorizerSettings>>

/** The authorizer that the settings ask for. */
export function authorizerFor(config: AuthorizerConfig, acls: AclIndex): Authorizer {
  if (config['authorizer.class.name'] === '') return allowEverything
  return new StandardAuthorizer(acls, {
    superUsers: new Set(principalsIn(config['super.users'])),
    allowEveryoneIfNoAclFound: config['allow.everyone.if.no.acl.found'],
  })
}
