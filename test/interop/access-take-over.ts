/** Access control entries and quotas of a directory go to Apache Kafka and come back, from the log and from a snapshot. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describeAcls } from '#core/wire/api/29-describe-acls.ts'
import { createAcls } from '#core/wire/api/30-create-acls.ts'
import { deleteAcls } from '#core/wire/api/31-delete-acls.ts'
import { describeClientQuotas } from '#core/wire/api/48-describe-client-quotas.ts'
import { alterClientQuotas } from '#core/wire/api/49-alter-client-quotas.ts'
import { seededRandom } from '#core/ports/random.ts'
import { systemFiles } from '#core/ports/system-files.ts'
import { leaveProperties } from '../../broker/leave.ts'
import { startBroker } from '../../broker/start.ts'
import type { Check } from '../support/check.ts'
import { freePort } from '../support/peers.ts'
import { randomAcl } from '../support/random-acls.ts'
import { everyAcl } from '../support/users.ts'
import { WireClient } from '../support/wire-client.ts'
import { withApache } from './take-over.ts'

const config = { 'authorizer.class.name': 'standard', 'super.users': 'User:ANONYMOUS' }

const entities = [
  [{ entityType: 'user', entityName: 'ann' }],
  [{ entityType: 'user', entityName: null }],
  [{ entityType: 'client-id', entityName: 'app' }],
  [
    { entityType: 'user', entityName: 'ann' },
    { entityType: 'client-id', entityName: null },
  ],
]

async function fill(bootstrap: string): Promise<void> {
  const random = seededRandom(20_266)
  const client = await WireClient.connect(bootstrap)
  const creations = Array.from({ length: 200 }, () => {
    const { patternType: resourcePatternType, ...entry } = randomAcl(random)
    return { ...entry, resourcePatternType }
  })
  await client.call(createAcls, 3, { creations })
  await client.call(deleteAcls, 3, { filters: [{ ...everyAcl, principalFilter: 'User:bob' }] })
  const ops = [
    { key: 'producer_byte_rate', value: 1_000_000, remove: false },
    { key: 'request_percentage', value: 12.5, remove: false },
  ]
  const ofIp = {
    entity: [{ entityType: 'ip', entityName: '10.0.0.1' }],
    ops: [{ key: 'connection_creation_rate', value: 9, remove: false }],
  }
  const entries = [...entities.map((entity) => ({ entity, ops })), ofIp]
  await client.call(alterClientQuotas, 1, { entries, validateOnly: false })
  const gone = { entity: entities[1]!, ops: [{ key: 'request_percentage', value: 0, remove: true }] }
  await client.call(alterClientQuotas, 1, { entries: [gone], validateOnly: false })
  client.close()
}

/** All entries and quotas that a broker shows, in an order of their own. */
async function view(bootstrap: string): Promise<string[]> {
  const client = await WireClient.connect(bootstrap)
  const { resources } = await client.call(describeAcls, 3, everyAcl)
  const { entries } = await client.call(describeClientQuotas, 1, { components: [], strict: false })
  client.close()
  const acls = resources.flatMap(({ acls: each, ...resource }) =>
    each.map((acl) => JSON.stringify({ ...resource, ...acl })),
  )
  const quotas = entries!.map(({ entity, values }) => {
    const parts = entity.map((part) => JSON.stringify(part)).sort()
    return [...parts, ...values.map((value) => JSON.stringify(value)).sort()].join(' ')
  })
  return [...acls.sort(), ...quotas.sort()]
}

async function takeOver(more: Readonly<Record<string, string>>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-access-'))
  const dataDir = join(folder, 'data')
  const onOurs = async <T>(body: (bootstrap: string) => Promise<T>): Promise<T> => {
    await using broker = await startBroker({ dataDir, port: 0, config: { ...config, ...more } })
    return await body(broker.bootstrapServers)
  }
  try {
    await onOurs(fill)
    const ours = await onOurs(view)
    assert.ok(ours.length > 100, `only ${ours.length} entries and quotas`)
    const port = await freePort()
    const bootstrap = `127.0.0.1:${port}`
    const added = { entity: entities[0]!, ops: [{ key: 'consumer_byte_rate', value: 5, remove: false }] }
    const [theirs, left] = await withApache(folder, leaveProperties(systemFiles, dataDir, port), port, async () => {
      const seen = await view(bootstrap)
      const client = await WireClient.connect(bootstrap)
      await client.call(deleteAcls, 3, { filters: [{ ...everyAcl, principalFilter: 'User:eve' }] })
      await client.call(alterClientQuotas, 1, { entries: [added], validateOnly: false })
      client.close()
      // Its broker follows its controller with a delay.
      await new Promise((done) => setTimeout(done, 1000))
      return [seen, await view(bootstrap)] as const
    })
    assert.deepEqual(theirs, ours)
    assert.notDeepEqual(left, ours)
    assert.deepEqual(await onOurs(view), left, 'when the directory came back')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const checks: Check[] = [
  { name: 'Apache Kafka takes entries and quotas over, and we take them back', run: () => takeOver({}) },
  {
    name: 'the same out of snapshots',
    run: () => takeOver({ 'metadata.log.max.record.bytes.between.snapshots': '2000' }),
  },
]
