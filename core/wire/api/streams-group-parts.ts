import { array, int16, int32, int64, string, structs } from '#core/wire/schema.ts'

/** A pair: a setting of a topic, or a tag of a client. */
export const keyValue = {
  /** The name. */
  key: string(),
  /** The value. */
  value: string(),
}

/** An internal topic as the application wants it. */
export const topicInfo = {
  /** The topic. */
  name: string(),
  /** 0 to leave it to the broker. */
  partitions: int32(),
  /** 0 to leave it to the broker. */
  replicationFactor: int16(),
  /** Its settings. */
  topicConfigs: structs(keyValue),
}

/** Tasks of one subtopology. */
export const taskIds = {
  /** The subtopology. */
  subtopologyId: string(),
  /** Its partitions. */
  partitions: array(int32()),
}

/** How far one task has come. */
export const taskOffset = {
  /** The subtopology. */
  subtopologyId: string(),
  /** The partition. */
  partition: int32(),
  /** Sum over the changelogs of the task. */
  offset: int64(),
}
