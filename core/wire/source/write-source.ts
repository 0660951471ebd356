import { type PlacedField, placed, taggedTail } from '#core/wire/layout.ts'
import type { Field, Fields } from '#core/wire/schema.ts'
import { Source, capital } from '#core/wire/source/source.ts'

/** Text that writes: `w` is the Writer, `m` the struct. */
export class WriteSource extends Source {
  structFunction(fields: Fields, stem: string): string {
    return this.function(this.name(`write${stem}`), 'w, m', () => this.#body(fields))
  }

  #body(fields: Fields): void {
    const all = placed(fields, this.version, this.flexible)
    for (const { name: fieldName, field, place } of all) {
      if (place === 'tagged' || (place === 'absent' && field.ignorable)) continue
      const name = this.name(fieldName)
      if (place === 'absent') {
        this.line(`const ${name} = m.${fieldName}`)
        this.line(`if (${name} !== undefined && !${this.isDefault(field, name)}) t.refuse()`)
        continue
      }
      this.line(`${field.required ? 'const' : 'let'} ${name} = m.${fieldName}`)
      if (!field.required) this.line(`if (${name} === undefined) ${name} = ${this.literal(field)}`)
      this.value(field, name, fieldName)
    }
    if (!this.flexible) this.line('if (m[U] !== undefined) t.refuse()')
    else if (all.some((each) => each.place === 'tagged')) this.tail(taggedTail(all))
    else this.line('t.writeTail(w, m[U])')
  }

  tail(tagged: readonly PlacedField[]): void {
    const [unknown, next] = ['u', 'x'].map((stem) => this.name(stem))
    const tags = tagged.map((each) => each.field.tag).join(', ')
    this.line(`const ${unknown} = m[U] === undefined ? undefined : t.sorted(m[U], [${tags}])`)
    this.line(`let ${next} = 0`)
    const entries = tagged.map((each) => {
      const name = this.name(each.name)
      const given = this.name('has')
      this.line(`const ${name} = m.${each.name}`)
      this.line(`const ${given} = ${name} !== undefined && !${this.isDefault(each.field, name)}`)
      return { field: each.field, stem: each.name, name, given }
    })
    const count = entries.map(({ given }) => `(${given} ? 1 : 0)`).join(' + ')
    this.line(`w.uvarint(${count} + (${unknown} === undefined ? 0 : ${unknown}.length))`)
    for (const { field, stem, name, given } of entries) {
      this.block(`if (${given})`, () => {
        this.unknownBefore(unknown!, next!, String(field.tag))
        const mark = this.name('mark')
        this.line(`w.uvarint(${field.tag})`)
        this.line(`const ${mark} = w.beginSized()`)
        this.value(field, name, stem)
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

  value(field: Field, name: string, stem: string): void {
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
          this.array(field, name, stem),
        )
      case 'struct':
        return this.unlessNull(nullable, name, `w.int8(${this.nullMark(field)})`, () => {
          if (nullable) this.line('w.int8(1)')
          this.line(`${this.structFunction(field.fields!, capital(stem))}(w, ${name})`)
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

  array(field: Field, name: string, stem: string): void {
    const [i, item] = ['i', 'e'].map((stem) => this.name(stem))
    this.line(`w.${this.method('ArrayLength', false)}(${name}.length)`)
    this.block(`for (let ${i} = 0; ${i} < ${name}.length; ${i}++)`, () => {
      this.line(`const ${item} = ${name}[${i}]`)
      this.value(field.item!, item!, stem)
    })
  }
}
