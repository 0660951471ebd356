import type { QuotaPart, QuotaPartFilter } from '#core/client/identities.ts'

import { type IdentityChanges, mayLogIn } from './identity-changes.ts'
import { writeJson, writeRows } from './output.ts'
import type { Session } from './session.ts'

/** Whom something is for: the parts that it has by their options' names, null for a default. */
type Identity = Partial<Record<'user' | 'client' | 'ip', string | null>>

/** `millrace configs describe --user …`: quotas of whom the filters fit, and by which mechanisms users can log in. */
export async function describeIdentities(
  { client, output }: Session,
  filters: readonly QuotaPartFilter[],
): Promise<void> {
  const admin = client.admin()
  const quotas = (await admin.describeClientQuotas(filters)).flatMap(({ entity, quotas: values }) =>
    Object.entries(values).map(([name, value]) => ({ ...identity(entity), name, value })),
  )
  const user = filters[0]?.name
  const logins = !mayLogIn(filters)
    ? []
    : await admin.describeScramLogins(typeof user === 'string' ? [user] : undefined)
  const rows = [
    ...quotas,
    ...logins.map((login) => ({ user: login.user, name: login.mechanism, value: `iterations=${login.iterations}` })),
  ].toSorted((a, b) => (`${nameOf(a)} ${a.name}` < `${nameOf(b)} ${b.name}` ? -1 : 1))
  await writeRows(
    output,
    [
      { title: 'for', value: nameOf },
      { title: 'setting', value: ({ name }) => name },
      { title: 'value', value: ({ value }) => value },
    ],
    rows,
    mayLogIn(filters) ? 'there are no such quotas, and no such SCRAM users' : 'there are no such quotas',
  )
}

/**
 * `millrace configs set --user …` and `unset`: changes some quotas of one user, client or address and leaves the others; the
 * same with ways to log in. Secrets are not shown.
 */
export async function alterIdentity(
  { client, output }: Session,
  parts: readonly QuotaPartFilter[],
  { quotas, logins }: IdentityChanges,
): Promise<void> {
  const entity = parts.map(({ type, name = null }): QuotaPart => ({ type, name }))
  const admin = client.admin()
  for (const [mechanism, login] of logins) await admin.alterScramLogin(entity[0]!.name!, mechanism, login)
  if (Object.keys(quotas).length > 0) await admin.alterClientQuotas(entity, quotas)
  const changes: Record<string, string | number | null> = { ...quotas }
  for (const [mechanism, login] of logins) changes[mechanism] = login && `iterations=${login.iterations}`
  if (output.json) return writeJson(output, { ...identity(entity), changes })
  for (const [name, value] of Object.entries(changes)) {
    output.remark(`${nameOf(identity(entity))}: ${value === null ? `${name} is unset` : `${name}=${value}`}`)
  }
}

/** The same order for all: brokers name the parts in any. */
const kinds = [
  ['user', 'user'],
  ['client-id', 'client'],
  ['ip', 'ip'],
] as const

const identity = (parts: readonly QuotaPart[]): Identity =>
  Object.fromEntries(
    kinds.flatMap(([type, kind]) => parts.filter((part) => part.type === type).map(({ name }) => [kind, name])),
  )

const nameOf = ({ user, client, ip }: Identity): string =>
  Object.entries({ user, client, ip })
    .flatMap(([kind, name]) => (name === undefined ? [] : [name === null ? `default ${kind}` : `${kind} ${name}`]))
    .join(', ')
