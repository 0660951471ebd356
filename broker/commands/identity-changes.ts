import type { QuotaPart, QuotaPartFilter, ScramPassword } from '#core/client/identities.ts'
import { type ScramName, isScram, scramIterations, scramMechanisms } from '#core/security/scram.ts'

import { commandErrors } from './errors.ts'

/** The options that say which users, clients and addresses are meant. */
export interface IdentityOptions {
  readonly user?: string
  readonly defaultUser?: boolean
  readonly users?: boolean
  readonly client?: string
  readonly defaultClient?: boolean
  readonly clients?: boolean
  readonly ip?: string
  readonly defaultIp?: boolean
  readonly ips?: boolean
}

/** What to set or, with null, to remove. */
export interface IdentityChanges {
  readonly quotas: Readonly<Record<string, number | null>>
  readonly logins: ReadonlyMap<ScramName, ScramPassword | null>
}

/** Rates that are whole numbers, with the largest. */
const largestWhole: Readonly<Record<string, number>> = {
  producer_byte_rate: Number.MAX_SAFE_INTEGER,
  consumer_byte_rate: Number.MAX_SAFE_INTEGER,
  connection_creation_rate: 2_147_483_647,
}
const clientQuotas = ['producer_byte_rate', 'consumer_byte_rate', 'request_percentage', 'controller_mutation_rate']
const addressQuotas = ['connection_creation_rate']

/** True when the parts are one user, or any: who may have passwords. */
export const mayLogIn = (parts: readonly QuotaPartFilter[]): boolean =>
  parts.length === 1 && parts[0]!.type === 'user' && parts[0]!.name !== null

/**
 * Whom the options mean; empty when they mean nobody, a part without a name where they mean all. Throws OPTION_INVALID and
 * OPTIONS_TOGETHER.
 */
export function identityParts(options: IdentityOptions): QuotaPartFilter[] {
  const parts = [
    ...part('user', '--user', options.user, options.defaultUser, options.users),
    ...part('client-id', '--client', options.client, options.defaultClient, options.clients),
    ...part('ip', '--ip', options.ip, options.defaultIp, options.ips),
  ]
  if (parts.length > 1 && parts.some(({ type }) => type === 'ip')) {
    throw commandErrors.OPTIONS_TOGETHER({ options: 'an address, and users or clients,' })
  }
  return parts
}

function part(
  type: QuotaPart['type'],
  option: string,
  name: string | undefined,
  isDefault = false,
  isAny = false,
): QuotaPartFilter[] {
  if (Number(name !== undefined) + Number(isDefault) + Number(isAny) > 1) {
    throw commandErrors.OPTIONS_TOGETHER({ options: `${option}, --default-${option.slice(2)} and ${option}s` })
  }
  if (name === '') {
    const wanted = `a name; --default-${option.slice(2)} means those without quotas of their own`
    throw commandErrors.OPTION_INVALID({ option, value: name, wanted })
  }
  if (isAny) return [{ type }]
  return name === undefined && !isDefault ? [] : [{ type, name: name ?? null }]
}

/**
 * Reads what to change, with nulls for what to remove. `readSecret` is asked for the password that shall not stand in the
 * command line. Throws OPTION_INVALID and OPTION_MISSING, never with a password in it.
 */
export async function identityChanges(
  parts: readonly QuotaPartFilter[],
  given: Readonly<Record<string, string | null>>,
  readSecret: () => Promise<string>,
): Promise<IdentityChanges> {
  const quotaNames = parts.some(({ type }) => type === 'ip') ? addressQuotas : clientQuotas
  const quotas: Record<string, number | null> = {}
  const logins = new Map<ScramName, ScramPassword | null>()
  for (const [name, text] of Object.entries(given)) {
    if (isScram(name)) {
      if (!mayLogIn(parts))
        throw commandErrors.OPTION_MISSING({ command: name, options: '--user NAME and nobody else' })
      logins.set(name, text === null ? null : passwordOf(name, text))
    } else if (quotaNames.includes(name)) quotas[name] = text === null ? null : rateOf(name, text)
    else {
      const known = mayLogIn(parts) ? [...quotaNames, ...Object.keys(scramMechanisms)] : quotaNames
      throw commandErrors.OPTION_INVALID({ option: 'setting', value: name, wanted: `one of ${known.join(', ')}` })
    }
  }
  return { quotas, logins: await withSecrets(logins, readSecret) }
}

function rateOf(name: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  const largest = largestWhole[name]
  const isRight = largest === undefined ? Number.isFinite(value) : Number.isInteger(value) && value <= largest
  if (isRight && value > 0) return value
  const wanted = largest === undefined ? 'a number greater than 0' : `a whole number from 1 to ${largest}`
  throw commandErrors.OPTION_INVALID({ option: name, value: text, wanted })
}

/** Kafka's form, `[iterations=8192,password=secret]`; `-` is the password until it is read. */
function passwordOf(name: ScramName, text: string): ScramPassword {
  const inner = /^\[(.*)\]$/.exec(text)?.[1] ?? text
  const match = /^(?:iterations=([^,]*),)?password=(.+)$/.exec(inner === '-' ? 'password=-' : inner)
  if (match === null) {
    const wanted = `given as ${name}=[password=…] or ${name}=[iterations=8192,password=…], or as ${name}=- with stdin`
    throw commandErrors.OPTION_INVALID({ option: 'setting', value: name, wanted })
  }
  const { least, most } = scramIterations
  const [, count = String(least), password] = match
  const iterations = Number(count)
  if (Number.isInteger(iterations) && iterations >= least && iterations <= most) {
    return { password: password!, iterations }
  }
  const wanted = `a whole number from ${least} to ${most}`
  throw commandErrors.OPTION_INVALID({ option: `${name} iterations`, value: count, wanted })
}

/** Asks once, and only when everything else is in order. */
async function withSecrets(logins: IdentityChanges['logins'], readSecret: () => Promise<string>) {
  if (![...logins.values()].some((login) => login?.password === '-')) return logins
  const password = await readSecret()
  if (password === '') throw commandErrors.OPTION_MISSING({ command: 'a password of -', options: 'a line on stdin' })
  return new Map(
    Array.from(logins, ([name, login]) => [name, login?.password === '-' ? { ...login, password } : login] as const),
  )
}
