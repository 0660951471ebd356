import {
  type Decoded,
  type Encodable,
  api,
  array,
  bool,
  int16,
  int32,
  int64,
  string,
  structs,
} from '#core/wire/schema.ts'

/**
 * DescribeLogDirs: the log directories of a broker, with the size of what is in them.
 *
 * 2: flexible · 3: a top-level error · 4: sizes of the volume · 5: isCordoned.
 */
export const describeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  versions: '1-5',
  flexible: '2+',
  request: {
    /** What to describe; null for everything. */
    topics: structs({
      /** The topic. */
      topic: string(),
      /** Its partitions. */
      partitions: array(int32()),
    }).with({ nullable: '0+' }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ default: 0 }),
    /** Of the request as a whole. */
    errorCode: int16({ versions: '3+', ignorable: true }),
    /** A row for each directory. */
    results: structs({
      /** KAFKA_STORAGE_ERROR for a directory that failed. */
      errorCode: int16(),
      /** Absolute path. */
      logDir: string(),
      /** What is in it. */
      topics: structs({
        /** The topic. */
        name: string(),
        /** Its partitions that are in this directory. */
        partitions: structs({
          /** The partition. */
          partitionIndex: int32(),
          /** Bytes of all segments. */
          partitionSize: int64(),
          /** How far the log is behind the high watermark, or a future log behind the current one. */
          offsetLag: int64(),
          /** True for a copy that will take over when a move between directories is complete. */
          isFutureKey: bool(),
        }),
      }),
      /** Size of the volume; -1 when unknown. */
      totalBytes: int64({ versions: '4+', default: -1, ignorable: true }),
      /** Room left on the volume; -1 when unknown. */
      usableBytes: int64({ versions: '4+', default: -1, ignorable: true }),
      /** True when no new partition may be put there. */
      isCordoned: bool({ versions: '5+', default: false, ignorable: true }),
    }),
  },
})

export type DescribeLogDirsRequest = Decoded<typeof describeLogDirs.request>
export type DescribeLogDirsRequestInput = Encodable<typeof describeLogDirs.request>
export type DescribeLogDirsResponse = Decoded<typeof describeLogDirs.response>
export type DescribeLogDirsResponseInput = Encodable<typeof describeLogDirs.response>
