import {
  type Decoded,
  type Encodable,
  api,
  array,
  int16,
  int32,
  int64,
  int8,
  records,
  string,
  struct,
  structs,
  uuid,
} from '#core/wire/schema.ts'

/**
 * Fetch: reads stored batches, for consumers, followers and observers of the metadata log alike. Waits until minBytes
 * are there or maxWaitMs are over.
 *
 * 5: logStartOffset · 7: fetch sessions (KIP-227) · 9: leader epochs in the request · 10: zstd allowed · 11: rackId
 * and preferred replicas · 12: flexible; diverging epochs replace truncation by high watermark · 13: topic ids instead
 * of names · 15: replicaState replaces replicaId · 16: nodeEndpoints (KIP-951) · 17: replica directory ids (KIP-853) ·
 * 18: the follower's high watermark (KIP-1166).
 *
 * A broker may answer every request with session 0, which means: no session, send everything each time. The order of
 * partitions counts: the first that has anything gets a whole batch even beyond all limits (KIP-74), so clients rotate
 * them.
 */
export const fetch = api({
  key: 1,
  name: 'Fetch',
  versions: '4-18',
  flexible: '12+',
  request: {
    /** Set by nodes of the metadata quorum; another id than ours is INCONSISTENT_CLUSTER_ID. */
    clusterId: string({ versions: '12+', nullable: '12+', tag: 0, default: null, ignorable: true }),
    /** The follower that asks, up to version 14; -1 for a consumer. */
    replicaId: int32({ versions: '4-14', default: -1 }),
    /** The follower that asks, from version 15 on. */
    replicaState: struct({
      /** -1 for a consumer. */
      replicaId: int32({ default: -1 }),
      /** Its broker epoch, so that a follower of a former life is not counted as in sync; -1 when it has none. */
      replicaEpoch: int64({ default: -1 }),
    }).with({ versions: '15+', tag: 1 }),
    /** How long to wait for minBytes. */
    maxWaitMs: int32(),
    /** Answer as soon as there is so much: 0 at once, even with nothing; 1 with the first batch. */
    minBytes: int32(),
    /** Bound on the whole answer, but for the first batch. */
    maxBytes: int32({ default: 2147483647 }),
    /** 0: up to the high watermark; 1: up to the last stable offset, with the aborted transactions listed. */
    isolationLevel: int8({ default: 0 }),
    /** The session to continue; 0 to begin one or to do without. */
    sessionId: int32({ versions: '7+', default: 0, ignorable: true }),
    /** 0 begins a session, -1 ends it or does without, others count the requests of the session. */
    sessionEpoch: int32({ versions: '7+', default: -1, ignorable: true }),
    /** What to read; within a session only what has changed. */
    topics: structs({
      /** Up to version 12. */
      topic: string({ versions: '4-12', ignorable: true }),
      /** From version 13 on, instead of the name. A session may not change between the two. */
      topicId: uuid({ versions: '13+', ignorable: true }),
      /** In the order in which they may fill the answer. */
      partitions: structs({
        /** The partition. */
        partition: int32(),
        /** The leader epoch that the reader knows; an older or newer one than ours is an error. -1 skips the check. */
        currentLeaderEpoch: int32({ versions: '9+', default: -1, ignorable: true }),
        /** The first offset wanted. The batch that holds it is sent whole. */
        fetchOffset: int64(),
        /** Leader epoch of the reader's last record; a follower learns from it where its log diverges. -1 for none. */
        lastFetchedEpoch: int32({ versions: '12+', default: -1 }),
        /** Where the follower's own log starts, which holds back DeleteRecords; -1 for consumers. */
        logStartOffset: int64({ versions: '5+', default: -1, ignorable: true }),
        /** Bound on this partition's part, but for the first batch. */
        partitionMaxBytes: int32(),
        /** The follower's directory: voters of the metadata quorum are known by node and directory. */
        replicaDirectoryId: uuid({ versions: '17+', tag: 0, ignorable: true }),
        /**
         * The high watermark that the follower knows; an answer may wait for it to change. The largest value means
         * that it does not say.
         */
        highWatermark: int64({ versions: '18+', tag: 1, wide: true, default: 9223372036854775807n, ignorable: true }),
      }),
    }),
    /** What to drop from the session. */
    forgottenTopicsData: structs({
      /** Up to version 12. */
      topic: string({ versions: '7-12', ignorable: true }),
      /** From version 13 on. */
      topicId: uuid({ versions: '13+', ignorable: true }),
      /** The partitions to drop. */
      partitions: array(int32()),
    }).with({ versions: '7+' }),
    /** Where the consumer is, so that a near replica may be offered. */
    rackId: string({ versions: '11+', default: '', ignorable: true }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ default: 0 }),
    /** Of the request as a whole: errors of the session, mostly. */
    errorCode: int16({ versions: '7+', ignorable: true }),
    /** The session that the broker keeps; 0 when it keeps none. */
    sessionId: int32({ versions: '7+', default: 0 }),
    /** Results by topic. Within a session only partitions with news. */
    responses: structs({
      /** As in the request. */
      topic: string({ versions: '4-12', ignorable: true }),
      /** As in the request. */
      topicId: uuid({ versions: '13+', ignorable: true }),
      /** Results by partition. */
      partitions: structs({
        /** The partition. */
        partitionIndex: int32(),
        /** Zero also when there is nothing to read yet. */
        errorCode: int16(),
        /** Behind the last record that every replica in sync has; -1 on error. */
        highWatermark: int64(),
        /** Before the first open transaction; equal to the high watermark when there is none, -1 on error. */
        lastStableOffset: int64({ default: -1 }),
        /** The first offset that can be read; -1 when unknown. */
        logStartOffset: int64({ versions: '5+', default: -1, ignorable: true }),
        /** Set when the reader's log departs from the leader's: truncate to there, then fetch again. */
        divergingEpoch: struct({
          /** Largest epoch that both may share. */
          epoch: int32({ default: -1 }),
          /** Where that epoch ends on the leader. */
          endOffset: int64({ default: -1 }),
        }).with({ versions: '12+', tag: 0 }),
        /** On a leader error, who leads now. */
        currentLeader: struct({
          /** -1 when unknown. */
          leaderId: int32({ default: -1 }),
          /** -1 when unknown. */
          leaderEpoch: int32({ default: -1 }),
        }).with({ versions: '12+', tag: 1 }),
        /** In the metadata log, when the offset lies before the log's start: the snapshot to load instead. */
        snapshotId: struct({
          /** The snapshot holds everything before it. */
          endOffset: int64({ default: -1 }),
          /** Epoch of the last record in the snapshot. */
          epoch: int32({ default: -1 }),
        }).with({ versions: '12+', tag: 2 }),
        /** Under read_committed, what the reader must pass over, by first offset; null under read_uncommitted. */
        abortedTransactions: structs({
          /** Whose records. */
          producerId: int64(),
          /** From there to the producer's next abort marker. */
          firstOffset: int64(),
        }).with({ nullable: '0+' }),
        /** A nearer replica to read from; then there are no records. -1 to stay. */
        preferredReadReplica: int32({ versions: '11+', default: -1 }),
        /** Stored batches, the last perhaps cut short. The first may begin before fetchOffset: the reader skips. */
        records: records({ nullable: '0+' }),
      }),
    }),
    /** Addresses of the leaders named in currentLeader. */
    nodeEndpoints: structs({
      /** The broker. */
      nodeId: int32(),
      /** As advertised on the listener that the request came through. */
      host: string(),
      /** As advertised. */
      port: int32(),
      /** Null when it has none. */
      rack: string({ nullable: '0+', default: null }),
    }).with({ versions: '16+', tag: 0 }),
  },
})

export type FetchRequest = Decoded<typeof fetch.request>
export type FetchRequestInput = Encodable<typeof fetch.request>
export type FetchResponse = Decoded<typeof fetch.response>
export type FetchResponseInput = Encodable<typeof fetch.response>
