import { type PlacedField, leastItemBytes, placed, taggedTail } from '#core/wire/layout.ts'
import type { Field, Fields } from '#core/wire/schema.ts'
import { Source, capital } from '#core/wire/source/source.ts'

/** Text that reads: `r` is the Reader. */
export class ReadSource extends Source {
  structFunction(fields: Fields, stem: string): string {
    return this.function(this.name(`read${stem}`), 'r', () => this.#body(fields))
  }

  #body(fields: Fields): void {
    const all = placed(fields, this.version, this.flexible)
    const names = new Map<PlacedField, string>()
    for (const each of all) {
      const name = this.name(each.name)
      names.set(each, name)
      if (each.place === 'plain') this.line(`const ${name} = ${this.value(each.field, each.name)}`)
      else if (each.place === 'tagged') this.line(`let ${name} = ${this.literal(each.field)}`)
    }
    const unknown = this.flexible ? this.tail(taggedTail(all), names) : undefined
    const parts = all.map(
      (each) => `${each.name}: ${each.place === 'absent' ? this.literal(each.field) : names.get(each)}`,
    )
    const result = `{ ${parts.join(', ')} }`
    if (unknown === undefined) return this.line(`return ${result}`)
    this.line(`const result = ${result}`)
    this.line(`if (${unknown} !== undefined) result[U] = ${unknown}`)
    this.line('return result')
  }

  tail(tagged: readonly PlacedField[], names: ReadonlyMap<PlacedField, string>): string {
    const unknown = this.name('u')
    if (tagged.length === 0) {
      this.line(`const ${unknown} = r.passEmptyTail() ? undefined : t.readTail(r)`)
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
            this.line(`${names.get(each)} = ${this.value(each.field, each.name)}`)
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
  value(field: Field, stem: string): string {
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
        return this.array(field, nullable, stem)
      case 'struct':
        return (
          (nullable ? `!r.structFollows(${this.nullMark(field)}) ? null : ` : '') +
          `${this.structFunction(field.fields!, capital(stem))}(r)`
        )
      default:
        return `r.${field.kind}()`
    }
  }

  array(field: Field, nullable: boolean, stem: string): string {
    const [length, result, i] = ['n', 'a', 'i'].map((stem) => this.name(stem))
    const least = leastItemBytes(field, this.version, this.flexible)
    this.line(`const ${length} = r.${this.method('ArrayLength', nullable)}(${least})`)
    const isNumbers = field.item!.kind === 'int32'
    const items = isNumbers ? `r.int32Items(${length})` : `new Array(${length})`
    this.line(`const ${result} = ${nullable ? `${length} < 0 ? null : ` : ''}${items}`)
    if (isNumbers) return result!
    this.block(`for (let ${i} = 0; ${i} < ${length}; ${i}++)`, () => {
      this.line(`${result}[${i}] = ${this.value(field.item!, stem)}`)
    })
    return result!
  }
}
