import { describe, expect, it } from 'vitest'

import { planFeatures } from '../../../broker/controller/feature-updates.ts'
import { bootstrapFeatures, whyNotServed } from '../../../broker/controller/features.ts'
import { MetadataImage } from '../../../broker/controller/image.ts'
import { recordAtLevel } from '../../../broker/controller/record-versions.ts'

const imageWith = (levels: Readonly<Record<string, number>>): MetadataImage => {
  const image = new MetadataImage()
  for (const [name, level] of Object.entries(levels)) image.features.set(name, level)
  return image
}
const [up, safe, unsafe] = [1, 2, 3]
const plan = (image: MetadataImage, feature: string, level: number, upgradeType: number) =>
  planFeatures(image, [{ feature, level, upgradeType }], 1).map(({ value }) => value)

describe('features', () => {
  it('go up and down one by one, with the type that the direction needs', () => {
    const image = imageWith({ 'metadata.version': 30, 'group.version': 1 })
    expect(plan(image, 'transaction.version', 2, up)).toEqual([{ name: 'transaction.version', featureLevel: 2 }])
    expect(plan(image, 'group.version', 0, safe)).toEqual([{ name: 'group.version', featureLevel: 0 }])
    expect(plan(image, 'group.version', 1, up)).toEqual([])
    expect(() => plan(image, 'group.version', 0, up)).toThrow(/downgrade type/)
    expect(() => plan(image, 'transaction.version', 1, safe)).toThrow(/cannot go up/)
    expect(() => plan(image, 'transaction.version', 1, 0)).toThrow(/upgrade type 0/)
    expect(() => plan(image, 'kraft.version', 0, safe)).toThrow(/cannot go down/)
  })

  it('are refused when they are unknown, out of range or not built', () => {
    const image = imageWith({ 'metadata.version': 30 })
    for (const [feature, level] of [
      ['nope', 1],
      ['group.version', 2],
      ['group.version', -1],
      ['share.version', 1],
      ['metadata.version', 31],
      ['metadata.version', 6],
    ] as const) {
      expect(() => plan(image, feature, level, up), `${feature}=${level}`).toThrow(
        expect.objectContaining({ errorCode: 95 }) as Error,
      )
    }
  })

  it('change together or not at all', () => {
    const image = imageWith({ 'metadata.version': 30 })
    const updates = [
      { feature: 'group.version', level: 1, upgradeType: up },
      { feature: 'nope', level: 1, upgradeType: up },
    ]
    expect(() => planFeatures(image, updates, 1)).toThrow(/nope/)
  })

  it('let metadata.version down only as far as no record changed', () => {
    expect(() => plan(imageWith({ 'metadata.version': 30 }), 'metadata.version', 29, safe)).toThrow(/lost/)
    expect(() => plan(imageWith({ 'metadata.version': 30 }), 'metadata.version', 29, unsafe)).toThrow(/unsafe/)
    expect(plan(imageWith({ 'metadata.version': 29 }), 'metadata.version', 24, safe)).toHaveLength(1)
    expect(() => plan(imageWith({ 'metadata.version': 29 }), 'metadata.version', 22, safe)).toThrow(/23/)
  })

  it('depend on a metadata version that may come in the same request', () => {
    const elr = { feature: 'eligible.leader.replicas.version', level: 1, upgradeType: up }
    expect(() => planFeatures(imageWith({ 'metadata.version': 22 }), [elr], 1)).toThrow(/depends/)
    const both = [elr, { feature: 'metadata.version', level: 30, upgradeType: up }]
    expect(planFeatures(imageWith({ 'metadata.version': 22 }), both, 1)).toHaveLength(2)
  })

  it('of a directory that Apache Kafka formatted are taken, also one that is kept only', () => {
    const fresh = {
      'metadata.version': 30,
      'eligible.leader.replicas.version': 1,
      'group.version': 1,
      'share.version': 1,
      'streams.version': 1,
      'transaction.version': 2,
    }
    for (const [name, level] of Object.entries(fresh)) expect(whyNotServed(name, level), name).toBeUndefined()
    expect(whyNotServed('share.version', 2)).toBeDefined()
    expect(whyNotServed('metadata.version', 31)).toBeDefined()
    expect(whyNotServed('nope', 1)).toBeDefined()
    expect(plan(imageWith(fresh), 'share.version', 0, safe)).toHaveLength(1)
    expect(plan(imageWith(fresh), 'share.version', 1, up)).toEqual([])
    const release = ['share.version', 'metadata.version'].map((feature) => ({ feature, level: 1, upgradeType: up }))
    release[1]!.level = 30
    const versionOnly = imageWith({ 'metadata.version': 30 })
    expect(planFeatures(versionOnly, release, 1).map(({ value }) => value)).toEqual([
      { name: 'share.version', featureLevel: 1 },
    ])
    expect(() => planFeatures(versionOnly, release.slice(0, 1), 1)).toThrow(/share\.version.*supports levels 0 to 0/)
    release[0]!.level = 2
    expect(() => planFeatures(versionOnly, release, 1)).toThrow(/share\.version.*supports levels 0 to 0/)
  })

  it('of a new directory begin with metadata.version, which others depend on', () => {
    expect(bootstrapFeatures[0]).toMatchObject({ value: { name: 'metadata.version', featureLevel: 30 } })
  })
})

describe('records', () => {
  it('are written in the version that the metadata version of the cluster allows', () => {
    const partition = {
      kind: 'partition',
      version: 2,
      value: {
        partitionId: 0,
        topicId: 'IFgOxOxuRZOOWCY2hQxIkw',
        replicas: [1],
        isr: [1],
        removingReplicas: [],
        addingReplicas: [],
        leader: 1,
        leaderEpoch: 0,
        partitionEpoch: 0,
        directories: ['IFgOxOxuRZOOWCY2hQxIkw'],
        eligibleLeaderReplicas: [],
      },
    } as const
    expect(recordAtLevel(partition, 30)).toBe(partition)
    expect(recordAtLevel(partition, 21)).toMatchObject({ version: 1, value: { directories: [expect.any(String)] } })
    expect(recordAtLevel(partition, 21).value).not.toHaveProperty('eligibleLeaderReplicas')
    expect(recordAtLevel(partition, 7)).toMatchObject({ version: 0 })
    expect(recordAtLevel(partition, 7).value).not.toHaveProperty('directories')
  })
})
