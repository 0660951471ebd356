import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

import { Reader } from '#core/bytes/reader.ts'
import { Writer } from '#core/bytes/writer.ts'
import { isKnownError } from '#core/errors/table.ts'
import { interpretWrite } from '#core/wire/codec.ts'
import { codecOf, readMessage, writeMessage } from '#core/wire/codecs.ts'
import { compileRead, compileWrite } from '#core/wire/compile.ts'
import { defaultOf, placeOf, unknownTagsOf } from '#core/wire/layout.ts'
import { type Fields, type Message, int32, int64, string, struct, structs } from '#core/wire/schema.ts'
import { versionRange } from '#core/wire/versions.ts'
import { projectRoot } from '../../support/sources.ts'
import { type Struct, allVersions, edgeVersions, sampleStruct, sampleValue } from '../../support/wire-messages.ts'

const written = (write: (writer: Writer) => void): Buffer => {
  const writer = new Writer(16)
  write(writer)
  return Buffer.concat(writer.finish())
}

const bytesOf = (message: Message, version: number, value: object): Buffer =>
  written((writer) => codecOf(message, version).write(writer, value))

const codeOf = (attempt: () => unknown): string => {
  try {
    attempt()
  } catch (error) {
    if (isKnownError(error)) return error.code
    throw error
  }
  return 'accepted'
}

const message = <const F extends Fields>(fields: F): Message<F> => ({
  name: 'Example',
  versions: versionRange('0-3'),
  flexible: versionRange('2+'),
  fields,
})

describe('frames that end too early', () => {
  it.each(edgeVersions)('$title: every prefix is refused', ({ message: each, version, flexible }) => {
    const bytes = bytesOf(each, version, sampleStruct(each.fields, version, flexible))
    const read = compileRead(each, version)
    for (let length = 0; length < bytes.length; length++) {
      const prefix = Buffer.from(bytes.subarray(0, length))
      expect(() => read(new Reader(prefix)), `${length} of ${bytes.length} bytes`).toThrow(RangeError)
    }
    if (bytes.length === 0) return
    const half = Buffer.from(bytes.subarray(0, bytes.length / 2))
    expect(codeOf(() => codecOf(each, version).read(new Reader(half)))).toBe('MALFORMED_MESSAGE')
  })

  it.each(edgeVersions)('$title: no length is believed that the bytes left cannot hold', (given) => {
    const { message: each, version, flexible } = given
    const bytes = bytesOf(each, version, sampleStruct(each.fields, version, flexible))
    const read = compileRead(each, version)
    const hostile = [Buffer.from('7fffffff', 'hex'), Buffer.from('ffffffff07', 'hex'), Buffer.from('ffffffff0f', 'hex')]
    for (let at = 0; at < bytes.length; at++) {
      const frame = Buffer.concat([bytes.subarray(0, at), hostile[at % 3]!, bytes.subarray(at)])
      // A length in a place that holds a number is a legal number: refused or read, but never anything else.
      const reader = new Reader(frame)
      try {
        read(reader)
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
      }
      expect(reader.position).toBeLessThanOrEqual(frame.length)
    }
  })

  it('says which field of which message', () => {
    const example = message({ rows: structs({ id: int32(), text: string() }) })
    const bytes = bytesOf(example, 0, { rows: [{ id: 1, text: 'hello' }] })
    expect(() => codecOf(example, 0).read(new Reader(bytes.subarray(0, 12)))).toThrow(
      'Example version 0 cannot be read at rows[0].text: 5 bytes wanted at 10, but only 2 are left',
    )
    bytes[3] = 2
    expect(() => codecOf(example, 0).read(new Reader(bytes))).toThrow(
      'Example version 0 cannot be read at rows: an array of 2 elements cannot be in the 11 bytes that are left',
    )
  })

  it('bounds the elements of a whole message', () => {
    const example = message({ rows: structs({ cells: structs({ value: int32() }) }) })
    const bytes = bytesOf(example, 0, {
      rows: Array.from({ length: 10 }, () => ({ cells: [{ value: 1 }, { value: 2 }] })),
    })
    expect(codeOf(() => codecOf(example, 0).read(new Reader(bytes, 0, bytes.length, 30)))).toBe('accepted')
    expect(() => codecOf(example, 0).read(new Reader(bytes, 0, bytes.length, 29))).toThrow('too many array elements')
  })
})

/** Every field that the version lacks, with a function that puts a value of it into a sample. */
function absentFields(fields: Fields, version: number, flexible: boolean, reach: (root: Struct) => Struct = (x) => x) {
  const found: { name: string; ignorable: boolean; set: (root: Struct) => void }[] = []
  for (const [name, field] of Object.entries(fields)) {
    if (placeOf(field, version, flexible) === 'absent') {
      const set = (root: Struct): void => void (reach(root)[name] = sampleValue(field, version, flexible))
      found.push({ name, ignorable: field.ignorable, set })
      continue
    }
    if (field.fields !== undefined) {
      found.push(...absentFields(field.fields, version, flexible, (root) => reach(root)[name] as Struct))
    } else if (field.item?.fields !== undefined) {
      const first = (root: Struct): Struct => (reach(root)[name] as Struct[])[0]!
      found.push(...absentFields(field.item.fields, version, flexible, first))
    }
  }
  return found
}

describe('fields that a version lacks', () => {
  it.each(allVersions)(
    '$title: a value is refused unless it may be ignored',
    ({ message: each, version, flexible }) => {
      const plain = sampleStruct(each.fields, version, flexible)
      const without = bytesOf(each, version, plain)
      for (const { name, ignorable, set } of absentFields(each.fields, version, flexible)) {
        const value = sampleStruct(each.fields, version, flexible)
        set(value)
        const compiled = compileWrite(each, version)
        if (ignorable) {
          expect(bytesOf(each, version, value).equals(without), name).toBe(true)
          expect(written((writer) => interpretWrite(each, version, writer, value)).equals(without), name).toBe(true)
          continue
        }
        expect(
          codeOf(() => bytesOf(each, version, value)),
          name,
        ).toBe('UNWRITABLE_MESSAGE')
        expect(() => compiled(new Writer(), value), name).toThrow(RangeError)
        expect(() => interpretWrite(each, version, new Writer(), value), name).toThrow(RangeError)
      }
    },
  )

  it.each(allVersions)('$title: their defaults are not refused', ({ message: each, version, flexible }) => {
    const value = sampleStruct(each.fields, version, flexible)
    for (const [name, field] of Object.entries(each.fields)) value[name] ??= defaultOf(field)
    expect(codeOf(() => bytesOf(each, version, value))).toBe('accepted')
  })
})

describe('values that cannot be written', () => {
  const example = message({
    name: string({ nullable: '1+' }),
    count: int32({ default: 7 }),
    at: int64(),
    inner: struct({ text: string() }).with({ versions: '1+', nullable: '2+' }),
  })
  const complete = { name: 'n', at: 1 }

  it.each([
    [0, { at: 1 }, 'name: the field needs a value'],
    [0, { ...complete, name: null }, 'name: null is not allowed in this version'],
    [0, { ...complete, name: 'x'.repeat(32768) }, 'name: a text of 32768 bytes is longer than 32767'],
    [0, { ...complete, count: 2 ** 31 }, 'count: 2147483648 is not an int32'],
    [0, { ...complete, count: 1.5 }, 'count: 1.5 is not an int32'],
    [0, { ...complete, at: 2 ** 53 }, 'at: 9007199254740992 is not an int64'],
    [0, { ...complete, inner: { text: 'lost' } }, 'inner: this version lacks the field'],
    [1, { ...complete, inner: null }, 'inner: null is not allowed in this version'],
    [2, { ...complete, inner: {} }, 'inner.text: the field needs a value'],
    [2, { ...complete, name: 5 }, 'name: 5 is not a string'],
  ])('v%i %j: %s', (version, value, problem) => {
    expect(() => bytesOf(example, version, value)).toThrow(`Example version ${version} cannot be written at ${problem}`)
  })

  it('leave the writer as it was for the next message', () => {
    const writer = new Writer(16)
    expect(() => writer.frame((w) => codecOf(example, 0).write(w, { ...complete, at: Number.NaN }))).toThrow()
    const [frame] = writer.frame((w) => codecOf(example, 0).write(w, complete))
    expect(frame!.toString('hex')).toBe('0000000f' + '00016e' + '00000007' + '0000000000000001')
  })

  it('versions that a message does not have are named with those it has', () => {
    expect(() => codecOf(example, 4)).toThrow('Example has no version 4, only 0 to 3')
    expect(() => codecOf(example, -1)).toThrow('Example has no version -1')
  })
})

describe('tagged fields', () => {
  const older = message({ name: string(), late: int32({ versions: '2+', tag: 3, default: -1 }) })
  const newer = message({
    name: string(),
    first: string({ versions: '2+', tag: 1 }),
    late: int32({ versions: '2+', tag: 3, default: -1 }),
    last: string({ versions: '2+', tag: 300 }),
  })

  it('are written only when they are not at their default', () => {
    expect(bytesOf(older, 2, { name: '' }).toString('hex')).toBe('01' + '00')
    expect(bytesOf(older, 2, { name: '', late: -1 }).toString('hex')).toBe('01' + '00')
    expect(bytesOf(older, 2, { name: '', late: 5 }).toString('hex')).toBe('01' + '01' + '03' + '04' + '00000005')
  })

  it('that are unknown are kept, in order, by who passes a message on', () => {
    const bytes = bytesOf(newer, 2, { name: 'n', first: 'a', late: 5, last: 'z'.repeat(200) })
    const decoded = readMessage(older, 2, new Reader(bytes))
    expect(decoded.late).toBe(5)
    expect(unknownTagsOf(decoded).map(({ tag, bytes: { length } }) => [tag, length])).toEqual([
      [1, 2],
      [300, 202],
    ])
    expect(written((writer) => writeMessage(older, 2, writer, { ...decoded })).equals(bytes)).toBe(true)
  })

  it('that are unknown are refused by a version that has no place for them', () => {
    const decoded = readMessage(older, 2, new Reader(bytesOf(newer, 2, { name: 'n', first: 'a' })))
    expect(codeOf(() => bytesOf(older, 1, decoded))).toBe('UNWRITABLE_MESSAGE')
    // Written where the tag is a field, there would be two of it.
    expect(() => bytesOf(newer, 2, decoded)).toThrow('tag 1 is both a field and an unknown tagged field')
  })

  it('must fill their size', () => {
    expect(() => readMessage(older, 2, new Reader(Buffer.from('0101030500000005ff', 'hex')))).toThrow(
      'Example version 2 cannot be read at late: the value does not fill its 5 bytes',
    )
  })
})

describe('where code generation is forbidden', () => {
  it('the interpreter takes over', () => {
    const script = `
      import { canCompile } from '#core/wire/compile.ts'
      import { produce } from '#core/wire/api/00-produce.ts'
      import { decodeRequest, encodeRequest, readRequestHeader } from '#core/wire/frame.ts'
      const body = { acks: -1, timeoutMs: 1, topicData: [] }
      const frame = Buffer.concat(encodeRequest(produce, 9, 5, 'me', body)).subarray(4)
      const decoded = decodeRequest(produce, 9, frame, readRequestHeader(frame).bodyStart)
      console.log(JSON.stringify([canCompile, decoded]))`
    const flags = ['--disallow-code-generation-from-strings', '--conditions=source', '--import=tsx']
    const child = spawnSync(process.execPath, [...flags, '--input-type=module', '--eval', script], {
      cwd: projectRoot,
      encoding: 'utf8',
    })
    expect(child.stderr).toBe('')
    expect(JSON.parse(child.stdout)).toEqual([false, { transactionalId: null, acks: -1, timeoutMs: 1, topicData: [] }])
  })
})
