import type { Command } from 'commander'

import type { ConfigResource } from '#core/client/client.ts'

import { commandErrors } from './errors.ts'
import type { IdentityOptions } from './identity-changes.ts'
import { type Runs, leaf, within } from './leaf.ts'
import type { ClusterOptions, Session } from './session.ts'

type Identities = typeof import('./identity-changes.ts')
type ConfigOptions = ClusterOptions &
  IdentityOptions & { topic?: string; broker?: string; group?: string; all?: boolean }

const quotasOfUsers = 'producer_byte_rate, consumer_byte_rate, request_percentage, controller_mutation_rate'
const about = `
Quotas of users and clients, one or both: ${quotasOfUsers}.
Of addresses: connection_creation_rate.`
const aboutSet = `${about}
Passwords of users: SCRAM-SHA-256 or SCRAM-SHA-512, as [password=secret] or [iterations=8192,password=secret].
Others on the machine can see a command line: SCRAM-SHA-512=- reads the password, a line, from stdin.`

/** `millrace configs`: settings of topics, brokers and groups; quotas of users, clients and addresses; SCRAM users. */
export function configs(parent: Command, runs: Runs): void {
  describe(parent, runs)
  target(parent, 'set', 'change settings, quotas and passwords')
    .argument('<name=value...>')
    .addHelpText('after', aboutSet)
    .action((given: string[], options: ConfigOptions) =>
      runs(() =>
        within(options, async (session) =>
          alter(session, options, (await import('./session.ts')).pairs('setting', given)),
        ),
      ),
    )
  target(parent, 'unset', 'put settings back to their default; remove quotas and SCRAM credentials')
    .argument('<name...>')
    .addHelpText('after', about)
    .action((names: string[], options: ConfigOptions) =>
      runs(() =>
        within(options, async (session) =>
          alter(session, options, Object.fromEntries(names.map((name) => [name, null]))),
        ),
      ),
    )
}

/** A command with the options that say whose settings are meant. */
const target = (parent: Command, usage: string, description: string): Command =>
  leaf(parent, usage, description)
    .option('--topic <name>', 'of a topic')
    .option('--broker <id>', 'of a broker; "all" for what holds for all of them')
    .option('--group <id>', 'of a group')
    .option('--user <name>', 'of a user; with --client, of the two together')
    .option('--default-user', 'of users without quotas of their own')
    .option('--client <id>', 'of a client id')
    .option('--default-client', 'of clients without quotas of their own')
    .option('--ip <address>', 'of an address')
    .option('--default-ip', 'of addresses without a quota of their own')

function describe(parent: Command, runs: Runs): void {
  target(parent, 'describe', 'settings that are not at their default; quotas; how users log in by SCRAM')
    .option('--users', 'of all users')
    .option('--clients', 'of all client ids')
    .option('--ips', 'of all addresses')
    .option('--all', 'settings at their default too')
    .action((options: ConfigOptions) =>
      runs(() =>
        within(options, async (session) => {
          const parts = identitiesOf(options, await import('./identity-changes.ts'))
          if (parts.length > 0) return (await import('./identity-configs.ts')).describeIdentities(session, parts)
          return (await import('./configs.ts')).describeConfigs(session, resourceOf(options), options)
        }),
      ),
    )
}

async function alter(session: Session, options: ConfigOptions, given: Readonly<Record<string, string | null>>) {
  const identities = await import('./identity-changes.ts')
  const parts = identitiesOf(options, identities)
  if (parts.length === 0) return (await import('./configs.ts')).alterConfigs(session, resourceOf(options), given)
  const { readSecret } = await import('./secret.ts')
  const changes = await identities.identityChanges(parts, given, readSecret)
  return (await import('./identity-configs.ts')).alterIdentity(session, parts, changes)
}

function identitiesOf(options: ConfigOptions, { identityParts }: Identities) {
  const parts = identityParts(options)
  if (parts.length > 0 && [options.topic, options.broker, options.group].some((each) => each !== undefined)) {
    throw commandErrors.OPTIONS_TOGETHER({
      options: 'on the one side --topic, --broker and --group, on the other those of users, clients and addresses',
    })
  }
  return parts
}

function resourceOf({ topic, broker, group }: ConfigOptions): ConfigResource {
  const given = [
    ...(topic === undefined ? [] : [{ type: 'topic', name: topic } as const]),
    ...(broker === undefined ? [] : [{ type: 'broker', name: broker === 'all' ? '' : broker } as const]),
    ...(group === undefined ? [] : [{ type: 'group', name: group } as const]),
  ]
  if (given.length > 1) throw commandErrors.OPTIONS_TOGETHER({ options: '--topic, --broker and --group' })
  if (given.length === 0) {
    throw commandErrors.OPTION_MISSING({
      command: 'configs',
      options: '--topic, --broker, --group, --user, --client, --ip or one of their likes',
    })
  }
  return given[0]!
}
