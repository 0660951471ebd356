import { describe, expect, it } from 'vitest'

import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '#core/wire/embedded/consumer-protocol.ts'
import { leaderChange } from '#core/wire/stored/control-records.ts'
import { groupMetadataKey, groupMetadataValue } from '#core/wire/stored/group-metadata.ts'
import { decodeMetadataRecord, encodeMetadataRecord } from '#core/wire/stored/metadata-frame.ts'
import { offsetCommitKey, offsetCommitValue } from '#core/wire/stored/offset-commit.ts'
import { decodeStored, encodeStored } from '#core/wire/stored/stored.ts'

describe('records of the offsets topic', () => {
  it('have their version, or the type of a key, in two bytes in front', () => {
    const key = encodeStored(offsetCommitKey, 1, { group: 'g', topic: 't', partition: 5 })
    expect(key.toString('hex')).toBe('0001' + '000167' + '000174' + '00000005')
    expect(decodeStored(offsetCommitKey, key)).toEqual({ group: 'g', topic: 't', partition: 5 })
    expect(encodeStored(groupMetadataKey, 2, { group: 'g' }).toString('hex')).toBe('0002' + '000167')
    expect(() => decodeStored(groupMetadataKey, key)).toThrow('GroupMetadataKey has no version 1, only 2 to 2')
  })

  it('forget what an older version has no place for, where that loses nothing', () => {
    const value = { offset: 7, leaderEpoch: 2, metadata: '', commitTimestamp: 9, expireTimestamp: -1 }
    const bytes = encodeStored(offsetCommitValue, 3, value)
    expect(bytes.toString('hex')).toBe('0003' + '0000000000000007' + '00000002' + '0000' + '0000000000000009')
    expect(decodeStored(offsetCommitValue, encodeStored(offsetCommitValue, 1, value)).leaderEpoch).toBe(-1)
  })

  it('are buffers of their own, which may be kept', () => {
    const member = {
      memberId: 'm',
      clientId: 'c',
      clientHost: '/127.0.0.1',
      sessionTimeout: 1,
      subscription: Buffer.from('s'),
      assignment: Buffer.alloc(5000, 1),
    }
    const value = { protocolType: 'consumer', generation: 1, protocol: 'range', leader: 'm', members: [member] }
    const first = encodeStored(groupMetadataValue, 3, value)
    const copy = Buffer.from(first)
    encodeStored(groupMetadataValue, 3, { ...value, generation: 2 })
    expect(first.equals(copy)).toBe(true)
    expect(decodeStored(groupMetadataValue, first).members[0]).toMatchObject({ ...member, groupInstanceId: null })
  })

  it.each(['', '00', '0003', '000300000000'])('that end too early (%s) are malformed', (hex) => {
    expect(() => decodeStored(offsetCommitValue, Buffer.from(hex, 'hex'))).toThrow('OffsetCommitValue')
  })
})

describe('control records', () => {
  it('have their version in the first field', () => {
    const value = { leaderId: 1, voters: [{ voterId: 1 }], grantingVoters: [{ voterId: 1 }] }
    const bytes = encodeStored(leaderChange, 0, value)
    expect(bytes.toString('hex')).toBe('0000' + '00000001' + '02' + '0000000100' + '02' + '0000000100' + '00')
    expect(decodeStored(leaderChange, bytes)).toMatchObject({ version: 0, leaderId: 1 })
  })
})

describe('records of the metadata log', () => {
  it('are framed by frame version, type and version', () => {
    const bytes = encodeMetadataRecord({ kind: 'featureLevel', version: 0, value: { name: 'f', featureLevel: 7 } })
    expect(bytes.toString('hex')).toBe('01' + '0c' + '00' + '0266' + '0007' + '00')
    expect(decodeMetadataRecord(bytes)).toEqual({
      kind: 'featureLevel',
      version: 0,
      value: { name: 'f', featureLevel: 7 },
    })
  })

  it('of types and versions that are not known keep their bytes', () => {
    expect(decodeMetadataRecord(Buffer.from('01' + 'c801' + '03' + 'abcd', 'hex'))).toEqual({
      kind: 'unknown',
      type: 200,
      version: 3,
      body: Buffer.from('abcd', 'hex'),
    })
    expect(decodeMetadataRecord(Buffer.from('010c09', 'hex'))).toMatchObject({ kind: 'unknown', type: 12, version: 9 })
  })

  it.each([
    ['020c00', 'frame version 2, expected 1'],
    ['01', '1 bytes wanted'],
    ['01140000ff', '1 bytes are left over'],
    ['010c00026600', 'featureLevel'],
  ])('%s is malformed', (hex, problem) => {
    expect(() => decodeMetadataRecord(Buffer.from(hex, 'hex'))).toThrow(problem)
  })
})

describe('the consumer protocol', () => {
  it('reads every version that is written', () => {
    const subscription = {
      topics: ['a', 'b'],
      userData: Buffer.from('u'),
      ownedPartitions: [{ topic: 'a', partitions: [1, 2] }],
      generationId: 4,
      rackId: 'r',
    }
    expect(decodeSubscription(encodeSubscription(subscription))).toEqual(subscription)
    expect(decodeSubscription(encodeSubscription(subscription, 0))).toEqual({
      topics: ['a', 'b'],
      userData: Buffer.from('u'),
      ownedPartitions: [],
      generationId: -1,
      rackId: null,
    })
  })

  it('reads later versions as the newest it knows', () => {
    const bytes = Buffer.concat([encodeSubscription({ topics: ['a'] }), Buffer.from('from the future')])
    bytes.writeInt16BE(9)
    expect(decodeSubscription(bytes).topics).toEqual(['a'])
    bytes.writeInt16BE(-1)
    expect(() => decodeSubscription(bytes)).toThrow('no version is negative')
  })

  it('takes no bytes for nothing assigned', () => {
    expect(decodeAssignment(Buffer.alloc(0))).toEqual({ assignedPartitions: [], userData: null })
    const assignment = { assignedPartitions: [{ topic: 't', partitions: [0] }], userData: null }
    expect(decodeAssignment(encodeAssignment(assignment))).toEqual(assignment)
  })
})
