import { BatchBuilder } from '#core/records/batch-builder.ts'
import type { Encodable } from '#core/wire/schema.ts'
import {
  kraftVersionRecord,
  leaderChange,
  snapshotFooterRecord,
  snapshotHeaderRecord,
  votersRecord,
} from '#core/wire/stored/control-records.ts'
import { encodeStored } from '#core/wire/stored/stored.ts'

/** Kafka's numbers for the control records of the metadata log; the key of each is a version and this number. */
export const controlTypes = {
  leaderChange: 2,
  snapshotHeader: 3,
  snapshotFooter: 4,
  kraftVersion: 5,
  voters: 6,
} as const

const formats = {
  2: leaderChange,
  3: snapshotHeaderRecord,
  4: snapshotFooterRecord,
  5: kraftVersionRecord,
  6: votersRecord,
} as const

type Formats = typeof formats

/** A control record: its type and what it says. */
export type ControlRecord = {
  [Type in keyof Formats]: { readonly type: Type; readonly value: Encodable<Formats[Type]> }
}[keyof Formats]

/** Who votes in the quorum: this node alone, with the address of its controller. */
export interface Voter {
  readonly nodeId: number
  readonly directoryId: string
  readonly endpoint: { readonly name: string; readonly host: string; readonly port: number }
}

/** Appends a control record, key and value, to the batch being built. */
export function appendControl(builder: BatchBuilder, now: number, record: ControlRecord): void {
  const key = Buffer.alloc(4)
  key.writeInt16BE(record.type, 2)
  builder.append(now, key, encodeStored(formats[record.type] as typeof leaderChange, 0, record.value as never))
}

/** The records that say which quorum protocol is spoken and who votes. */
export function quorumRecords(voter: Voter): ControlRecord[] {
  return [
    { type: controlTypes.kraftVersion, value: { version: 0, kRaftVersion: 1 } },
    {
      type: controlTypes.voters,
      value: {
        version: 0,
        voters: [
          {
            voterId: voter.nodeId,
            voterDirectoryId: voter.directoryId,
            endpoints: [voter.endpoint],
            kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
          },
        ],
      },
    },
  ]
}

/** What a new leader writes first in its epoch, as one batch. */
export function startOfEpoch(voter: Voter, epoch: number, now: number): Buffer {
  const builder = new BatchBuilder({ isControl: true, partitionLeaderEpoch: epoch })
  const itself = [{ voterId: voter.nodeId }]
  const value = { version: 0, leaderId: voter.nodeId, voters: itself, grantingVoters: itself }
  appendControl(builder, now, { type: controlTypes.leaderChange, value })
  for (const record of quorumRecords(voter)) appendControl(builder, now, record)
  return builder.build()
}
