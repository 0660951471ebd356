import fc from 'fast-check'

import { anyStruct } from '../wire-messages.ts'
import type { Random } from '#core/ports/random.ts'
import { BatchBuilder } from '#core/records/batch-builder.ts'
import { apis } from '#core/wire/api/index.ts'
import { encodeRequest } from '#core/wire/frame.ts'
import type { Api, Fields } from '#core/wire/schema.ts'
import { isWithin } from '#core/wire/versions.ts'

/** A request that a broker can read, to begin with. */
export interface Seed {
  readonly name: string
  /** The whole frame with its size in front. */
  readonly frame: Buffer
}

/** The topic that seeds write to and read from; another one, `kept`, is never named by them. */
export const fuzzTopic = 'fuzzed'

/** What names mean to the broker under test, so that seeds get further than its first look. */
export interface Known {
  readonly topicId: string
}

const partitions = 2
const batch = (random: Random): Buffer => {
  const compression = (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)[Math.floor(random.next() * 5)]!
  const isIdempotent = random.next() < 0.3
  const builder = new BatchBuilder({
    compression,
    ...(isIdempotent && { producerId: 1000, producerEpoch: 0, baseSequence: 0 }),
  })
  const count = 1 + Math.floor(random.next() * 4)
  for (let i = 0; i < count; i++) {
    const value = Buffer.alloc(Math.floor(random.next() * 120), i)
    builder.append(1_700_000_000_000 + i, Buffer.from(`key ${i}`), value, [{ key: 'header', value }])
  }
  return builder.build()
}

/** Values that make a request mean something to the broker, by the names of fields, whichever API has them. */
const meaning = (known: Known): Readonly<Record<string, (random: Random) => unknown>> => ({
  topic: () => fuzzTopic,
  topicName: () => fuzzTopic,
  topicId: () => known.topicId,
  partition: (random) => Math.floor(random.next() * partitions),
  index: (random) => Math.floor(random.next() * partitions),
  partitionIndex: (random) => Math.floor(random.next() * partitions),
  partitionIndexes: () => [0, 1],
  acks: (random) => [-1, 1, 0][Math.floor(random.next() * 3)],
  transactionalId: () => null,
  records: batch,
  replicaId: () => -1,
  maxWaitMs: () => 0,
  minBytes: () => 0,
  maxBytes: () => 1 << 20,
  partitionMaxBytes: () => 1 << 16,
  sessionId: () => 0,
  sessionEpoch: () => -1,
  fetchOffset: (random) => Math.floor(random.next() * 10),
  groupId: (random) => `group-${Math.floor(random.next() * 8)}`,
  group: (random) => `group-${Math.floor(random.next() * 8)}`,
  groupsNames: () => ['group-1', 'none'],
  protocolType: () => 'consumer',
  sessionTimeoutMs: () => 6000,
  rebalanceTimeoutMs: () => 500,
  generationId: () => 1,
  generationIdOrMemberEpoch: () => -1,
  memberId: () => '',
  // A broker has to take these as they are; real ones would only fill its directory.
  validateOnly: () => true,
  numPartitions: () => 1,
  replicationFactor: () => 1,
  allowAutoTopicCreation: () => false,
  timeoutMs: () => 1000,
  keyType: () => 0,
  resourceType: () => 2,
  resourceName: () => fuzzTopic,
  clientSoftwareName: () => 'fuzz',
  clientSoftwareVersion: () => '1',
})

function sensible(
  fields: Fields,
  value: Record<string, unknown>,
  by: ReturnType<typeof meaning>,
  random: Random,
): Record<string, unknown> {
  const made = { ...value }
  for (const [name, field] of Object.entries(fields)) {
    const inner = field.fields ?? field.item?.fields
    const old = made[name]
    if (inner !== undefined && Array.isArray(old))
      made[name] = old.map((each) => sensible(inner, each as never, by, random))
    else if (inner !== undefined && typeof old === 'object' && old !== null)
      made[name] = sensible(inner, old as never, by, random)
    else if (name in by && random.next() < 0.9) made[name] = by[name]!(random)
    else if (name === 'name' && random.next() < 0.9) made[name] = fuzzTopic
  }
  return made
}

/** Requests of every API in every version: each as anything that its types allow, and as something that makes sense. */
export function makeSeeds(seed: number, random: Random, known: Known, perVersion: number): Seed[] {
  const seeds: Seed[] = []
  const by = meaning(known)
  for (const api of apis as readonly Api<Fields, Fields>[]) {
    for (let version = api.versions.low; version <= api.versions.high; version++) {
      const flexible = isWithin(api.flexible, version)
      const any = anyStruct(api.request.fields, version, flexible)
      for (const [i, value] of fc.sample(any, { seed: seed + version, numRuns: perVersion }).entries()) {
        const body = i % 4 === 0 ? value : sensible(api.request.fields, value, by, random)
        const frame = encode(api, version, body)
        if (frame !== undefined) seeds.push({ name: `${api.name} v${version}`, frame })
      }
    }
  }
  return seeds
}

/** Undefined where a sensible value does not fit the version. */
function encode(api: Api<Fields, Fields>, version: number, body: object): Buffer | undefined {
  try {
    return Buffer.concat(encodeRequest(api, version, 42, 'fuzz', body))
  } catch {
    return undefined
  }
}
