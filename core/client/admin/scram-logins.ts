import type { Cluster } from '#core/client/cluster/cluster.ts'
import { isTransient, refusal } from '#core/client/errors.ts'
import type { ScramLogin, ScramPassword } from '#core/client/identities.ts'
import { type ScramName, saltedPassword, scramMechanisms } from '#core/security/scram.ts'
import { describeUserScramCredentials } from '#core/wire/api/50-describe-user-scram-credentials.ts'
import { alterUserScramCredentials } from '#core/wire/api/51-alter-user-scram-credentials.ts'
import { errorCodes } from '#core/wire/errors.ts'

const saltBytes = 26
const transiently = { retriable: isTransient }
const mechanisms = Object.values(scramMechanisms)

/** How users can log in by SCRAM: these, or all. Who cannot is left out. */
export function describe(cluster: Cluster, users: readonly string[] | undefined): Promise<ScramLogin[]> {
  if (users?.length === 0) return Promise.resolve([])
  return cluster.retrying(async () => {
    const body = { users: users?.map((name) => ({ name })) ?? null }
    const answer = await cluster.sendToAny(describeUserScramCredentials, body)
    if (answer.errorCode !== 0) throw refusal(answer.errorCode, 'listing SCRAM users', answer.errorMessage)
    return answer.results.flatMap(({ user, errorCode, errorMessage, credentialInfos }) => {
      if (errorCode === errorCodes.RESOURCE_NOT_FOUND.code) return []
      if (errorCode !== 0) throw refusal(errorCode, `SCRAM of user "${user}"`, errorMessage)
      return credentialInfos.flatMap(({ mechanism, iterations }) => {
        const known = mechanisms.find(({ type }) => type === mechanism)
        return known === undefined ? [] : [{ user, mechanism: known.name, iterations }]
      })
    })
  }, transiently)
}

/**
 * Gives a user a password or, with null, takes away what he has. One at a time: a request may not name a user twice. The
 * password is salted here and never sent.
 */
export async function alter(
  cluster: Cluster,
  user: string,
  name: ScramName,
  wanted: ScramPassword | null,
): Promise<void> {
  const mechanism = scramMechanisms[name]
  const which = { name: user, mechanism: mechanism.type }
  const body =
    wanted === null
      ? { deletions: [which], upsertions: [] }
      : { deletions: [], upsertions: [{ ...which, ...salted(cluster, name, wanted) }] }
  await cluster.retrying(async () => {
    const answer = await cluster.sendToController(alterUserScramCredentials, body)
    for (const { errorCode, errorMessage } of answer.results) {
      if (errorCode !== 0) throw refusal(errorCode, `${name} of user "${user}"`, errorMessage)
    }
  }, transiently)
}

function salted(cluster: Cluster, name: ScramName, { password, iterations }: ScramPassword) {
  const salt = cluster.ports.random.bytes(saltBytes)
  return { iterations, salt, saltedPassword: saltedPassword(scramMechanisms[name], password, salt, iterations) }
}
