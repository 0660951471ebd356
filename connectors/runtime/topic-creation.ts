import type { Client, NewTopic } from '#core/client/client.ts'
import { configErrors } from '#core/config/define.ts'
import type { Log } from '#core/telemetry/log.ts'

import type { StringMap } from '../api/connector.ts'
import { below } from './connector-config.ts'
import { ensureTopic } from './ensure-topic.ts'

interface Group {
  readonly includes: (topic: string) => boolean
  readonly partitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

const defaults = 'default'

/**
 * Makes the topics of a source as its topic.creation settings say. Without them a missing topic is left to the broker's
 * own auto-creation. Each topic is looked at once.
 */
export class TopicCreation {
  readonly #client: Client
  readonly #groups: readonly Group[]
  readonly #log: Log
  readonly #known = new Set<string>()

  constructor(client: Client, raw: StringMap, groups: readonly string[], log: Log) {
    this.#client = client
    this.#log = log
    const wanted = raw[`topic.creation.${defaults}.partitions`] !== undefined
    this.#groups = wanted
      ? [...groups.filter((name) => name !== defaults), defaults].map((name) => readGroup(raw, name))
      : []
  }

  knows(topic: string): boolean {
    return this.#groups.length === 0 || this.#known.has(topic)
  }

  async ensure(topic: string): Promise<void> {
    const group = this.#groups.find((each) => each.includes(topic))
    if (group) {
      const { partitions, replicationFactor, configs } = group
      const created: NewTopic = { name: topic, partitions, replicationFactor, configs }
      if (await ensureTopic(this.#client, created)) this.#log('info', `created topic "${topic}"`, { partitions })
    }
    this.#known.add(topic)
  }
}

function readGroup(raw: StringMap, name: string): Group {
  const {
    partitions,
    'replication.factor': replicationFactor,
    include,
    exclude,
    ...configs
  } = {
    ...(name === defaults ? {} : pick(below(raw, `topic.creation.${defaults}.`))),
    ...below(raw, `topic.creation.${name}.`),
  }
  const refuse = (problem: string): never => {
    throw configErrors.CONFIG_INVALID({ what: `topic creation group "${name}"`, problems: problem })
  }
  const whole = (setting: string, text: string | undefined): number => {
    const value = Number(text ?? Number.NaN)
    if (!Number.isInteger(value) || (value < 1 && value !== -1))
      refuse(`setting "topic.creation.${name}.${setting}": expected a number above 0, or -1, got "${text}"`)
    return value
  }
  if (name !== defaults && include === undefined) refuse(`missing setting "topic.creation.${name}.include"`)
  return {
    includes:
      name === defaults
        ? () => true
        : (topic) => matches(include!, topic) && !(exclude !== undefined && matches(exclude, topic)),
    partitions: whole('partitions', partitions),
    replicationFactor: whole('replication.factor', replicationFactor),
    configs,
  }
}

const pick = ({
  partitions,
  'replication.factor': replicationFactor,
}: Record<string, string>): Record<string, string> => ({
  ...(partitions === undefined ? {} : { partitions }),
  ...(replicationFactor === undefined ? {} : { 'replication.factor': replicationFactor }),
})

/** A list of patterns, separated by commas, one of which must match the whole name. */
const matches = (patterns: string, topic: string): boolean =>
  patterns.split(',').some((pattern) => new RegExp(`^(?:${pattern.trim()})$`).test(topic))
