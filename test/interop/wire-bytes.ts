/**
 * Every version of every declared message, once with every field at a value that is not its default and once with as many
 * nulls and defaults as it takes: our bytes are the bytes that Apache Kafka's own generated classes write.
 */
import { Writer } from '#core/bytes/writer.ts'
import { codecOf } from '#core/wire/codecs.ts'
import { errorCodes } from '#core/wire/errors.ts'
import type { Message } from '#core/wire/schema.ts'
import type { Check } from '../support/check.ts'
import { javaBytes, runJava } from '../support/java-messages.ts'
import { type Struct, allVersions, barestStruct, sampleStruct } from '../support/wire-messages.ts'

function sameBytes(what: string, valueOf: typeof sampleStruct): Check {
  return {
    name: `${allVersions.length} versions of messages have the bytes that Java writes: ${what}`,
    async run() {
      const cases = allVersions.map(({ message, version, flexible }) => ({
        message,
        version,
        value: valueOf(message.fields, version, flexible),
      }))
      const theirs = javaBytes(cases)
      const found = cases.flatMap(({ message, version, value }, index) => {
        const ours = ourBytes(message, version, value)
        return ours === theirs[index] ? [] : [`${message.name} v${version}: ${ours}; theirs ${theirs[index]}`]
      })
      if (found.length > 0) throw new Error(`${found.length} differences\n  ${found.slice(0, 20).join('\n  ')}`)
    },
  }
}

function ourBytes(message: Message, version: number, value: Struct): string {
  const writer = new Writer()
  codecOf(message, version).write(writer, value)
  return Buffer.concat(writer.finish()).toString('hex')
}

export const checks: readonly Check[] = [
  sameBytes('every field set', sampleStruct),
  sameBytes('nulls and defaults', barestStruct),
  {
    name: 'error codes, and which of them are worth another try',
    async run() {
      const ours = Object.entries(errorCodes).map(([name, { code, retriable }]) => `${code} ${name} ${retriable}`)
      const theirs = runJava('ErrorCodes.java')
      const found = [
        ...ours.filter((line) => !theirs.includes(line)).map((line) => `only here: ${line}`),
        ...theirs.filter((line) => !ours.includes(line)).map((line) => `only there: ${line}`),
      ]
      if (found.length > 0) throw new Error(found.join('\n  '))
    },
  },
]
