import { type Decoded, int16, int32, int64, string, struct, structs, uint16, uuid } from '#core/wire/schema.ts'
import { storedMessage } from '#core/wire/stored/stored.ts'

/** First record of a leader in the metadata log (control type 2): its epoch is committed when this is. */
export const leaderChange = storedMessage({
  name: 'LeaderChangeMessage',
  versions: '0-1',
  flexible: '0+',
  versionIn: 'first-field',
  fields: {
    /** The version in which the record is written: 0, because Java reads no other. */
    version: int16({ default: 0 }),
    /** Who was elected. */
    leaderId: int32(),
    /** Who may vote in this epoch. */
    voters: structs({
      /** The node. */
      voterId: int32(),
      /** Its directory. */
      voterDirectoryId: uuid({ versions: '1+' }),
    }),
    /** Who voted for the leader. */
    grantingVoters: structs({
      /** The node. */
      voterId: int32(),
      /** Its directory. */
      voterDirectoryId: uuid({ versions: '1+' }),
    }),
  },
})

/** First record of a snapshot (control type 3). */
export const snapshotHeaderRecord = storedMessage({
  name: 'SnapshotHeaderRecord',
  versions: '0',
  flexible: '0+',
  versionIn: 'first-field',
  fields: {
    /** The version in which the record is written. */
    version: int16({ default: 0 }),
    /** Append time of the last record that the snapshot stands for, ms. */
    lastContainedLogTimestamp: int64(),
  },
})

/** Last record of a snapshot (control type 4): without it the snapshot is incomplete. */
export const snapshotFooterRecord = storedMessage({
  name: 'SnapshotFooterRecord',
  versions: '0',
  flexible: '0+',
  versionIn: 'first-field',
  fields: {
    /** The version in which the record is written. */
    version: int16({ default: 0 }),
  },
})

/** The version of the quorum's own rules (control type 5), in the log and in snapshots. */
export const kraftVersionRecord = storedMessage({
  name: 'KRaftVersionRecord',
  versions: '0',
  flexible: '0+',
  versionIn: 'first-field',
  fields: {
    /** The version in which the record is written. */
    version: int16({ default: 0 }),
    /** 0: voters come from the configuration; 1: from the log, and may change. */
    kRaftVersion: int16(),
  },
})

/** Who votes (control type 6), under kraft.version 1. */
export const votersRecord = storedMessage({
  name: 'VotersRecord',
  versions: '0',
  flexible: '0+',
  versionIn: 'first-field',
  fields: {
    /** The version in which the record is written. */
    version: int16({ default: 0 }),
    /** All voters, not a change. */
    voters: structs({
      /** The node. */
      voterId: int32(),
      /** Its directory; a node with an empty disk is another voter. */
      voterDirectoryId: uuid(),
      /** Where the other voters reach it. */
      endpoints: structs({
        /** Name of the listener. */
        name: string(),
        /** As advertised. */
        host: string(),
        /** As advertised. */
        port: uint16(),
      }),
      /** What it could run, which bounds what the quorum may finalise. */
      kRaftVersionFeature: struct({
        /** Lowest kraft.version. */
        minSupportedVersion: int16(),
        /** Highest kraft.version. */
        maxSupportedVersion: int16(),
      }),
    }),
  },
})

/** Value of the marker that ends a transaction in a partition (control types 0, abort, and 1, commit). */
export const endTxnMarker = storedMessage({
  name: 'EndTxnMarker',
  versions: '0',
  flexible: 'none',
  fields: {
    /** Leader epoch of the transaction coordinator; a marker from an older one is refused. */
    coordinatorEpoch: int32(),
  },
})

export type LeaderChange = Decoded<typeof leaderChange>
export type VotersRecord = Decoded<typeof votersRecord>
