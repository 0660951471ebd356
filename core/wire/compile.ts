import type { Reader } from '#core/bytes/reader.ts'
import type { Writer } from '#core/bytes/writer.ts'
import {
  type PlacedField,
  type UnknownTag,
  areDefaults,
  leastItemBytes,
  placed,
  taggedTail,
  unknownTags,
} from '#core/wire/layout.ts'
import type { Field, Fields, Message } from '#core/wire/schema.ts'
import { isWithin } from '#core/wire/versions.ts'

/**
 * Codecs as source text, one function per message, version and direction: what somebody would write by hand for that
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
    .map((source) => source.text(message))
    .join('\n\n')
}

function build(source: Source, message: Message): unknown {
  const text = source.text(message)
  return generate(['t', 'K', 'U'], `return ${text}`)(tools, source.structs, unknownTags)
}

function generate(parameters: readonly string[], body: string): (...given: unknown[]) => unknown {
  // The text comes from the declarations alone: no byte of a message ever gets into it.
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function(...parameters, `'use strict'\n${body}`) as (...given: unknown[]) => unknown
}

/** What generated code calls for the rare cases, as `t`. */
const tools = {
  noBytes: Buffer.alloc(0),
  areDefaults,

  refuse(): never {
    throw new RangeError('refused')
  },

  /** Reads a tail in which the version knows no field. */
  readTail(reader: Reader): UnknownTag[] | undefined {
    const count = reader.uvarint()
    if (count === 0) return undefined
    const unknown: UnknownTag[] = []
    for (let i = 0; i < count; i++) {
      const tag = reader.uvarint()
      unknown.push({ tag, bytes: reader.view(reader.uvarint()) })
    }
    return unknown
  },

  /** Unknown fields in the order of the wire. */
  sorted(unknown: readonly UnknownTag[], known: readonly number[]): readonly UnknownTag[] {
    if (unknown.some(({ tag }) => known.includes(tag))) tools.refuse()
    return [...unknown].sort((a, b) => a.tag - b.tag)
  },

  /** Writes the unknown fields from `next` on whose tag is below `before`; the next one. */
  writeUnknown(writer: Writer, unknown: readonly UnknownTag[], next: number, before: number): number {
    let i = next
    for (; i < unknown.length && unknown[i]!.tag < before; i++) {
      writer.uvarint(unknown[i]!.tag)
      writer.uvarint(unknown[i]!.bytes.length)
      writer.raw(unknown[i]!.bytes)
    }
    return i
  },

  /** Writes a tail in which the version knows no field. */
  writeTail(writer: Writer, unknown: readonly UnknownTag[] | undefined): void {
    if (unknown === undefined) return writer.uvarint(0)
    writer.uvarint(unknown.length)
    tools.writeUnknown(writer, tools.sorted(unknown, []), 0, Infinity)
  },
}

/** Lines of text with names that do not meet. */
abstract class Source {
  readonly version: number
  readonly flexible: boolean
  /** Declarations that the text refers to as K[i]. */
  readonly structs: Fields[] = []
  readonly lines: string[] = []
  #depth = 1
  #names = 0

  constructor(version: number, flexible: boolean) {
    this.version = version
    this.flexible = flexible
  }

  abstract text(message: Message): string

  name(stem: string): string {
    return `${stem}${this.#names++}`
  }

  line(text: string): void {
    this.lines.push('  '.repeat(this.#depth) + text)
  }

  block(head: string, body: () => void): void {
    this.line(`${head} {`)
    this.#depth++
    body()
    this.#depth--
    this.line('}')
  }

  isNullable(field: Field): boolean {
    return isWithin(field.nullable, this.version)
  }

  /** The reader's or writer's method for a kind with a length: compactNullableString and its like. */
  method(stem: string, nullable: boolean): string {
    const name = `${this.flexible ? 'compact' : ''}${nullable ? 'Nullable' : ''}${stem}`
    return name[0]!.toLowerCase() + name.slice(1)
  }

  /** An expression for a field's default. */
  literal(field: Field): string {
    if (field.default === null) return 'null'
    if (field.kind === 'array') return '[]'
    if (field.kind === 'bytes') return 't.noBytes'
    if (field.kind === 'struct') {
      return `{ ${Object.entries(field.fields!)
        .map(([name, each]) => `${name}: ${this.literal(each)}`)
        .join(', ')} }`
    }
    return typeof field.default === 'bigint' ? `${field.default}n` : JSON.stringify(field.default)
  }
}

class ReadSource extends Source {
  text(message: Message): string {
    const result = this.struct(message.fields)
    this.line(`return ${result}`)
    return `function read${message.name}V${this.version}(r) {\n${this.lines.join('\n')}\n}`
  }

  /** Emits what reads a struct; the name of the result. */
  struct(fields: Fields): string {
    const all = placed(fields, this.version, this.flexible)
    const names = new Map<PlacedField, string>()
    for (const each of all) {
      const name = this.name(each.name)
      names.set(each, name)
      if (each.place === 'plain') this.line(`const ${name} = ${this.value(each.field)}`)
      else if (each.place === 'tagged') this.line(`let ${name} = ${this.literal(each.field)}`)
    }
    const unknown = this.flexible ? this.tail(taggedTail(all), names) : undefined
    const result = this.name('s')
    const parts = all.map(
      (each) => `${each.name}: ${each.place === 'absent' ? this.literal(each.field) : names.get(each)}`,
    )
    this.line(`const ${result} = { ${parts.join(', ')} }`)
    if (unknown !== undefined) this.line(`if (${unknown} !== undefined) ${result}[U] = ${unknown}`)
    return result
  }

  tail(tagged: readonly PlacedField[], names: ReadonlyMap<PlacedField, string>): string {
    const unknown = this.name('u')
    if (tagged.length === 0) {
      this.line(`const ${unknown} = t.readTail(r)`)
      return unknown
    }
    const [count, tag, size, end] = ['n', 'tag', 'size', 'end'].map((stem) => this.name(stem))
    this.line(`let ${unknown}`)
    this.block(`for (let ${count} = r.uvarint(); ${count} > 0; ${count}--)`, () => {
      this.line(`const ${tag} = r.uvarint()`)
      this.line(`const ${size} = r.uvarint()`)
      this.line(`const ${end} = r.position + ${size}`)
      this.block(`switch (${tag})`, () => {
        for (const each of tagged) {
          this.block(`case ${each.field.tag}:`, () => {
            this.line(`${names.get(each)} = ${this.value(each.field)}`)
            this.line('break')
          })
        }
        this.line(`default: (${unknown} ??= []).push({ tag: ${tag}, bytes: r.view(${size}) })`)
      })
      this.line(`if (r.position !== ${end}) t.refuse()`)
    })
    return unknown
  }

  /** An expression that reads a value, after the lines that it needs. */
  value(field: Field): string {
    const nullable = this.isNullable(field)
    switch (field.kind) {
      case 'int64':
        return field.wide ? 'r.wideInt64()' : field.saturate ? 'r.saturatedInt64()' : 'r.int64()'
      case 'string':
        return `r.${this.method('String', nullable)}()`
      case 'bytes':
      case 'records':
        return `r.${this.method('Bytes', nullable)}()`
      case 'array':
        return this.array(field, nullable)
      case 'struct':
        return nullable ? this.nullableStruct(field) : this.struct(field.fields!)
      default:
        return `r.${field.kind}()`
    }
  }

  array(field: Field, nullable: boolean): string {
    const [length, result, i] = ['n', 'a', 'i'].map((stem) => this.name(stem))
    const least = leastItemBytes(field, this.version, this.flexible)
    this.line(`const ${length} = r.${this.method('ArrayLength', nullable)}(${least})`)
    this.line(`const ${result} = ${nullable ? `${length} < 0 ? null : ` : ''}new Array(${length})`)
    this.block(`for (let ${i} = 0; ${i} < ${length}; ${i}++)`, () => {
      const item = this.value(field.item!)
      this.line(`${result}[${i}] = ${item}`)
    })
    return result!
  }

  nullableStruct(field: Field): string {
    const result = this.name('o')
    this.line(`let ${result} = null`)
    this.block('if (r.structFollows())', () => {
      const struct = this.struct(field.fields!)
      this.line(`${result} = ${struct}`)
    })
    return result
  }
}

class WriteSource extends Source {
  text(message: Message): string {
    this.struct(message.fields, 'm')
    return `function write${message.name}V${this.version}(w, m) {\n${this.lines.join('\n')}\n}`
  }

  struct(fields: Fields, value: string): void {
    const all = placed(fields, this.version, this.flexible)
    for (const { name: fieldName, field, place } of all) {
      if (place === 'tagged' || (place === 'absent' && field.ignorable)) continue
      const name = this.name(fieldName)
      if (place === 'absent') {
        this.line(`const ${name} = ${value}.${fieldName}`)
        this.line(`if (${name} !== undefined && !${this.isDefault(field, name)}) t.refuse()`)
        continue
      }
      this.line(`${field.required ? 'const' : 'let'} ${name} = ${value}.${fieldName}`)
      if (!field.required) this.line(`if (${name} === undefined) ${name} = ${this.literal(field)}`)
      this.value(field, name)
    }
    if (!this.flexible) this.line(`if (${value}[U] !== undefined) t.refuse()`)
    else if (all.some((each) => each.place === 'tagged')) this.tail(taggedTail(all), value)
    else this.line(`t.writeTail(w, ${value}[U])`)
  }

  tail(tagged: readonly PlacedField[], value: string): void {
    const [unknown, next] = ['u', 'x'].map((stem) => this.name(stem))
    const tags = tagged.map((each) => each.field.tag).join(', ')
    this.line(`const ${unknown} = ${value}[U] === undefined ? undefined : t.sorted(${value}[U], [${tags}])`)
    this.line(`let ${next} = 0`)
    const entries = tagged.map((each) => {
      const name = this.name(each.name)
      const given = this.name('has')
      this.line(`const ${name} = ${value}.${each.name}`)
      this.line(`const ${given} = ${name} !== undefined && !${this.isDefault(each.field, name)}`)
      return { field: each.field, name, given }
    })
    const count = entries.map(({ given }) => `(${given} ? 1 : 0)`).join(' + ')
    this.line(`w.uvarint(${count} + (${unknown} === undefined ? 0 : ${unknown}.length))`)
    for (const { field, name, given } of entries) {
      this.block(`if (${given})`, () => {
        this.unknownBefore(unknown!, next!, String(field.tag))
        const mark = this.name('mark')
        this.line(`w.uvarint(${field.tag})`)
        this.line(`const ${mark} = w.beginSized()`)
        this.value(field, name)
        this.line(`w.endSized(${mark})`)
      })
    }
    this.unknownBefore(unknown!, next!, 'Infinity')
  }

  unknownBefore(unknown: string, next: string, before: string): void {
    this.line(`if (${unknown} !== undefined) ${next} = t.writeUnknown(w, ${unknown}, ${next}, ${before})`)
  }

  isDefault(field: Field, name: string): string {
    if (field.default === null) return `(${name} === null)`
    if (field.kind === 'array' || field.kind === 'bytes') return `(${name} !== null && ${name}.length === 0)`
    if (field.kind !== 'struct') return `(${name} === ${this.literal(field)})`
    return `(${name} !== null && t.areDefaults(K[${this.structs.push(field.fields!) - 1}], ${name}))`
  }

  value(field: Field, name: string): void {
    const nullable = this.isNullable(field)
    switch (field.kind) {
      case 'int64':
        return this.line(`w.${field.wide ? 'wideInt64' : 'int64'}(${name})`)
      case 'string':
        return this.line(`w.${this.method('String', nullable)}(${name})`)
      case 'bytes':
        return this.line(`w.${this.method('Bytes', nullable)}(${name})`)
      case 'records':
        return this.line(`w.${this.method('Records', nullable)}(${name})`)
      case 'array':
        return this.unlessNull(nullable, name, `w.${this.method('ArrayLength', false)}(-1)`, () =>
          this.array(field, name),
        )
      case 'struct':
        return this.unlessNull(nullable, name, 'w.int8(-1)', () => {
          if (nullable) this.line('w.int8(1)')
          this.struct(field.fields!, name)
        })
      default:
        return this.line(`w.${field.kind}(${name})`)
    }
  }

  unlessNull(nullable: boolean, name: string, whenNull: string, body: () => void): void {
    if (!nullable) return body()
    this.line(`if (${name} === null) ${whenNull}`)
    this.block('else', body)
  }

  array(field: Field, name: string): void {
    const [i, item] = ['i', 'e'].map((stem) => this.name(stem))
    this.line(`w.${this.method('ArrayLength', false)}(${name}.length)`)
    this.block(`for (let ${i} = 0; ${i} < ${name}.length; ${i}++)`, () => {
      this.line(`const ${item} = ${name}[${i}]`)
      this.value(field.item!, item!)
    })
  }
}
