import type { ConfigResource } from '#core/client/client.ts'

import { writeJson, writeRows } from './output.ts'
import type { Session } from './session.ts'

/** Kafka's numbers for where a value comes from, in words. */
const sources: Readonly<Record<number, string>> = {
  1: 'topic',
  2: 'broker',
  3: 'all brokers',
  4: 'server.properties',
  5: 'default',
  6: 'broker logger',
  7: 'client metrics',
  8: 'group',
}
const defaultSource = 5

/** `millrace configs describe`: the settings of a topic, broker or group; those at their default only when asked for. */
export async function describeConfigs(
  { client, output }: Session,
  resource: ConfigResource,
  options: { readonly all?: boolean },
): Promise<void> {
  const found = await client.admin().describeConfigs([resource])
  const rows = (found.get(resource.name) ?? [])
    .filter(({ source }) => options.all === true || source !== defaultSource)
    .map(({ name, value, source, readOnly, sensitive }) => ({
      name,
      value,
      source: sources[source] ?? `source ${source}`,
      readOnly,
      sensitive,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  await writeRows(
    output,
    [
      { title: 'setting', value: ({ name }) => name },
      { title: 'value', value: ({ value, sensitive }) => (sensitive ? '(hidden)' : (value ?? '(none)')) },
      { title: 'from', value: ({ source }) => source },
    ],
    rows,
    `${nameOf(resource)} has nothing but defaults; --all shows them`,
  )
}

/** `millrace configs set` and `unset`: changes some settings of a resource and leaves the others. */
export async function alterConfigs(
  { client, output }: Session,
  resource: ConfigResource,
  changes: Readonly<Record<string, string | null>>,
): Promise<void> {
  await client.admin().alterConfigs(resource, changes)
  if (output.json) return writeJson(output, { ...resource, changes })
  for (const [name, value] of Object.entries(changes)) {
    output.remark(value === null ? `${nameOf(resource)}: ${name} is unset` : `${nameOf(resource)}: ${name}=${value}`)
  }
}

const nameOf = ({ type, name }: ConfigResource): string =>
  type === 'broker' && name === '' ? 'all brokers' : `${type} ${name}`
