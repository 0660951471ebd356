/** Who may do what by random access control entries: our authorizer beside Apache Kafka's StandardAuthorizer. */
import { ok } from 'node:assert/strict'

import { type Random, seededRandom } from '#core/ports/random.ts'
import { type AccessControlEntry, aclOperations, resourceTypes } from '../../broker/authorizer/acl.ts'
import { AclIndex } from '../../broker/authorizer/acl-index.ts'
import { StandardAuthorizer } from '../../broker/authorizer/standard-authorizer.ts'
import type { Check } from '../support/check.ts'
import { runJava } from '../support/java-messages.ts'
import { type Question, randomAcl, randomQuestion } from '../support/random-acls.ts'

const seed = Number(process.env['SEED'] ?? 20_264)
const rounds = 60
const questionsPerRound = 100

interface Round {
  readonly lines: readonly string[]
  /** Per question what we say, with the words that say what was asked. */
  readonly ours: readonly { readonly says: string; readonly asked: string }[]
}

const aclLine = (acl: AccessControlEntry): string => {
  const { resourceType, resourceName, patternType, principal, host, operation, permissionType } = acl
  return ['acl', resourceType, resourceName, patternType, principal, host, operation, permissionType].join('\t')
}

const askLine = ({ user, host, operation, resourceType, name }: Question, some: boolean): string =>
  [
    some ? 'some' : 'ask',
    user,
    host,
    aclOperations[operation],
    resourceTypes[resourceType],
    ...(some ? [] : [name]),
  ].join('\t')

function round(random: Random): Round {
  const entries = Array.from({ length: Math.floor(random.next() * 40) }, () => randomAcl(random))
  const everyone = random.next() < 0.3
  const superUser = random.next() < 0.3 ? 'User:eve' : 'User:root'
  const index = new AclIndex()
  for (const entry of entries) index.add(entry)
  const authorizer = new StandardAuthorizer(index, {
    superUsers: new Set([superUser]),
    allowEveryoneIfNoAclFound: everyone,
  })
  const lines = [`set\t${everyone}\t${superUser}`, ...entries.map(aclLine)]
  const ours: Round['ours'][number][] = []
  for (let i = 0; i < questionsPerRound; i++) {
    const question = randomQuestion(random)
    const { user, host, operation, resourceType, name } = question
    const client = { principal: { type: 'User', name: user }, clientHost: `/${host}` }
    const some = i % 5 === 0
    const allowed = some
      ? authorizer.allowsSome(client, operation, resourceType)
      : authorizer.allows(client, operation, resourceType, name)
    const asked = askLine(question, some)
    lines.push(asked)
    ours.push({
      says: allowed ? 'ALLOWED' : 'DENIED',
      asked: [...lines.slice(0, 1 + entries.length), asked].join('\n'),
    })
  }
  return { lines, ours }
}

export const checks: Check[] = [
  {
    name: `${rounds * questionsPerRound} questions about random entries (seed ${seed}) are answered as Apache Kafka's authorizer does`,
    async run() {
      const random = seededRandom(seed)
      const all = Array.from({ length: rounds }, () => round(random))
      const theirs = runJava('AclDecisions.java', `${all.flatMap(({ lines }) => lines).join('\n')}\n`)
      const ours = all.flatMap((each) => each.ours)
      ok(theirs.length === ours.length, `${theirs.length} answers to ${ours.length} questions`)
      let allowed = 0
      let overlooked = 0
      for (const [i, { says, asked }] of ours.entries()) {
        // The last word is the answer with only those entries that apply to the name. Where it differs from that with all of
        // them, the search of Apache Kafka has stepped over an entry that applies.
        const words = theirs[i]!.split(' ')
        if (words.length === 2 && words[0] !== words[1]) overlooked++
        ok(words.at(-1) === says, `we say ${says}, Apache Kafka says ${theirs[i]}:\n${asked}`)
        if (says === 'ALLOWED') allowed++
      }
      ok(allowed > ours.length / 20 && allowed < (ours.length * 19) / 20, `${allowed} allowed says little`)
      console.log(`      ${allowed} allowed; Apache Kafka overlooked an entry that applies ${overlooked} times`)
    },
  },
]
