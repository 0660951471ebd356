import { type Decoded, type Encodable, int32, int64, string, uuid } from '#core/wire/schema.ts'
import { storedMessage } from '#core/wire/stored/stored.ts'

export const offsetCommitKey = storedMessage({
  name: 'OffsetCommitKey',
  versions: '0-1',
  flexible: 'none',
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
})

export const offsetCommitValue = storedMessage({
  name: 'OffsetCommitValue',
  versions: '0-4',
  flexible: '4+',
  fields: {
    offset: int64(),
    leaderEpoch: int32({ versions: '3+', default: -1, ignorable: true }),
    metadata: string(),
    commitTimestamp: int64(),
    expireTimestamp: int64({ versions: '1', default: -1, ignorable: true }),
    topicId: uuid({ versions: '4+', tag: 0, ignorable: true }),
  },
})

export type OffsetCommitValue = Decoded<typeof offsetCommitValue>
export type OffsetCommitValueInput = Encodable<typeof offsetCommitValue>
