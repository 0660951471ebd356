import { type Decoded, type Encodable, api, array, int16, int32, int8, string, structs } from '#core/wire/schema.ts'

/**
 * ElectLeaders: lets partitions elect their leaders anew.
 *
 * 1: the kind of election · 2: flexible.
 */
export const electLeaders = api({
  key: 43,
  name: 'ElectLeaders',
  versions: '0-2',
  flexible: '2+',
  request: {
    /** 0: the preferred replica; 1: any replica, even one that is not in sync. */
    electionType: int8({ versions: '1+' }),
    /** Null for all partitions. */
    topicPartitions: structs({
      /** The topic. */
      topic: string(),
      /** Its partitions. */
      partitions: array(int32()),
    }).with({ nullable: '0+' }),
    /** How long the controller may take. */
    timeoutMs: int32({ default: 60000 }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32(),
    /** Of the request as a whole. */
    errorCode: int16({ versions: '1+' }),
    /** By topic. */
    replicaElectionResults: structs({
      /** The topic. */
      topic: string(),
      /** By partition. */
      partitionResult: structs({
        /** The partition. */
        partitionId: int32(),
        /** ELECTION_NOT_NEEDED when the right one leads already. */
        errorCode: int16(),
        /** What went wrong, in words. */
        errorMessage: string({ nullable: '0+' }),
      }),
    }),
  },
})

export type ElectLeadersRequest = Decoded<typeof electLeaders.request>
export type ElectLeadersRequestInput = Encodable<typeof electLeaders.request>
export type ElectLeadersResponse = Decoded<typeof electLeaders.response>
export type ElectLeadersResponseInput = Encodable<typeof electLeaders.response>
