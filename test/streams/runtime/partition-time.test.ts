import { describe, expect, it } from 'vitest'
import { decodePartitionTime, encodePartitionTime } from '../../../streams/runtime/partition-time.ts'

describe('partition time in the metadata of a commit', () => {
  it("is Kafka Streams' format: version 2, time, then processor times", () => {
    const text = encodePartitionTime({ partitionTime: 258, closed: new Map([['W', 7]]) })
    expect(Buffer.from(text, 'base64').toString('hex')).toBe(
      `02${'0000000000000102'}${'00000001'}${'00000001'}${'57'}${'0000000000000007'}`,
    )
    expect(decodePartitionTime(text)).toEqual({ partitionTime: 258, closed: new Map([['W', 7]]) })
  })

  it('reads the older version, and takes anything else as nothing known', () => {
    expect(decodePartitionTime(Buffer.from(`01${'0000000000000009'}`, 'hex').toString('base64')).partitionTime).toBe(9)
    for (const text of ['', 'not base64 of ours', Buffer.from('02000000', 'hex').toString('base64')]) {
      expect(decodePartitionTime(text)).toEqual({ partitionTime: -1, closed: new Map() })
    }
    const truncated = Buffer.from(`02${'0000000000000102'}${'00000001'}${'000000ff'}57`, 'hex').toString('base64')
    expect(decodePartitionTime(truncated).partitionTime).toBe(-1)
  })
})
