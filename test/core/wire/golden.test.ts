import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

import { Reader } from '#core/bytes/reader.ts'
import { Writer } from '#core/bytes/writer.ts'
import { fetch } from '#core/wire/api/01-fetch.ts'
import { apiVersions } from '#core/wire/api/18-api-versions.ts'
import { codecOf } from '#core/wire/codecs.ts'
import { decodeResponse, encodeRequest, encodeResponse, readRequestHeader } from '#core/wire/frame.ts'
import { javaJson } from '../../support/java-messages.ts'
import { goldenCases, goldenFile, goldenHeaders } from '../../support/wire-golden.ts'

const golden = new Map<string, string>(
  readFileSync(goldenFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [name, version, bytes, ...json] = line.split(' ')
      return [`${name} ${version} ${json.join(' ')}`, bytes!]
    }),
)

const cases = goldenCases().map((each) => {
  const title = `${each.message.name} v${each.version} ${javaJson(each.message.fields, each.value)}`
  return { ...each, title, bytes: golden.get(title) }
})

const writtenByJava = (name: string): string => cases.find(({ title }) => title.startsWith(name))!.bytes!

const sized = (hex: string): string => (hex.length / 2).toString(16).padStart(8, '0') + hex

describe('bytes that Java wrote', () => {
  it.each(cases.filter(({ message }) => !message.name.endsWith('Header')))(
    '$title',
    ({ message, version, value, bytes }) => {
      const writer = new Writer()
      codecOf(message, version).write(writer, value)
      expect(Buffer.concat(writer.finish()).toString('hex')).toBe(bytes)

      const reader = new Reader(Buffer.from(bytes!, 'hex'))
      const decoded = codecOf(message, version).read(reader)
      expect(reader.remaining).toBe(0)
      expect(decoded).toMatchObject(value)
    },
  )
})

describe('frames', () => {
  const { correlationId, clientId } = goldenHeaders

  it.each([
    [goldenHeaders.plainVersion, 'RequestHeader v1', 'ResponseHeader v0'],
    [goldenHeaders.flexibleVersion, 'RequestHeader v2', 'ResponseHeader v1'],
  ])('of Fetch v%i have the headers that Java writes', (version, requestHeader, responseHeader) => {
    const request = cases.find(({ title }) => title.startsWith(`FetchRequest v${version}`))!
    const frame = Buffer.concat(encodeRequest(fetch, version, correlationId, clientId, request.value as never))
    expect(frame.toString('hex')).toBe(sized(writtenByJava(requestHeader) + request.bytes))
    expect(readRequestHeader(frame.subarray(4))).toEqual({
      apiKey: 1,
      apiVersion: version,
      correlationId,
      clientId,
      bodyStart: writtenByJava(requestHeader).length / 2,
    })

    const response = cases.find(({ title }) => title.startsWith(`FetchResponse v${version}`))!
    const answer = Buffer.concat(encodeResponse(fetch, version, correlationId, response.value as never))
    expect(answer.toString('hex')).toBe(sized(writtenByJava(responseHeader) + response.bytes))
    const decoded = decodeResponse(fetch, version, answer.subarray(4))
    expect(decoded.correlationId).toBe(correlationId)
    expect(decoded.body).toMatchObject(response.value)
  })

  it('of ApiVersions have the plain response header in every version', () => {
    const response = cases.find(({ title }) => title.startsWith('ApiVersionsResponse v4'))!
    const answer = Buffer.concat(encodeResponse(apiVersions, 4, correlationId, response.value as never))
    expect(answer.toString('hex')).toBe(sized(writtenByJava('ResponseHeader v0') + response.bytes))
  })
})
