import {
  type ScramCredential,
  type ScramMechanism,
  scramCredential,
  scramIterations,
  scramMechanisms,
} from '#core/security/scram.ts'
import { ProtocolError, errorCodes } from '#core/wire/errors.ts'
import type { MetadataRecordInput } from '#core/wire/stored/metadata-frame.ts'

/** The first metadata.version that knows SCRAM (3.5-IV2). */
const scramSince = 11
const byType: ReadonlyMap<number, ScramMechanism> = new Map(
  Object.values(scramMechanisms).map((mechanism) => [mechanism.type, mechanism]),
)

/** SCRAM credentials of all users, as the metadata log has them: by Kafka's number of the mechanism, then by user. */
export class ScramCredentials {
  readonly #byMechanism = new Map<number, Map<string, ScramCredential>>()

  get(mechanism: number, user: string): ScramCredential | undefined {
    return this.#byMechanism.get(mechanism)?.get(user)
  }

  set(mechanism: number, user: string, credential: ScramCredential): void {
    const users = this.#byMechanism.get(mechanism)
    if (users === undefined) this.#byMechanism.set(mechanism, new Map([[user, credential]]))
    else users.set(user, credential)
  }

  /** False when there was none. */
  delete(mechanism: number, user: string): boolean {
    return this.#byMechanism.get(mechanism)?.delete(user) ?? false
  }

  /** Mechanisms and iterations of a user; empty for one without credentials. */
  of(user: string): { readonly mechanism: number; readonly iterations: number }[] {
    return [...this.#byMechanism].flatMap(([mechanism, users]) => {
      const credential = users.get(user)
      return credential === undefined ? [] : [{ mechanism, iterations: credential.iterations }]
    })
  }

  users(): Set<string> {
    return new Set([...this.#byMechanism.values()].flatMap((users) => [...users.keys()]))
  }

  /** Everything as the records that make it. */
  *records(): Generator<MetadataRecordInput> {
    for (const [mechanism, users] of this.#byMechanism)
      for (const [name, credential] of users) yield record(mechanism, name, credential)
  }
}

/** What a client wants to change. */
export interface ScramChanges {
  readonly deletions: readonly { readonly name: string; readonly mechanism: number }[]
  readonly upsertions: readonly {
    readonly name: string
    readonly mechanism: number
    readonly iterations: number
    readonly salt: Buffer
    readonly saltedPassword: Buffer
  }[]
}

/** How a user fared. */
export interface ScramResult {
  readonly user: string
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** Decides changes: each user by itself, and none twice in a request. */
export function planScramChanges(
  credentials: ScramCredentials,
  { deletions, upsertions }: ScramChanges,
  metadataVersion: number,
): { readonly records: MetadataRecordInput[]; readonly results: ScramResult[] } {
  const names = [...deletions, ...upsertions].map(({ name }) => name)
  const twice = new Set(names.filter((name, i) => names.indexOf(name) < i))
  const records: MetadataRecordInput[] = []
  const results = new Map<string, ScramResult>()
  const decide = (user: string, plan: () => MetadataRecordInput): void => {
    try {
      if (twice.has(user)) {
        throw new ProtocolError('DUPLICATE_RESOURCE', 'A user credential cannot be altered twice in the same request')
      }
      if (metadataVersion < scramSince) {
        throw new ProtocolError('UNSUPPORTED_VERSION', 'The current metadata.version does not support SCRAM')
      }
      records.push(plan())
      results.set(user, { user, errorCode: 0, errorMessage: null })
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      results.set(user, { user, errorCode: error.errorCode, errorMessage: error.message })
    }
  }
  for (const { name, mechanism } of deletions) decide(name, () => removal(credentials, name, mechanism))
  for (const each of upsertions) decide(each.name, () => upsertion(each))
  return { records, results: [...results.values()] }
}

/** A user's credentials as DescribeUserScramCredentials shows them; `twice`: the request named him more than once. */
export function describeScram(credentials: ScramCredentials, user: string, twice: boolean) {
  const credentialInfos = credentials.of(user)
  const refused = (errorCode: number, errorMessage: string) => ({ user, errorCode, errorMessage, credentialInfos: [] })
  if (twice) {
    return refused(
      errorCodes.DUPLICATE_RESOURCE.code,
      `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`,
    )
  }
  if (credentialInfos.length === 0) {
    return refused(
      errorCodes.RESOURCE_NOT_FOUND.code,
      `Attempt to describe a user credential that does not exist: ${user}`,
    )
  }
  return { user, errorCode: 0, errorMessage: '', credentialInfos }
}

function mechanismOf(user: string, type: number): ScramMechanism {
  if (user === '') throw new ProtocolError('UNACCEPTABLE_CREDENTIAL', 'Username must not be empty')
  const mechanism = byType.get(type)
  if (mechanism === undefined) throw new ProtocolError('UNSUPPORTED_SASL_MECHANISM', 'Unknown SCRAM mechanism')
  return mechanism
}

function removal(credentials: ScramCredentials, name: string, type: number): MetadataRecordInput {
  mechanismOf(name, type)
  if (credentials.get(type, name) === undefined) {
    throw new ProtocolError('RESOURCE_NOT_FOUND', 'Attempt to delete a user credential that does not exist')
  }
  return { kind: 'removeUserScramCredential', version: 0, value: { name, mechanism: type } }
}

function upsertion(wanted: ScramChanges['upsertions'][number]): MetadataRecordInput {
  const { name, iterations, salt, saltedPassword } = wanted
  const mechanism = mechanismOf(name, wanted.mechanism)
  if (iterations < scramIterations.least) throw new ProtocolError('UNACCEPTABLE_CREDENTIAL', 'Too few iterations')
  if (iterations > scramIterations.most) throw new ProtocolError('UNACCEPTABLE_CREDENTIAL', 'Too many iterations')
  return record(mechanism.type, name, scramCredential(mechanism, saltedPassword, salt, iterations))
}

/** The record that gives a user a credential. */
const record = (mechanism: number, name: string, credential: ScramCredential): MetadataRecordInput => ({
  kind: 'userScramCredential',
  version: 0,
  value: { name, mechanism, ...credential },
})
