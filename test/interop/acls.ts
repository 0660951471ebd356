/** Access control as other people's programs meet it: our broker beside Apache Kafka, both with the same users and entries. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describeAcls } from '#core/wire/api/29-describe-acls.ts'
import { findCoordinator } from '#core/wire/api/10-find-coordinator.ts'
import { offsetCommit } from '#core/wire/api/08-offset-commit.ts'
import type { Api } from '#core/wire/schema.ts'
import { served } from '../../broker/handlers/index.ts'
import { startBroker } from '../../broker/start.ts'
import { authorizationCases } from '../support/authorization/cases.ts'
import type { Check } from '../support/check.ts'
import { pythonWithClients } from '../support/client-programs.ts'
import { errorsIn } from '../support/errors-in.ts'
import { runJavaLater } from '../support/java-messages.ts'
import { makeTopic } from '../support/memory-broker.ts'
import { withLogins } from '../support/apache-kafka.ts'
import { command, kafkaTool } from '../support/peers.ts'
import { projectRoot } from '../support/sources.ts'
import { type Right, everyAcl, giveOnly, loggedIn, usersConfig } from '../support/users.ts'
import type { WireClient } from '../support/wire-client.ts'

const superUsers = 'User:ANONYMOUS;User:admin'
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** Runs the body with our broker, on which ann and admin log in with their names as passwords. */
async function withOurs<T>(body: (bootstrap: string) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-acls-'))
  const config = { ...usersConfig('ann'), 'super.users': superUsers, 'log.dirs': dataDir }
  const broker = await startBroker({ config })
  try {
    return await body(broker.bootstrapServers)
  } finally {
    await broker.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** The same with Apache Kafka. */
const withTheirs = <T>(body: (bootstrap: string) => Promise<T>): Promise<T> =>
  withLogins({ ...usersConfig('ann'), 'super.users': superUsers }, ({ sasl }) => body(sasl))

/** Gives rights and waits until the broker shows them: Apache Kafka's follows its controller with a delay. */
async function giveAndWait(admin: WireClient, rights: readonly Right[]): Promise<void> {
  await giveOnly(admin, 'ann', rights)
  for (;;) {
    const { resources } = await admin.call(describeAcls, 3, everyAcl)
    if (resources.reduce((sum, { acls }) => sum + acls.length, 0) === rights.length) return
    await pause(20)
  }
}

/** What ann is told by every request with every right but one, and with all. */
async function answersAt(bootstrap: string): Promise<Record<string, string>> {
  const [admin, ann] = [await loggedIn(bootstrap, 'admin'), await loggedIn(bootstrap, 'ann')]
  const topicId = await makeTopic(admin, 't')
  for (const name of ['doomed-5', 'doomed-6']) await makeTopic(admin, name)
  for (const keyType of [0, 1]) {
    const coordinator = { coordinatorKeys: ['kept'], keyType }
    const found = async () => (await admin.call(findCoordinator, 4, coordinator)).coordinators[0]!.errorCode === 0
    while (!(await found())) await pause(50)
  }
  const offset = { partitionIndex: 0, committedOffset: 1, committedMetadata: null }
  const commit = { groupId: 'kept', memberId: '', topics: [{ name: 't', partitions: [offset] }] }
  while (errorsIn(await admin.call(offsetCommit, 9, commit)).length > 0) await pause(50)
  const told: Record<string, string> = {}
  for (const [i, { api: name, version, body, rights }] of authorizationCases(topicId).entries()) {
    const { api } = served.find((each) => each.api.name === name)!
    const call = async (triesLeft = 100): Promise<string> => {
      const errors = errorsIn(await ann.call(api as Api, version, body as never)).join(' ')
      if (errors !== 'COORDINATOR_LOAD_IN_PROGRESS' || triesLeft === 0) return errors
      await pause(50)
      return call(triesLeft - 1)
    }
    for (const lacking of [...rights, undefined]) {
      await giveAndWait(
        admin,
        rights.flatMap((each) => (each === lacking ? [] : [each[0]])),
      )
      const without = lacking === undefined ? 'nothing' : lacking[0].join(' ')
      told[`${i} ${name} ${version} without ${without}`] = await call()
    }
  }
  for (const client of [admin, ann]) client.close()
  return told
}

const sameAnswers: Check = {
  name: 'who lacks one right is told by every request what Apache Kafka tells',
  async run() {
    const ours = await withOurs(answersAt)
    const theirs = await withTheirs(answersAt)
    assert.ok(Object.keys(ours).length > 90, 'too few questions')
    assert.deepEqual(ours, theirs)
    console.log(`      ${Object.keys(ours).length} answers`)
  },
}

/** What a program of a client's saw of every operation; between its lines are those that the client logs. */
const operationsIn = (said: readonly string[]): string[] =>
  said.filter((line) => / without=\S+ allowed=\S+ denied=\S+$/.test(line))

/** The operations that a client was refused without the right and with its denial, and that worked with the right. */
const dependOnTheirRight = (said: readonly string[]): string[] =>
  said.filter((line) => !line.includes(' without=ok ') && / allowed=ok denied=(?!ok$)/.test(line))

/** Compares what a client is allowed and denied on both brokers, and prints the line of the matrix for it. */
async function compareOperations(
  client: string,
  operations: (bootstrap: string) => Promise<string[]>,
  atLeast: number,
): Promise<void> {
  const ours = await withOurs(operations)
  const judged = dependOnTheirRight(ours)
  assert.ok(judged.length >= atLeast, `only ${judged.length} operations depend on their right:\n${ours.join('\n')}`)
  assert.deepEqual(ours, await withTheirs(operations))
  const figures = `${judged.length} of them refused without the right, allowed with it and denied by an entry`
  console.log(`      ${client}: ${ours.length} operations x 3 as Apache Kafka answers them, ${figures}`)
}

const java: Check = {
  name: 'Java clients without a right, with it and with a denial beside it fare as on Apache Kafka',
  run: () => compareOperations('Java', async (at) => operationsIn(await runJavaLater('AclOperations.java', [at])), 30),
}

const librdkafka: Check = {
  name: 'librdkafka without a right, with it and with a denial beside it fares as on Apache Kafka',
  async run() {
    const python = await pythonWithClients()
    const program = join(projectRoot, 'test', 'interop', 'clients', 'confluent-kafka', 'acl_operations.py')
    const operations = async (bootstrap: string): Promise<string[]> => {
      const { code, stdout, stderr } = await command(python, [program, bootstrap], { timeoutMs: 400_000 })
      assert.equal(code, 0, stdout + stderr)
      return operationsIn(stdout.trimEnd().split('\n'))
    }
    await compareOperations('librdkafka', operations, 45)
  },
}

const tool: Check = {
  name: 'kafka-acls adds, lists and removes entries of every kind',
  async run() {
    await withOurs(async (bootstrap) => {
      const folder = await mkdtemp(join(tmpdir(), 'millrace-acls-'))
      const file = join(folder, 'admin.properties')
      const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required'
      await writeFile(
        file,
        `security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=${login} username="admin" password="admin";\n`,
      )
      const acls = (...args: string[]): Promise<string> =>
        kafkaTool(['acls', '--bootstrap-server', bootstrap, '--command-config', file, ...args])
      try {
        await acls('--add', '--allow-principal', 'User:ann', '--producer', '--topic', 'orders')
        await acls('--add', '--allow-principal', 'User:ann', '--consumer', '--topic', 'orders', '--group', 'g')
        const prefixed = ['--topic', 'pre', '--resource-pattern-type', 'prefixed']
        await acls(
          '--add',
          '--deny-principal',
          'User:eve',
          '--deny-host',
          '10.0.0.1',
          '--operation',
          'all',
          ...prefixed,
        )
        const listed = await acls('--list')
        for (const words of [
          /resourceType=TOPIC, name=orders, patternType=LITERAL/,
          /resourceType=TOPIC, name=pre, patternType=PREFIXED/,
          /principal=User:ann, host=\*, operation=CREATE, permissionType=ALLOW/,
          /principal=User:eve, host=10\.0\.0\.1, operation=ALL, permissionType=DENY/,
          /resourceType=GROUP, name=g, patternType=LITERAL/,
        ]) {
          assert.match(listed, words)
        }
        const matching = await acls('--list', '--topic', 'prefix', '--resource-pattern-type', 'match')
        assert.match(matching, /name=pre, /)
        assert.doesNotMatch(matching, /name=orders/)
        await acls('--remove', '--force', ...prefixed)
        await acls('--remove', '--force', '--topic', 'orders', '--allow-principal', 'User:ann', '--operation', 'Write')
        const left = await acls('--list')
        assert.doesNotMatch(left, /name=pre|operation=WRITE/)
        assert.match(left, /operation=READ/)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  },
}

export const checks: Check[] = [sameAnswers, java, librdkafka, tool]
