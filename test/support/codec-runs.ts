import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { join } from 'node:path'

import fc from 'fast-check'

import { Reader } from '#core/bytes/reader.ts'
import { Writer } from '#core/bytes/writer.ts'
import { codecOf } from '#core/wire/codecs.ts'
import { javaClass, javaPrograms } from './java-messages.ts'
import { kafkaLibs } from './kafka-definitions.ts'
import { allVersions, anyStruct } from './wire-messages.ts'

/** What came of random messages that went from us to Java and back. */
export interface CodecFigures {
  /** Versions of messages, requests and responses and stored formats counted apart. */
  readonly versions: number
  readonly messages: number
  readonly bytes: number
  /** Messages whose bytes were not the same when Java, or we, had read and written them again. */
  readonly differences: readonly string[]
}

/** The bytes of `count` random messages of one version; throws when we do not write again what we read. */
function* randomMessages(each: (typeof allVersions)[number], count: number, seed: number): Iterable<Buffer> {
  const codec = codecOf(each.message, each.version)
  const written = (value: unknown): Buffer => {
    const writer = new Writer()
    codec.write(writer, value as never)
    return Buffer.concat(writer.finish())
  }
  for (const value of fc.sample(anyStruct(each.message.fields, each.version, each.flexible), {
    numRuns: count,
    seed,
  })) {
    const bytes = written(value)
    if (!written(codec.read(new Reader(bytes))).equals(bytes))
      throw new Error(`${each.title}: ${bytes.toString('hex')}`)
    yield bytes
  }
}

/** Sends `perVersion` random messages of every version through Apache Kafka's own classes; one JVM reads them all. */
export async function codecRuns(
  perVersion: number,
  seed: number,
  onProgress: (done: number, all: number) => void,
): Promise<CodecFigures> {
  const java = spawn('java', ['-cp', join(kafkaLibs(), '*'), join(javaPrograms, 'RoundTrips.java')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const differences: string[] = []
  let counted = ''
  const lines = createInterface({ input: java.stdout }).on('line', (line) => {
    if (line.includes(' ')) differences.push(line)
    else counted = line
  })
  const ended = once(lines, 'close')
  let messages = 0
  let bytes = 0
  for (const [index, each] of allVersions.entries()) {
    // The version before a key is its record type; Kafka's classes for keys know only a version 0.
    const theirs = each.message.name.endsWith('Key') ? 0 : each.version
    let text = ''
    for (const message of randomMessages(each, perVersion, seed + index)) {
      text += `${javaClass(each.message.name)} ${theirs} ${message.toString('hex')}\n`
      messages++
      bytes += message.length
    }
    if (!java.stdin.write(text)) await once(java.stdin, 'drain')
    if (index % 100 === 99) onProgress(index + 1, allVersions.length)
  }
  java.stdin.end()
  await ended
  if (Number(counted) !== messages) throw new Error(`Java read ${counted} of ${messages} messages`)
  return { versions: allVersions.length, messages, bytes, differences }
}
