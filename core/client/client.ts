import type { EntityQuotas, QuotaPart, QuotaPartFilter, ScramLogin, ScramPassword } from '#core/client/identities.ts'
import type { Header } from '#core/records/record.ts'
import type { ScramName } from '#core/security/scram.ts'

/**
 * The client port: what streams, connectors and the tools need of a Kafka cluster. The lean client (`lean-client.ts`)
 * implements all of it; the kafkajs adapter the parts that kafkajs can do. Offsets count records, timestamps are ms.
 */
export interface Client {
  producer(options?: ProducerOptions): Producer
  consumer(options?: ConsumerOptions): Consumer
  admin(): Admin
  /** Closes every producer, consumer and connection made through this client. */
  close(): Promise<void>
}

/** Names one partition of a topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A record on its way out. Without `partition` the partitioner decides; without `timestamp` it is now. */
export interface OutgoingRecord {
  readonly topic: string
  readonly partition?: number | undefined
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestamp?: number | undefined
  readonly headers?: readonly Header[] | undefined
}

/** Where a record landed; offset -1 with acks 0. */
export interface RecordPosition extends TopicPartition {
  readonly offset: number
}

/** Codecs of record batches; every broker since Kafka 2.1 reads all of them. */
export type CompressionName = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** Chooses a partition for a record that names none. `partitions` is the partition count of the topic, at least 1. */
export type Partitioner = (record: OutgoingRecord, partitions: number) => number

/** How a producer gathers, packs and acknowledges. Sizes in bytes; defaults are those of the Java producer unless said. */
export interface ProducerOptions {
  readonly acks?: 0 | 1 | -1
  /** Sequence numbers let the broker drop doubles of a retried batch. Default true with acks -1. */
  readonly idempotent?: boolean
  readonly lingerMs?: number
  readonly batchSize?: number
  readonly compression?: CompressionName
  /** Kafka's default partitioner (murmur2 of the key, sticky without key) when left out. */
  readonly partitioner?: Partitioner
  /** Bytes that may wait; `ready()` pends above it. */
  readonly bufferMemory?: number
  readonly maxRequestSize?: number
  readonly requestTimeoutMs?: number
  readonly deliveryTimeoutMs?: number
  readonly maxInFlight?: number
}

/** Called once per record: with an error, or with the partition and offset it got. Must not throw. */
export type Delivered = (error: Error | null, partition: number, offset: number) => void

/** Sends records in batches per partition; order holds within a partition, also over retries. */
export interface Producer {
  /** Puts a record into its batch. No promise: failures reach `delivered`, and `flush` rejects with the first of them. */
  append(record: OutgoingRecord, delivered?: Delivered): void
  /** Appends one record and resolves when the broker has acknowledged it. */
  send(record: OutgoingRecord): Promise<RecordPosition>
  /** Bytes appended and not yet acknowledged. */
  readonly pendingBytes: number
  /** True while less than `bufferMemory` waits. */
  readonly writable: boolean
  /** Resolves when `writable`. */
  ready(): Promise<void>
  /** Sends what waits and resolves when all of it is acknowledged; rejects with the first error since the last flush. */
  flush(): Promise<void>
  /** Partition count of a topic, from metadata (auto-created if the broker does so). */
  partitionsFor(topic: string): Promise<number>
  /** Flushes, then closes. */
  close(): Promise<void>
}

/** Where to begin without a committed position, or when it is gone; `none` makes that an error. */
export type AutoOffsetReset = 'earliest' | 'latest' | 'none'

/** What a consumer fetches at once, how long it waits, and how it takes part in a group. Sizes in bytes. */
export interface ConsumerOptions {
  readonly groupId?: string
  readonly groupInstanceId?: string
  readonly autoOffsetReset?: AutoOffsetReset
  /** Commits positions in the background every interval; default off: who processes, commits. */
  readonly autoCommitIntervalMs?: number
  readonly isolationLevel?: 'read_uncommitted' | 'read_committed'
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly maxPartitionBytes?: number
  readonly maxWaitMs?: number
  /** Most records that one `poll` hands out. */
  readonly maxPollRecords?: number
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
  readonly heartbeatIntervalMs?: number
  /** Assignors in order of preference; default range then cooperative-sticky, as in Kafka. */
  readonly assignors?: readonly Assignor[]
}

/** A record as read. `key` and `value` are views on the fetched bytes: copy what must outlive the batch in memory. */
export interface ConsumerRecord extends TopicPartition {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
}

/** What one poll got from one partition, in offset order. Records are decoded as they are iterated. */
export interface FetchedPartition extends TopicPartition, Iterable<ConsumerRecord> {
  /** Records in this chunk. */
  readonly count: number
  /** Position after the chunk: where the next poll of this partition goes on. */
  readonly nextOffset: number
  /** The partition's high watermark when it was fetched: lag is this minus `nextOffset`. */
  readonly highWatermark: number
}

/** A position: the offset of the next record to read, and a note of whoever commits it. */
export interface OffsetAndMetadata {
  readonly offset: number
  readonly leaderEpoch?: number
  readonly metadata?: string
}

/** A position in a named partition. */
export interface TopicPartitionOffset extends TopicPartition, OffsetAndMetadata {}

/** Told of a rebalance while `poll` runs; both may commit. `lost`: the partitions already belong to somebody else. */
export interface RebalanceListener {
  assigned?(partitions: readonly TopicPartition[]): void | Promise<void>
  revoked?(partitions: readonly TopicPartition[]): void | Promise<void>
  lost?(partitions: readonly TopicPartition[]): void | Promise<void>
}

/** Reads partitions in offset order, by hand (`assign`) or as a member of a group (`subscribe`). Not for concurrent polls. */
export interface Consumer {
  /** Joins the group for these topics. Replaces an earlier subscription. */
  subscribe(topics: readonly string[] | RegExp, listener?: RebalanceListener): void
  /** Reads these partitions without a group's balancing. Replaces an earlier assignment. */
  assign(partitions: readonly TopicPartition[]): void
  readonly assignment: readonly TopicPartition[]
  /** Waits up to `timeoutMs` for records; an empty list when none came. Runs rebalances and their listeners. */
  poll(timeoutMs: number): Promise<FetchedPartition[]>
  /** Ends a waiting `poll` at once (it returns what it has). */
  wakeup(): void
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  readonly paused: readonly TopicPartition[]
  seek(partition: TopicPartition, offset: number): void
  seekToBeginning(partitions: readonly TopicPartition[]): Promise<void>
  seekToEnd(partitions: readonly TopicPartition[]): Promise<void>
  /** Offset of the next record that poll hands out. */
  position(partition: TopicPartition): Promise<number>
  commit(offsets: readonly TopicPartitionOffset[]): Promise<void>
  committed(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, OffsetAndMetadata>>
  beginningOffsets(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, number>>
  endOffsets(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, number>>
  /** Asks the group for a new assignment at the next poll. */
  enforceRebalance(): void
  /** Leaves the group and closes. */
  close(): Promise<void>
}

/** The key under which maps of this port file a partition: `topic-partition`, as Kafka prints it. */
export const partitionKey = (partition: TopicPartition): string => `${partition.topic}-${partition.partition}`

/** What a member tells the group. */
export interface Subscription {
  readonly topics: readonly string[]
  readonly userData: Buffer | null
  readonly ownedPartitions: readonly TopicPartition[]
  readonly generationId: number
  readonly rackId: string | null
  readonly groupInstanceId: string | null
}

/** What a member of a group gets. */
export interface Assignment {
  readonly partitions: readonly TopicPartition[]
  readonly userData: Buffer | null
}

/** Divides partitions among the members of a group; runs in the member that leads it. */
export interface Assignor {
  /** The protocol name that members must have in common. */
  readonly name: string
  /** Cooperative assignors keep what a member has until another is ready to take it. */
  readonly protocol: 'eager' | 'cooperative'
  subscriptionUserData?(topics: readonly string[]): Buffer | null
  assign(
    partitionCounts: ReadonlyMap<string, number>,
    subscriptions: ReadonlyMap<string, Subscription>,
  ): ReadonlyMap<string, Assignment> | Promise<ReadonlyMap<string, Assignment>>
  onAssignment?(assignment: Assignment, generationId: number): void
}

/** A topic to create. */
export interface NewTopic {
  readonly name: string
  /** -1 and left out: the broker's default. */
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly configs?: Readonly<Record<string, string>>
}

/** A topic as the cluster describes it; broker ids name leaders and replicas, -1 is no leader. */
export interface TopicDescription {
  readonly name: string
  readonly topicId: string
  readonly internal: boolean
  readonly partitions: readonly {
    readonly partition: number
    readonly leader: number
    readonly replicas: readonly number[]
    readonly isr: readonly number[]
  }[]
}

/** One setting of a topic or broker; sensitive values are null. */
export interface ConfigEntry {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly sensitive: boolean
  /** Kafka's source number: 1 topic, 4 static broker, 5 default … */
  readonly source: number
}

/** Whose settings are meant: a topic or group by its name, a broker by its id, all brokers by an empty name. */
export type ConfigResource = { readonly type: 'topic' | 'broker' | 'group'; readonly name: string }

/** -1 latest, -2 earliest, -3 offset of the largest timestamp, else ms since the epoch. */
export type OffsetQuery = TopicPartition & { readonly timestamp: number }

/** Who balances a group: its members themselves, or the broker for consumers or for streams applications. */
export type GroupType = 'classic' | 'consumer' | 'streams'

/** A group as a list of all groups shows it. */
export interface GroupListing {
  readonly groupId: string
  readonly type: GroupType
  readonly protocolType: string
  readonly state: string
}

/**
 * A group with its members; `metadata` and `assignment` are the bytes of a classic group's protocol, `partitions` what a
 * member reads, as far as the protocol tells.
 */
export interface GroupDescription {
  readonly groupId: string
  readonly type: GroupType
  readonly state: string
  readonly protocolType: string
  readonly protocol: string
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly clientId: string
    readonly clientHost: string
    readonly metadata: Buffer
    readonly assignment: Buffer
    readonly partitions: readonly TopicPartition[]
  }[]
}

/** Kafka's names for what ACLs are made of. The place of a name is its number on the wire. */
export const aclNames = {
  resourceTypes: ['UNKNOWN', 'ANY', 'TOPIC', 'GROUP', 'CLUSTER', 'TRANSACTIONAL_ID', 'DELEGATION_TOKEN', 'USER'],
  patternTypes: ['UNKNOWN', 'ANY', 'MATCH', 'LITERAL', 'PREFIXED'],
  operations: [
    'UNKNOWN',
    'ANY',
    'ALL',
    'READ',
    'WRITE',
    'CREATE',
    'DELETE',
    'ALTER',
    'DESCRIBE',
    'CLUSTER_ACTION',
    'DESCRIBE_CONFIGS',
    'ALTER_CONFIGS',
    'IDEMPOTENT_WRITE',
    'CREATE_TOKENS',
    'DESCRIBE_TOKENS',
    'TWO_PHASE_COMMIT',
  ],
  permissions: ['UNKNOWN', 'ANY', 'DENY', 'ALLOW'],
} as const

type AclName<Kind extends keyof typeof aclNames> = (typeof aclNames)[Kind][number]

/** An access control entry: who may, or may not, do what with which resource, and from where. */
export interface AclEntry {
  readonly resourceType: AclName<'resourceTypes'>
  /** `*` stands for all of the type; the cluster is `kafka-cluster`. */
  readonly resourceName: string
  readonly patternType: AclName<'patternTypes'>
  /** Type and name: `User:alice`, `User:*`. */
  readonly principal: string
  /** An address, or `*`. */
  readonly host: string
  readonly operation: AclName<'operations'>
  readonly permission: AclName<'permissions'>
}

/** What entries must be like; what is left out does not count. */
export type AclFilter = { readonly [Key in keyof AclEntry]?: AclEntry[Key] | undefined }

/** A directory in which a broker keeps logs. Sizes in bytes, -1 where the broker does not tell. */
export interface LogDirDescription {
  readonly broker: number
  readonly path: string
  /** Kafka's name of what is wrong with the directory. */
  readonly error: string | undefined
  readonly totalBytes: number
  readonly usableBytes: number
  readonly replicas: readonly {
    readonly topic: string
    readonly partition: number
    readonly sizeBytes: number
    readonly offsetLag: number
    /** A copy that is to take over from the one in another directory. */
    readonly future: boolean
  }[]
}

/** What can be asked and changed in a cluster. Refusals are errors with the name of Kafka's error code. */
export interface Admin {
  /** Creates topics that are not there; resolves when the cluster knows them. Existing ones throw TOPIC_ALREADY_EXISTS. */
  createTopics(topics: readonly NewTopic[]): Promise<void>
  deleteTopics(names: readonly string[]): Promise<void>
  listTopics(): Promise<string[]>
  /** Unknown topics are left out. */
  describeTopics(names: readonly string[]): Promise<TopicDescription[]>
  /** Raises partition counts to the given totals. */
  createPartitions(totals: Readonly<Record<string, number>>): Promise<void>
  describeConfigs(resources: readonly ConfigResource[]): Promise<ReadonlyMap<string, ConfigEntry[]>>
  /** Sets or, with null, resets settings of one resource. */
  alterConfigs(resource: ConfigResource, changes: Readonly<Record<string, string | null>>): Promise<void>
  /** Offsets by `partitionKey`; -1 where no record is that new. */
  listOffsets(
    queries: readonly OffsetQuery[],
  ): Promise<ReadonlyMap<string, { readonly offset: number; readonly timestamp: number }>>
  deleteRecords(before: readonly TopicPartitionOffset[]): Promise<ReadonlyMap<string, number>>
  listGroups(): Promise<GroupListing[]>
  describeGroups(groupIds: readonly string[]): Promise<GroupDescription[]>
  deleteGroups(groupIds: readonly string[]): Promise<void>
  groupOffsets(groupId: string): Promise<TopicPartitionOffset[]>
  alterGroupOffsets(groupId: string, offsets: readonly TopicPartitionOffset[]): Promise<void>
  deleteGroupOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<void>
  describeAcls(filter: AclFilter): Promise<AclEntry[]>
  createAcls(entries: readonly AclEntry[]): Promise<void>
  /** Removes what matches any of the filters; returns what was removed. */
  deleteAcls(filters: readonly AclFilter[]): Promise<AclEntry[]>
  /** Quotas of whom all filters fit; all quotas without filters. */
  describeClientQuotas(filters: readonly QuotaPartFilter[]): Promise<EntityQuotas[]>
  /** Sets or, with null, removes quotas of one entity. */
  alterClientQuotas(entity: readonly QuotaPart[], changes: Readonly<Record<string, number | null>>): Promise<void>
  /** Of all users when none are named; who has no SCRAM credential is left out. */
  describeScramLogins(users?: readonly string[]): Promise<ScramLogin[]>
  /** Sets or, with null, removes the credential of a user. The password itself is not sent. */
  alterScramLogin(user: string, mechanism: ScramName, wanted: ScramPassword | null): Promise<void>
  describeLogDirs(): Promise<LogDirDescription[]>
  describeCluster(): Promise<{
    readonly clusterId: string
    readonly controller: number
    readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[]
  }>
  close(): Promise<void>
}
