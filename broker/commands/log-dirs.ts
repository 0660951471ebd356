import { sizeText, tableText, writeJson } from './output.ts'
import type { Session } from './session.ts'

/** `millrace log-dirs`: the directories of each broker, and how large each replica in them is, the largest first. */
export async function describeLogDirs(
  { client, output }: Session,
  options: { readonly topics: readonly string[] },
): Promise<void> {
  const all = await client.admin().describeLogDirs()
  const directories = all.map((directory) => ({
    ...directory,
    replicas: directory.replicas
      .filter(({ topic }) => options.topics.length === 0 || options.topics.includes(topic))
      .toSorted((a, b) => b.sizeBytes - a.sizeBytes),
  }))
  if (output.json) return writeJson(output, directories)
  for (const { broker, path, error, totalBytes, usableBytes, replicas } of directories) {
    const used = replicas.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    await output.write(
      `broker ${broker}  ${path}  ${error ?? `${sizeText(used)} in ${replicas.length} replicas`}` +
        `${totalBytes < 0 ? '' : `  ${sizeText(usableBytes)} free of ${sizeText(totalBytes)}`}\n`,
    )
    await output.write(
      `${tableText(
        [
          { title: 'topic', value: ({ topic }) => topic },
          { title: 'partition', value: ({ partition }) => partition, right: true },
          { title: 'size', value: ({ sizeBytes }) => sizeText(sizeBytes), right: true },
        ],
        replicas,
      )}\n`,
    )
  }
}
