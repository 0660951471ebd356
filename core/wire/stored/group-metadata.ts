import { type Decoded, type Encodable, bytes, int32, int64, string, structs } from '#core/wire/schema.ts'
import { storedMessage } from '#core/wire/stored/stored.ts'

export const groupMetadataKey = storedMessage({
  name: 'GroupMetadataKey',
  versions: '2',
  flexible: 'none',
  fields: {
    group: string(),
  },
})

export const groupMetadataValue = storedMessage({
  name: 'GroupMetadataValue',
  versions: '0-4',
  flexible: '4+',
  fields: {
    protocolType: string(),
    generation: int32(),
    protocol: string({ nullable: '0+' }),
    leader: string({ nullable: '0+' }),
    currentStateTimestamp: int64({ versions: '2+', default: -1, ignorable: true }),
    members: structs({
      memberId: string(),
      groupInstanceId: string({ versions: '3+', nullable: '3+', default: null, ignorable: true }),
      clientId: string(),
      clientHost: string(),
      rebalanceTimeout: int32({ versions: '1+', default: -1, ignorable: true }),
      sessionTimeout: int32(),
      subscription: bytes(),
      assignment: bytes(),
    }),
  },
})

export type GroupMetadataValue = Decoded<typeof groupMetadataValue>
export type GroupMetadataValueInput = Encodable<typeof groupMetadataValue>
