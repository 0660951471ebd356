import { type Decoded, type Encodable, api, array, int16, int32, string, structs } from '#core/wire/schema.ts'

/**
 * AlterReplicaLogDirs: moves replicas from one directory of a broker to another.
 *
 * 2: flexible.
 */
export const alterReplicaLogDirs = api({
  key: 34,
  name: 'AlterReplicaLogDirs',
  versions: '1-2',
  flexible: '2+',
  request: {
    /** By directory. */
    dirs: structs({
      /** The directory to move to, as an absolute path. */
      path: string(),
      /** By topic. */
      topics: structs({
        /** The topic. */
        name: string(),
        /** Its partitions. */
        partitions: array(int32()),
      }),
    }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** By topic. */
    results: structs({
      /** The topic. */
      topicName: string(),
      /** By partition. */
      partitions: structs({
        /** The partition. */
        partitionIndex: int32(),
        /** 0 when all is well. */
        errorCode: int16(),
      }),
    }),
  },
})

export type AlterReplicaLogDirsRequest = Decoded<typeof alterReplicaLogDirs.request>
export type AlterReplicaLogDirsRequestInput = Encodable<typeof alterReplicaLogDirs.request>
export type AlterReplicaLogDirsResponse = Decoded<typeof alterReplicaLogDirs.response>
export type AlterReplicaLogDirsResponseInput = Encodable<typeof alterReplicaLogDirs.response>
