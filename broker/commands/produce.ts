import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

import type { OutgoingRecord, ProducerOptions } from '#core/client/client.ts'

import { commandErrors } from './errors.ts'
import { writeJson } from './output.ts'
import { progressLine } from './progress.ts'
import type { Session } from './session.ts'

/** How lines become records. */
export interface ProduceOptions {
  readonly topic: string
  /** A file instead of stdin. */
  readonly file?: string
  /** What stands between key and value; without it lines are values and there are no keys. */
  readonly keySeparator?: string
  /** Headers that every record gets. */
  readonly headers: Readonly<Record<string, string>>
  readonly partition?: number
  /** Lines are JSON: { key, value, headers, partition, timestamp }, as `consume --json` prints them. */
  readonly jsonLines?: boolean
  readonly producer: ProducerOptions
}

/** `millrace produce`: a record for each line, from stdin or a file. Ends when the input ends and all is acknowledged. */
export async function produce({ client, output }: Session, options: ProduceOptions): Promise<void> {
  const input = options.file === undefined ? process.stdin : createReadStream(options.file)
  const producer = client.producer(options.producer)
  const progress = progressLine('sent')
  let line = 0
  let acknowledged = 0
  let failed = 0
  let firstFailure: Error | undefined
  const delivered = (error: Error | null): void => {
    if (error === null) progress.show(++acknowledged)
    else {
      failed++
      firstFailure ??= error
    }
  }
  try {
    for await (const text of createInterface({ input, crlfDelay: Infinity })) {
      line++
      producer.append(recordOf(text, line, options), delivered)
      if (!producer.writable) await producer.ready()
      if (firstFailure !== undefined) break
    }
  } catch (error) {
    await producer.flush().catch(() => undefined)
    if ((error as NodeJS.ErrnoException).code === undefined || options.file === undefined) throw error
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
    throw commandErrors.FILE_UNREADABLE({ file: options.file, problem: (error as Error).message }, error)
  } finally {
    // Failures of single records have reached `delivered`.
    await producer.flush().catch((error: Error) => (firstFailure ??= error))
    progress.end()
  }
  if (firstFailure !== undefined) {
    throw commandErrors.RECORDS_REFUSED(
      { failed: Math.max(failed, 1), sent: line, problem: firstFailure.message },
      firstFailure,
    )
  }
  if (output.json) return writeJson(output, { topic: options.topic, records: acknowledged })
  output.remark(`${acknowledged} records sent to ${options.topic}`)
}

function recordOf(text: string, line: number, options: ProduceOptions): OutgoingRecord {
  const headers = Object.entries(options.headers).map(([key, value]) => ({ key, value: Buffer.from(value) }))
  const shared = { topic: options.topic, ...(options.partition !== undefined && { partition: options.partition }) }
  if (options.jsonLines === true) return jsonRecord(text, line, { ...shared, headers })
  const { keySeparator } = options
  if (keySeparator === undefined) return { ...shared, key: null, value: Buffer.from(text), headers }
  const at = text.indexOf(keySeparator)
  if (at < 0) throw commandErrors.LINE_INVALID({ line, problem: `there is no "${keySeparator}" between key and value` })
  const value = Buffer.from(text.slice(at + keySeparator.length))
  return { ...shared, key: Buffer.from(text.slice(0, at)), value, headers }
}

type Shared = Pick<OutgoingRecord, 'topic' | 'partition'> & { headers: { key: string; value: Buffer | null }[] }

function jsonRecord(text: string, line: number, shared: Shared): OutgoingRecord {
  let given: Record<string, unknown>
  try {
    given = JSON.parse(text) as Record<string, unknown>
  } catch (cause) {
    throw commandErrors.LINE_INVALID({ line, problem: `it is not JSON: ${(cause as Error).message}` }, cause)
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw commandErrors.LINE_INVALID({ line, problem: 'it is not a JSON object' })
  }
  const { partition, timestamp } = given
  for (const [name, value] of Object.entries({ partition, timestamp })) {
    if (value !== undefined && !Number.isSafeInteger(value)) {
      throw commandErrors.LINE_INVALID({ line, problem: `${name} ${JSON.stringify(value)} is not a whole number` })
    }
  }
  const headers = Object.entries((given['headers'] ?? {}) as Record<string, unknown>)
  return {
    ...shared,
    ...(partition !== undefined && { partition: partition as number }),
    ...(timestamp !== undefined && { timestamp: timestamp as number }),
    key: bytesOf(given['key']),
    value: bytesOf(given['value']),
    headers: [...shared.headers, ...headers.map(([key, value]) => ({ key, value: bytesOf(value) }))],
  }
}

/** Text as it is, null as null, anything else as JSON. */
function bytesOf(value: unknown): Buffer | null {
  if (value === undefined || value === null) return null
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}
