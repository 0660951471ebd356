import { Reader } from '#core/bytes/reader.ts'
import { readMessage } from '#core/wire/codecs.ts'
import { wireErrors } from '#core/wire/errors.ts'
import { type Decoded, type Encodable, array, bytes, int32, string, structs } from '#core/wire/schema.ts'
import type { Fields, Message } from '#core/wire/schema.ts'
import { type StoredMessage, encodeStored, storedMessage, storedVersion } from '#core/wire/stored/stored.ts'

/**
 * What consumers tell each other through the group protocol `consumer`: members send subscriptions with JoinGroup, the
 * leader hands out assignments with SyncGroup. Each starts with a version of two bytes. A version newer than 3 is read
 * as 3, because later versions may only append.
 */

/** The version that is written: the newest, as Java's consumers do. */
const newest = 3

/** A member's wishes. Version 1 added ownedPartitions, 2 generationId, 3 rackId. */
export const consumerProtocolSubscription = storedMessage({
  name: 'ConsumerProtocolSubscription',
  versions: '0-3',
  flexible: 'none',
  fields: {
    /** Topics wanted. A client that subscribes by pattern sends the names that match now. */
    topics: array(string()),
    /** Belongs to the assignor: sticky keeps the former assignment here, streams its tasks. */
    userData: bytes({ nullable: '0+', default: null }),
    /** What a cooperative member still holds while it rejoins. */
    ownedPartitions: structs({
      topic: string(),
      partitions: array(int32()),
    }).with({ versions: '1+', ignorable: true }),
    /** The generation in which ownedPartitions were assigned; -1 when unknown. Older claims lose against newer ones. */
    generationId: int32({ versions: '2+', default: -1, ignorable: true }),
    /** The rack of the member (client.rack), for assignors that care. */
    rackId: string({ versions: '3+', nullable: '3+', default: null, ignorable: true }),
  },
})

/** What the leader gives to a member. All versions look alike; they exist to keep step with the subscription. */
export const consumerProtocolAssignment = storedMessage({
  name: 'ConsumerProtocolAssignment',
  versions: '0-3',
  flexible: 'none',
  fields: {
    /** The whole assignment, by topic; not a difference. */
    assignedPartitions: structs({
      topic: string(),
      partitions: array(int32()),
    }),
    /** Belongs to the assignor. */
    userData: bytes({ nullable: '0+', default: null }),
  },
})

export type ConsumerProtocolSubscription = Decoded<typeof consumerProtocolSubscription>
export type ConsumerProtocolSubscriptionInput = Encodable<typeof consumerProtocolSubscription>
export type ConsumerProtocolAssignment = Decoded<typeof consumerProtocolAssignment>
export type ConsumerProtocolAssignmentInput = Encodable<typeof consumerProtocolAssignment>

/** The bytes of a subscription, for JoinGroup's protocol metadata. */
export function encodeSubscription(subscription: ConsumerProtocolSubscriptionInput, version = newest): Buffer {
  return encodeStored(consumerProtocolSubscription, version, subscription)
}

/** Reads a subscription. Throws MALFORMED_MESSAGE. */
export function decodeSubscription(bytes: Buffer): ConsumerProtocolSubscription {
  return decodeAnyVersion(consumerProtocolSubscription, bytes)
}

/** The bytes of an assignment, for SyncGroup. */
export function encodeAssignment(assignment: ConsumerProtocolAssignmentInput, version = newest): Buffer {
  return encodeStored(consumerProtocolAssignment, version, assignment)
}

/** Reads an assignment; no bytes at all, which a member gets that the leader forgot, mean nothing assigned. */
export function decodeAssignment(bytes: Buffer): ConsumerProtocolAssignment {
  if (bytes.length === 0) return { assignedPartitions: [], userData: null }
  return decodeAnyVersion(consumerProtocolAssignment, bytes)
}

function decodeAnyVersion<F extends Fields>(message: StoredMessage<F>, bytes: Buffer): Decoded<Message<F>> {
  const version = storedVersion(message, bytes)
  if (version < 0) {
    throw wireErrors.MALFORMED_MESSAGE({
      message: message.name,
      version,
      field: 'version',
      problem: 'no version is negative',
    })
  }
  return readMessage(message, Math.min(version, newest), new Reader(bytes, 2))
}
