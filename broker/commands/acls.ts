import { type AclEntry, type AclFilter, aclNames } from '#core/client/client.ts'

import { commandErrors } from './errors.ts'
import { type Column, writeRows } from './output.ts'
import type { Session } from './session.ts'

/** The options that say which entries are meant. */
export interface AclOptions {
  readonly topic?: string
  readonly group?: string
  readonly transactionalId?: string
  readonly user?: string
  readonly cluster?: boolean
  readonly prefixed?: boolean
  readonly principal?: string
  readonly host?: string
  readonly operation?: readonly string[]
  readonly deny?: boolean
}

const columns: readonly Column<AclEntry>[] = [
  { title: 'principal', value: ({ principal }) => principal },
  { title: 'host', value: ({ host }) => host },
  { title: 'permission', value: ({ permission }) => permission },
  { title: 'operation', value: ({ operation }) => operation },
  { title: 'resource', value: ({ resourceType }) => resourceType },
  { title: 'pattern', value: ({ patternType }) => patternType },
  { title: 'name', value: ({ resourceName }) => resourceName },
]

/** `millrace acls list`: the entries that the options describe; all without any. */
export async function listAcls({ client, output }: Session, options: AclOptions): Promise<void> {
  const found = await Promise.all(filters(options).map((filter) => client.admin().describeAcls(filter)))
  await writeRows(output, columns, found.flat().toSorted(byResource), 'there are no such ACLs')
}

/** `millrace acls add`: one entry for each operation, allowing unless `--deny` is given. */
export async function addAcls({ client, output }: Session, options: AclOptions): Promise<void> {
  const resource = resourceOf(options)
  if (resource === undefined || options.principal === undefined || (options.operation ?? []).length === 0) {
    throw commandErrors.OPTION_MISSING({
      command: 'acls add',
      options: '--principal, --operation, and --topic, --group, --transactional-id, --user or --cluster',
    })
  }
  const { principal } = options
  const entries = operationsOf(options).map((operation): AclEntry => ({
    ...resource,
    principal,
    host: options.host ?? '*',
    operation,
    permission: options.deny === true ? 'DENY' : 'ALLOW',
  }))
  await client.admin().createAcls(entries)
  await writeRows(output, columns, entries, '')
}

/** `millrace acls remove`: removes what the options describe, and shows it. Something must be described. */
export async function removeAcls({ client, output }: Session, options: AclOptions): Promise<void> {
  if (Object.values(options).every((value) => value === undefined)) {
    throw commandErrors.OPTION_MISSING({
      command: 'acls remove',
      options: 'at least one option that says what to remove',
    })
  }
  const removed = await client.admin().deleteAcls(filters(options))
  await writeRows(output, columns, removed.toSorted(byResource), 'there were no such ACLs')
}

type Resource = Pick<AclEntry, 'resourceType' | 'resourceName' | 'patternType'>

function resourceOf(options: AclOptions): Resource | undefined {
  const named = [
    ['TOPIC', options.topic],
    ['GROUP', options.group],
    ['TRANSACTIONAL_ID', options.transactionalId],
    ['USER', options.user],
    ['CLUSTER', options.cluster === true ? 'kafka-cluster' : undefined],
  ] as const
  const given = named.filter(([, name]) => name !== undefined)
  if (given.length > 1) {
    throw commandErrors.OPTIONS_TOGETHER({ options: '--topic, --group, --transactional-id, --user and --cluster' })
  }
  const [first] = given
  if (first === undefined) return undefined
  return {
    resourceType: first[0],
    resourceName: first[1]!,
    patternType: options.prefixed === true ? 'PREFIXED' : 'LITERAL',
  }
}

function filters(options: AclOptions): AclFilter[] {
  const filter: AclFilter = {
    ...resourceOf(options),
    principal: options.principal,
    host: options.host,
    permission: options.deny === true ? 'DENY' : undefined,
  }
  const operations = operationsOf(options)
  return operations.length === 0 ? [filter] : operations.map((operation) => ({ ...filter, operation }))
}

function operationsOf({ operation = [] }: AclOptions): AclEntry['operation'][] {
  const known = aclNames.operations.slice(aclNames.operations.indexOf('ALL'))
  return operation.map((given) => {
    const name = given.toUpperCase().replaceAll('-', '_')
    const found = known.find((each) => each === name || each.replaceAll('_', '') === name)
    if (found !== undefined) return found
    throw commandErrors.OPTION_INVALID({ option: '--operation', value: given, wanted: `one of ${known.join(', ')}` })
  })
}

const byResource = (a: AclEntry, b: AclEntry): number => {
  const [one, other] = [a, b].map((each) =>
    [each.resourceType, each.resourceName, each.principal, each.operation].join(),
  )
  return one! < other! ? -1 : 1
}
