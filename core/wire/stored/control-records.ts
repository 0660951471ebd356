import { type Decoded, int16, int32, int64, string, struct, structs, uint16, uuid } from '#core/wire/schema.ts'
import { storedMessage } from '#core/wire/stored/stored.ts'

export const leaderChange = storedMessage({
  name: 'LeaderChangeMessage',
  versions: '0-1',
  flexible: '0+',
  versionIn: 'first-field',
  fields: {
    version: int16({ default: 0 }),
    leaderId: int32(),
    voters: structs({
      voterId: int32(),
      voterDirectoryId: uuid({ versions: '1+' }),
    }),
    grantingVoters: structs({
      voterId: int32(),
      voterDirectoryId: uuid({ versions: '1+' }),
    }),
  },
})

export const snapshotHeaderRecord = storedMessage({
  name: 'SnapshotHeaderRecord',
  versions: '0',
  flexible: '0+',
  versionIn: 'first-field',
  fields: {
    version: int16({ default: 0 }),
    lastContainedLogTimestamp: int64(),
  },
})

export const snapshotFooterRecord = storedMessage({
  name: 'SnapshotFooterRecord',
  versions: '0',
  flexible: '0+',
  versionIn: 'first-field',
  fields: {
    version: int16({ default: 0 }),
  },
})

export const kraftVersionRecord = storedMessage({
  name: 'KRaftVersionRecord',
  versions: '0',
  flexible: '0+',
  versionIn: 'first-field',
  fields: {
    version: int16({ default: 0 }),
    kRaftVersion: int16(),
  },
})

export const votersRecord = storedMessage({
  name: 'VotersRecord',
  versions: '0',
  flexible: '0+',
  versionIn: 'first-field',
  fields: {
    version: int16({ default: 0 }),
    voters: structs({
      voterId: int32(),
      voterDirectoryId: uuid(),
      endpoints: structs({
        name: string(),
        host: string(),
        port: uint16(),
      }),
      kRaftVersionFeature: struct({
        minSupportedVersion: int16(),
        maxSupportedVersion: int16(),
      }),
    }),
  },
})

export const endTxnMarker = storedMessage({
  name: 'EndTxnMarker',
  versions: '0',
  flexible: 'none',
  fields: {
    coordinatorEpoch: int32(),
  },
})

export type LeaderChange = Decoded<typeof leaderChange>
export type VotersRecord = Decoded<typeof votersRecord>
