import { nullMark } from '#core/wire/layout.ts'
import type { Field, Fields, Message } from '#core/wire/schema.ts'
import { isWithin } from '#core/wire/versions.ts'

/**
 * Text in the making: a function for each struct, so that each is small enough for the engine to optimise well, and
 * names that do not meet.
 */
export abstract class Source {
  readonly version: number
  readonly flexible: boolean
  /** Declarations that the text refers to as K[i]. */
  readonly structs: Fields[] = []
  readonly #functions: string[] = []
  #lines: string[] = []
  #depth = 1
  #names = 0

  constructor(version: number, flexible: boolean) {
    this.version = version
    this.flexible = flexible
  }

  /** The functions of a codec, and which of them is the codec itself. They want `t`, `K` and `U` around them. */
  message(message: Message): { readonly text: string; readonly main: string } {
    const main = this.structFunction(message.fields, `${message.name}V${this.version}`)
    return { text: this.#functions.join('\n\n'), main }
  }

  /** Emits a function for a struct; its name. */
  abstract structFunction(fields: Fields, stem: string): string

  /** Emits a function of its own, after those that it needs. */
  function(name: string, parameters: string, body: () => void): string {
    const [lines, depth] = [this.#lines, this.#depth]
    this.#lines = []
    this.#depth = 1
    body()
    this.#functions.push(`function ${name}(${parameters}) {\n${this.#lines.join('\n')}\n}`)
    this.#lines = lines
    this.#depth = depth
    return name
  }

  name(stem: string): string {
    return `${stem}_${this.#names++}`
  }

  line(text: string): void {
    this.#lines.push('  '.repeat(this.#depth) + text)
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

  nullMark(field: Field): number {
    return nullMark(field, this.version, this.flexible)
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

/** With a capital first letter, for names of functions. */
export function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1)
}
