import {
  type Decoded,
  type Encodable,
  api,
  array,
  bool,
  int16,
  int32,
  int8,
  string,
  structs,
  uuid,
} from '#core/wire/schema.ts'

/**
 * CreateTopics: makes topics. Each is made or refused by itself.
 *
 * 4: partitions and replication may be left to the broker, as -1 · 5: flexible; the answer shows what came of it · 6:
 * THROTTLING_QUOTA_EXCEEDED · 7: topic ids.
 */
export const createTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: '2-7',
  flexible: '5+',
  request: {
    /** The topics; one that is named twice is INVALID_REQUEST. */
    topics: structs({
      /**
       * Up to 249 letters, digits, dots, underscores and hyphens, but not "." or "..". Names that differ in dots and
       * underscores only collide in metrics and are refused.
       */
      name: string(),
      /** -1 for the broker's default, or when assignments are given. */
      numPartitions: int32(),
      /** -1 for the broker's default, or when assignments are given. */
      replicationFactor: int16(),
      /** Which brokers hold which partition; none to leave it to the controller. */
      assignments: structs({
        /** From 0, without gaps. */
        partitionIndex: int32(),
        /** The first is the preferred leader. All partitions have as many. */
        brokerIds: array(int32()),
      }),
      /** Settings of the topic. */
      configs: structs({
        /** As in Kafka's list of topic settings. */
        name: string(),
        /** Text; null is refused. */
        value: string({ nullable: '0+' }),
      }),
    }),
    /** How long to wait until every broker knows. */
    timeoutMs: int32({ default: 60000 }),
    /** Only say whether it could be done. */
    validateOnly: bool({ default: false }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ default: 0 }),
    /** A row for each topic. */
    topics: structs({
      /** The topic. */
      name: string(),
      /** Zero on error. */
      topicId: uuid({ versions: '7+', ignorable: true }),
      /** Of this topic. */
      errorCode: int16(),
      /** Null when there is nothing to say. */
      errorMessage: string({ nullable: '0+' }),
      /** Why configs is null, when it is. */
      topicConfigErrorCode: int16({ versions: '5+', tag: 0, ignorable: true }),
      /** -1 when it may not be told. */
      numPartitions: int32({ versions: '5+', default: -1, ignorable: true }),
      /** -1 when it may not be told. */
      replicationFactor: int16({ versions: '5+', default: -1, ignorable: true }),
      /** All settings of the new topic; null when they may not be told. */
      configs: structs({
        /** The setting. */
        name: string(),
        /** Null when it is secret. */
        value: string({ nullable: '0+' }),
        /** True when it cannot be changed. */
        readOnly: bool(),
        /** As in DescribeConfigs. */
        configSource: int8({ default: -1 }),
        /** True when the value is hidden. */
        isSensitive: bool(),
      }).with({ versions: '5+', nullable: '5+', ignorable: true }),
    }),
  },
})

export type CreateTopicsRequest = Decoded<typeof createTopics.request>
export type CreateTopicsRequestInput = Encodable<typeof createTopics.request>
export type CreateTopicsResponse = Decoded<typeof createTopics.response>
export type CreateTopicsResponseInput = Encodable<typeof createTopics.response>
