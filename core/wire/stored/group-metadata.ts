import { type Decoded, type Encodable, bytes, int32, int64, string, structs } from '#core/wire/schema.ts'
import { storedMessage } from '#core/wire/stored/stored.ts'

/** Key of a classic group in `__consumer_offsets`. The two bytes in front tell the type of record: 2 for this one. */
export const groupMetadataKey = storedMessage({
  name: 'GroupMetadataKey',
  versions: '2',
  flexible: 'none',
  fields: {
    /** The group. */
    group: string(),
  },
})

/**
 * A classic group as it is kept. Written in version 3: from 4 on (flexible) older coordinators cannot read it.
 *
 * 1: rebalanceTimeout · 2: currentStateTimestamp · 3: groupInstanceId · 4: flexible.
 */
export const groupMetadataValue = storedMessage({
  name: 'GroupMetadataValue',
  versions: '0-4',
  flexible: '4+',
  fields: {
    /** The kind of group; empty for a group that only keeps offsets. */
    protocolType: string(),
    /** The generation that became stable, or the one that emptied the group. */
    generation: int32(),
    /** The protocol chosen; null without members. */
    protocol: string({ nullable: '0+' }),
    /** The member who assigns; null without members. */
    leader: string({ nullable: '0+' }),
    /** When the group came into its state, ms; offsets of an empty group expire from there. -1 when unknown. */
    currentStateTimestamp: int64({ versions: '2+', default: -1, ignorable: true }),
    /** The members; none for an empty group. */
    members: structs({
      /** The member. */
      memberId: string(),
      /** Null for members that are not static. */
      groupInstanceId: string({ versions: '3+', nullable: '3+', default: null, ignorable: true }),
      /** As it named itself when it joined. */
      clientId: string(),
      /** Its address, with a slash in front, as Java prints one. */
      clientHost: string(),
      /** In ms; -1 from version 0, where the session timeout serves. */
      rebalanceTimeout: int32({ versions: '1+', default: -1, ignorable: true }),
      /** In ms. */
      sessionTimeout: int32(),
      /** What it said for the chosen protocol. */
      subscription: bytes(),
      /** Its part. */
      assignment: bytes(),
    }),
  },
})

export type GroupMetadataValue = Decoded<typeof groupMetadataValue>
export type GroupMetadataValueInput = Encodable<typeof groupMetadataValue>
