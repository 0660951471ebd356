import { type Decoded, type Encodable, api, array, int16, int32, int8, string, structs } from '#core/wire/schema.ts'

/**
 * FindCoordinator: which broker coordinates a group or a transactional id: the leader of the partition of the internal
 * topic that the id hashes to. Creates that topic when it is not there.
 *
 * 1: keyType, errorMessage · 3: flexible · 4: several keys at once, and the fields for one key are gone · 5:
 * TRANSACTION_ABORTABLE · 6: share groups.
 */
export const findCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  versions: '0-6',
  flexible: '3+',
  request: {
    /** The group or transactional id, up to version 3. */
    key: string({ versions: '0-3' }),
    /** 0: group; 1: transactional id; 2: share group partition, whose key is "group:topicId:partition". */
    keyType: int8({ versions: '1+', default: 0 }),
    /** The ids, from version 4 on. */
    coordinatorKeys: array(string(), { versions: '4+' }),
  },
  response: {
    /** How long a quota asks the client to pause. */
    throttleTimeMs: int32({ versions: '1+', default: 0, ignorable: true }),
    /** COORDINATOR_NOT_AVAILABLE while the internal topic has no leader: clients ask again. */
    errorCode: int16({ versions: '0-3' }),
    /** Null when there is nothing to say. */
    errorMessage: string({ versions: '1-3', nullable: '1-3', ignorable: true }),
    /** The coordinator, up to version 3; -1 on error. */
    nodeId: int32({ versions: '0-3' }),
    /** As advertised on the listener that the request came through; empty on error. */
    host: string({ versions: '0-3' }),
    /** As advertised; -1 on error. */
    port: int32({ versions: '0-3' }),
    /** From version 4 on, a row for each key. */
    coordinators: structs({
      /** As in the request. */
      key: string(),
      /** The coordinator; -1 on error. */
      nodeId: int32(),
      /** As advertised; empty on error. */
      host: string(),
      /** As advertised; -1 on error. */
      port: int32(),
      /** Of this key. */
      errorCode: int16(),
      /** Null when there is nothing to say. */
      errorMessage: string({ nullable: '0+' }),
    }).with({ versions: '4+' }),
  },
})

export type FindCoordinatorRequest = Decoded<typeof findCoordinator.request>
export type FindCoordinatorRequestInput = Encodable<typeof findCoordinator.request>
export type FindCoordinatorResponse = Decoded<typeof findCoordinator.response>
export type FindCoordinatorResponseInput = Encodable<typeof findCoordinator.response>
