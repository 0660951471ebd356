import type { Client, NewTopic } from '#core/client/client.ts'

/** Creates a topic unless it exists, whoever else may be creating it. Returns whether it was made here. */
export async function ensureTopic(client: Client, topic: NewTopic): Promise<boolean> {
  const admin = client.admin()
  if ((await admin.describeTopics([topic.name])).length > 0) return false
  try {
    await admin.createTopics([topic])
    return true
  } catch (error) {
    if ((error as { code?: unknown }).code === 'TOPIC_ALREADY_EXISTS') return false
    throw error
  }
}
