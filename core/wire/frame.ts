import { Reader } from '#core/bytes/reader.ts'
import { Writer } from '#core/bytes/writer.ts'
import { apiOf } from '#core/wire/api/index.ts'
import { readMessage, writeMessage } from '#core/wire/codecs.ts'
import { wireErrors } from '#core/wire/errors.ts'
import type { Api, Decoded, Encodable, Fields } from '#core/wire/schema.ts'
import { isWithin } from '#core/wire/versions.ts'

/**
 * Frames: size (int32), header, body.
 *
 *     request   apiKey int16 · apiVersion int16 · correlationId int32 · clientId string · [tags] · body
 *     response  correlationId int32 · [tags] · body
 *
 * The tags are there when the body is flexible. Two exceptions: the clientId has a two-byte length even then, and the
 * response of ApiVersions never has tags, because its reader does not know yet what the other side speaks.
 */

// Shared by all frames: encoding never yields, and what was finished is never touched again.
const writer = new Writer()

/** What stands before a request's body. `bodyStart` is the body's position in the frame. */
export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  readonly bodyStart: number
}

/** A request as chunks to be sent, with the size in front; large records are chunks of their own. */
export function encodeRequest<Q extends Fields, R extends Fields>(
  api: Api<Q, R>,
  version: number,
  correlationId: number,
  clientId: string | null,
  body: Encodable<Api<Q, R>['request']>,
): Buffer[] {
  return writer.frame((w) => {
    w.int16(api.key)
    w.int16(version)
    w.int32(correlationId)
    w.nullableString(clientId)
    if (isWithin(api.flexible, version)) w.uvarint(0)
    writeMessage(api.request, version, w, body)
  })
}

/**
 * Reads the header of a request's frame (without the size). It is read for versions that are too new as well, so that
 * ApiVersions can be answered, and for unknown keys, whose header is taken to have no tags. Throws MALFORMED_MESSAGE.
 */
export function readRequestHeader(frame: Buffer): RequestHeader {
  const reader = new Reader(frame)
  try {
    const apiKey = reader.int16()
    const apiVersion = reader.int16()
    const correlationId = reader.int32()
    const clientId = reader.nullableString()
    const api = apiOf(apiKey)
    if (api !== undefined && isWithin(api.flexible, apiVersion)) skipTags(reader)
    return { apiKey, apiVersion, correlationId, clientId, bodyStart: reader.position }
  } catch (error) {
    throw malformedHeader('RequestHeader', reader, error)
  }
}

/** Reads a request's body. Throws MALFORMED_MESSAGE and UNSUPPORTED_MESSAGE_VERSION. */
export function decodeRequest<Q extends Fields, R extends Fields>(
  api: Api<Q, R>,
  version: number,
  frame: Buffer,
  bodyStart: number,
): Decoded<Api<Q, R>['request']> {
  return readMessage(api.request, version, new Reader(frame, bodyStart))
}

/** A response as chunks to be sent, with the size in front; large records are chunks of their own. */
export function encodeResponse<Q extends Fields, R extends Fields>(
  api: Api<Q, R>,
  version: number,
  correlationId: number,
  body: Encodable<Api<Q, R>['response']>,
): Buffer[] {
  return writer.frame((w) => {
    w.int32(correlationId)
    if (hasResponseTags(api, version)) w.uvarint(0)
    writeMessage(api.response, version, w, body)
  })
}

/** Reads the frame of a response (without the size). Throws MALFORMED_MESSAGE and UNSUPPORTED_MESSAGE_VERSION. */
export function decodeResponse<Q extends Fields, R extends Fields>(
  api: Api<Q, R>,
  version: number,
  frame: Buffer,
): { readonly correlationId: number; readonly body: Decoded<Api<Q, R>['response']> } {
  const reader = new Reader(frame)
  let correlationId: number
  try {
    correlationId = reader.int32()
    if (hasResponseTags(api, version)) skipTags(reader)
  } catch (error) {
    throw malformedHeader('ResponseHeader', reader, error)
  }
  return { correlationId, body: readMessage(api.response, version, reader) }
}

function hasResponseTags(api: Api, version: number): boolean {
  return !api.plainResponseHeader && isWithin(api.flexible, version)
}

function skipTags(reader: Reader): void {
  for (let count = reader.uvarint(); count > 0; count--) {
    reader.uvarint()
    reader.view(reader.uvarint())
  }
}

function malformedHeader(message: string, reader: Reader, error: unknown): Error {
  const problem = error instanceof Error ? error.message : String(error)
  return wireErrors.MALFORMED_MESSAGE({ message, version: 0, field: `byte ${reader.position}`, problem }, error)
}
