import { type Client, type ConsumerRecord, partitionKey } from '#core/client/client.ts'

/** Everything that a topic holds when it is asked, partition by partition in the order of each. */
export async function readRecords(
  client: Client,
  topic: string,
  isolationLevel: 'read_uncommitted' | 'read_committed' = 'read_uncommitted',
): Promise<ConsumerRecord[]> {
  const [description] = await client.admin().describeTopics([topic])
  const partitions = (description?.partitions ?? []).map(({ partition }) => ({ topic, partition }))
  const consumer = client.consumer({ isolationLevel })
  const records: ConsumerRecord[] = []
  try {
    consumer.assign(partitions)
    await consumer.seekToBeginning(partitions)
    const ends = await consumer.endOffsets(partitions)
    let left = partitions.filter((each) => ends.get(partitionKey(each))! > 0)
    while (left.length > 0) {
      for (const chunk of await consumer.poll(200)) records.push(...chunk)
      const positions = await Promise.all(left.map((each) => consumer.position(each)))
      left = left.filter((each, i) => positions[i]! < ends.get(partitionKey(each))!)
    }
  } finally {
    await consumer.close()
  }
  return records
}
