import type { ConfigEntry, ConfigResource } from '#core/client/client.ts'
import type { Cluster } from '#core/client/cluster/cluster.ts'
import { isTransient, refusal } from '#core/client/errors.ts'
import { describeConfigs } from '#core/wire/api/32-describe-configs.ts'
import { incrementalAlterConfigs } from '#core/wire/api/44-incremental-alter-configs.ts'

const resourceTypes = { topic: 2, broker: 4, group: 32 } as const
const operations = { set: 0, reset: 1 } as const

/** Settings by resource name, asked of the broker that knows: a broker of itself, any broker of topics. */
export async function describe(
  cluster: Cluster,
  resources: readonly ConfigResource[],
): Promise<Map<string, ConfigEntry[]>> {
  const found = new Map<string, ConfigEntry[]>()
  for (const [broker, theirs] of byBroker(resources)) {
    const answer = await cluster.retrying(
      async () => {
        if (broker !== undefined && !cluster.metadata.brokers.has(broker)) await cluster.refresh([])
        const body = {
          resources: theirs.map(({ type, name }) => ({
            resourceType: resourceTypes[type],
            resourceName: name,
            configurationKeys: null,
          })),
        }
        const reply =
          broker === undefined
            ? await cluster.sendToAny(describeConfigs, body)
            : await cluster.send(broker, describeConfigs, body)
        for (const { errorCode, errorMessage, resourceName } of reply.results) {
          if (errorCode !== 0) throw refusal(errorCode, `settings of "${resourceName}"`, errorMessage)
        }
        return reply
      },
      { retriable: isTransient },
    )
    for (const { resourceName, configs } of answer.results) {
      const entries = configs.map(({ name, value, readOnly, isSensitive, configSource }) => ({
        name,
        value,
        readOnly,
        sensitive: isSensitive,
        source: configSource,
      }))
      found.set(resourceName, entries)
    }
  }
  return found
}

/** Sets or, with null, resets settings of one resource; others keep their values. */
export async function alter(
  cluster: Cluster,
  resource: ConfigResource,
  changes: Readonly<Record<string, string | null>>,
): Promise<void> {
  const broker = brokerOf(resource)
  const body = {
    resources: [
      {
        resourceType: resourceTypes[resource.type],
        resourceName: resource.name,
        configs: Object.entries(changes).map(([name, value]) => ({
          name,
          configOperation: value === null ? operations.reset : operations.set,
          value,
        })),
      },
    ],
    validateOnly: false,
  }
  await cluster.retrying(
    async () => {
      if (broker !== undefined && !cluster.metadata.brokers.has(broker)) await cluster.refresh([])
      const answer =
        broker === undefined
          ? await cluster.sendToController(incrementalAlterConfigs, body)
          : await cluster.send(broker, incrementalAlterConfigs, body)
      for (const { errorCode, errorMessage, resourceName } of answer.responses) {
        if (errorCode !== 0) throw refusal(errorCode, `changing settings of "${resourceName}"`, errorMessage)
      }
    },
    { retriable: isTransient },
  )
}

/** The one broker that can answer; any can for topics, and for the empty broker name: the defaults of all brokers. */
const brokerOf = ({ type, name }: ConfigResource): number | undefined =>
  type === 'broker' && name !== '' ? Number(name) : undefined

function byBroker(resources: readonly ConfigResource[]): Map<number | undefined, ConfigResource[]> {
  const groups = new Map<number | undefined, ConfigResource[]>()
  for (const resource of resources) {
    const broker = brokerOf(resource)
    groups.set(broker, [...(groups.get(broker) ?? []), resource])
  }
  return groups
}
