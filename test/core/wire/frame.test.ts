import { describe, expect, it } from 'vitest'

import { produce } from '#core/wire/api/00-produce.ts'
import { metadata } from '#core/wire/api/03-metadata.ts'
import { apiVersions } from '#core/wire/api/18-api-versions.ts'
import { apis } from '#core/wire/api/index.ts'
import { ProtocolError, errorCodes, errorName, protocolError } from '#core/wire/errors.ts'
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse, readRequestHeader } from '#core/wire/frame.ts'

const whole = (chunks: readonly Buffer[]): Buffer => Buffer.concat(chunks).subarray(4)

describe('request frames', () => {
  it('carry records through untouched, as views on the frame', () => {
    const batches = [Buffer.alloc(2000, 1), Buffer.alloc(3000, 2)]
    const chunks = encodeRequest(produce, 9, 1, null, {
      acks: 1,
      timeoutMs: 100,
      topicData: [{ name: 'logs', partitionData: [{ index: 4, records: batches }] }],
    })
    for (const batch of batches) expect(chunks).toContain(batch)

    const frame = whole(chunks)
    const { bodyStart, clientId } = readRequestHeader(frame)
    expect(clientId).toBe(null)
    const { records } = decodeRequest(produce, 9, frame, bodyStart).topicData[0]!.partitionData[0]!
    expect(records).toEqual(Buffer.concat(batches))
    expect(records!.buffer).toBe(frame.buffer)
  })

  it('of an ApiVersions that is too new can still be told apart and answered in version 0', () => {
    const frame = Buffer.concat([
      Buffer.from('0012' + '0063' + '00000007' + '0002' + '6d65', 'hex'),
      // A tail with a tagged field from the future, then a body that nobody here can read.
      Buffer.from('01' + '05' + '02' + 'abcd' + 'ffffffff', 'hex'),
    ])
    expect(readRequestHeader(frame)).toEqual({
      apiKey: 18,
      apiVersion: 99,
      correlationId: 7,
      clientId: 'me',
      bodyStart: frame.length - 4,
    })
    expect(() => decodeRequest(apiVersions, 99, frame, 0)).toThrow('ApiVersionsRequest has no version 99, only 0 to 4')

    const answer = whole(
      encodeResponse(apiVersions, 0, 7, {
        errorCode: errorCodes.UNSUPPORTED_VERSION.code,
        apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
      }),
    )
    expect(answer.toString('hex')).toBe('00000007' + '0023' + '00000001' + '0012' + '0000' + '0004')
  })

  it('of an unknown API have a header all the same', () => {
    const frame = Buffer.from('7fff' + '0000' + '00000001' + 'ffff' + '00', 'hex')
    expect(readRequestHeader(frame)).toEqual({
      apiKey: 32767,
      apiVersion: 0,
      correlationId: 1,
      clientId: null,
      bodyStart: 10,
    })
  })

  it.each([
    '',
    '0003',
    '0003000c00000001',
    '0003000c00000001000561',
    '0003000c00000001000001ff',
    '0003000c00000001000001057f',
  ])('that end within the header (%s) are malformed', (hex) => {
    expect(() => readRequestHeader(Buffer.from(hex, 'hex'))).toThrow('RequestHeader')
  })
})

describe('response frames', () => {
  it('have a tail in the header of flexible versions, but for ApiVersions', () => {
    const bytesBeforeBody = (frame: Buffer, body: string): number => frame.toString('hex').indexOf(body) / 2
    const metadataBody = '00000000' + '01' + '00' + 'ffffffff' + '01' + '80000000' + '00'
    const plain = whole(encodeResponse(metadata, 8, 3, { brokers: [], topics: [] }))
    expect(plain.length).toBe(4 + 4 + 4 + 2 + 4 + 4 + 4)
    const flexible = whole(encodeResponse(metadata, 9, 3, { brokers: [], topics: [] }))
    expect(bytesBeforeBody(flexible, metadataBody)).toBe(5)
    const exception = whole(encodeResponse(apiVersions, 3, 3, { errorCode: 35, apiKeys: [] }))
    expect(bytesBeforeBody(exception, '0023' + '01' + '00000000' + '00')).toBe(4)
    for (const api of apis) expect(api.plainResponseHeader).toBe(api.name === 'ApiVersions')
  })

  it('shorter than their header are malformed', () => {
    expect(() => decodeResponse(metadata, 9, Buffer.alloc(4))).toThrow('ResponseHeader')
    expect(() => decodeResponse(metadata, 9, Buffer.alloc(2))).toThrow('ResponseHeader')
  })
})

describe('the registry', () => {
  it('has each key once, in ascending order', () => {
    const keys = apis.map(({ key }) => key)
    expect(keys).toEqual([...new Set(keys)].sort((a, b) => a - b))
  })
})

describe('error codes', () => {
  it('have one name each', () => {
    const codes = Object.values(errorCodes).map(({ code }) => code)
    expect(new Set(codes).size).toBe(codes.length)
    expect(errorName(3)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(errorName(30_000)).toBe('UNKNOWN_SERVER_ERROR')
  })

  it('become errors that know whether another try makes sense', () => {
    const error = protocolError(6)
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error).toMatchObject({ code: 'NOT_LEADER_OR_FOLLOWER', errorCode: 6, retriable: true })
    expect(new ProtocolError('INVALID_CONFIG', 'no such setting: colour').message).toBe('no such setting: colour')
  })
})
