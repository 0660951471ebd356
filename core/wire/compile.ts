import type { Reader } from '#core/bytes/reader.ts'
import type { Writer } from '#core/bytes/writer.ts'
import { unknownTags } from '#core/wire/layout.ts'
import type { Message } from '#core/wire/schema.ts'
import { ReadSource } from '#core/wire/source/read-source.ts'
import type { Source } from '#core/wire/source/source.ts'
import { tools } from '#core/wire/source/tools.ts'
import { WriteSource } from '#core/wire/source/write-source.ts'
import { isWithin } from '#core/wire/versions.ts'

/**
 * Codecs as source text, per message, version and direction: what somebody would write by hand for that
 * version, with every lookup in the declaration done beforehand. Each agrees with the interpreter on all that the
 * interpreter accepts, and throws something on all that it refuses; saying what was wrong is left to the interpreter.
 */

export type Read = (reader: Reader) => object
export type Write = (writer: Writer, value: object) => void

/** False where code generation is forbidden (`node --disallow-code-generation-from-strings`). */
export const canCompile: boolean = (() => {
  try {
    return generate([], 'return true')() === true
  } catch (error) {
    if (error instanceof EvalError) return false
    throw error
  }
})()

/** Builds the reader of one version. Throws an EvalError where code generation is forbidden. */
export function compileRead(message: Message, version: number): Read {
  return build(new ReadSource(version, isWithin(message.flexible, version)), message) as Read
}

/** Builds the writer of one version. Throws an EvalError where code generation is forbidden. */
export function compileWrite(message: Message, version: number): Write {
  return build(new WriteSource(version, isWithin(message.flexible, version)), message) as Write
}

/** The text of both directions, for eyes. */
export function codecSource(message: Message, version: number): string {
  const flexible = isWithin(message.flexible, version)
  return [new ReadSource(version, flexible), new WriteSource(version, flexible)]
    .map((source) => source.message(message).text)
    .join('\n\n')
}

function build(source: Source, message: Message): unknown {
  const { text, main } = source.message(message)
  return generate(['t', 'K', 'U'], `${text}\nreturn ${main}`)(tools, source.structs, unknownTags)
}

function generate(parameters: readonly string[], body: string): (...given: unknown[]) => unknown {
  // The text comes from the declarations alone: no byte of a message ever gets into it.
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function(...parameters, `'use strict'\n${body}`) as (...given: unknown[]) => unknown
}
