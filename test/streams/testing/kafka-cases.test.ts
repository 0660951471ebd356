import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compare } from '../../support/streams-oracle/compare.ts'
import type { Case } from '../../support/streams-oracle/case.ts'
import { runCase } from '../../support/streams-oracle/run.ts'
import { projectRoot } from '../../support/sources.ts'

// Random topologies and inputs, recorded by Kafka Streams 4.3.1's own TopologyTestDriver: what comes out of every step,
// stores, names and settings of internal topics, bytes of changelogs and repartition topics, describe().
const folder = join(projectRoot, 'test/golden/streams')

const casesOf = (file: string): Case[] =>
  readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Case)

describe.each(readdirSync(folder))('cases of Kafka Streams: %s', (file) => {
  it.each(casesOf(file).map((each) => [each.id, each.variant, each] as const))('%s (%s)', (_, __, wanted) => {
    expect(compare(wanted, runCase(wanted))).toBeUndefined()
  })
})
