/** A JSON number as written: an exact decimal needs its digits, an int64 all of them. */
export class NumberText {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  /** True without fraction and exponent: JSON's integers. */
  get integral(): boolean {
    return !/[.eE]/.test(this.text)
  }
}

/** JSON with exact numbers. Objects have a null-safe `__proto__`; of repeated names the last counts. */
export type JsonTree = null | boolean | string | NumberText | JsonTree[] | { [name: string]: JsonTree }

export interface ParsedJson {
  /** Undefined for a text of nothing but blanks. */
  readonly tree: JsonTree | undefined
  /** The text of the member "schema" of the outermost object: the key of a cache. */
  readonly schemaText: string | undefined
}

const blanks = /[ \t\n\r]*/y
// Leading zeros pass, as they do in Kafka's reader.
const number = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
// A number must be followed by something that can follow a value.
const afterNumber = /[ \t\n\r,\]}]|$/y
// From the blank on, but for quote and backslash.
const plainString = /"([ !#-[\]-\uffff]*)"/y
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}
/** Deeper nesting is refused, as Jackson refuses it. */
const mostDepth = 1000

/** Sets a member also where its name is one that objects treat specially. */
export function setMember(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
  } else target[name] = value
}

/** Reads the first JSON value of a text, keeping numbers exact; what follows it is ignored, as Jackson does. */
export function parseJsonText(text: string): ParsedJson {
  const reader = new Reader(text)
  return { tree: reader.document(), schemaText: reader.schemaText }
}

class Reader {
  readonly #text: string
  #at = 0
  #depth = 0
  schemaText: string | undefined

  constructor(text: string) {
    this.#text = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }

  document(): JsonTree | undefined {
    this.#skip()
    return this.#at === this.#text.length ? undefined : this.#value()
  }

  #fail(expected: string): never {
    const found = this.#at < this.#text.length ? `"${this.#text.slice(this.#at, this.#at + 12)}"` : 'the end'
    throw new SyntaxError(`not JSON: expected ${expected} at character ${this.#at}, found ${found}`)
  }

  #skip(): void {
    const code = this.#text.charCodeAt(this.#at)
    if (code > 32) return
    blanks.lastIndex = this.#at
    blanks.exec(this.#text)
    this.#at = blanks.lastIndex
  }

  #value(): JsonTree {
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object()
      case '[':
        return this.#array()
      case '"':
        return this.#string()
      case 't':
        return this.#word('true', true)
      case 'f':
        return this.#word('false', false)
      case 'n':
        return this.#word('null', null)
      default:
        return this.#number()
    }
  }

  #word(word: string, value: boolean | null): boolean | null {
    const next = this.#text[this.#at + word.length]
    if (!this.#text.startsWith(word, this.#at) || (next !== undefined && /[\w$]/.test(next))) this.#fail('a value')
    this.#at += word.length
    return value
  }

  #number(): NumberText {
    number.lastIndex = this.#at
    const match = number.exec(this.#text)
    if (!match) this.#fail('a value')
    this.#at = number.lastIndex
    afterNumber.lastIndex = this.#at
    if (!afterNumber.test(this.#text)) this.#fail('the end of a number')
    return new NumberText(match[0])
  }

  #string(): string {
    plainString.lastIndex = this.#at
    const match = plainString.exec(this.#text)
    if (match) {
      this.#at = plainString.lastIndex
      return match[1]!
    }
    if (this.#text[this.#at] !== '"') this.#fail('a string')
    this.#at++
    let result = ''
    for (;;) {
      const char = this.#text[this.#at]
      if (char === undefined || char < ' ') this.#fail('a string to end')
      this.#at++
      if (char === '"') return result
      result += char === '\\' ? this.#escape() : char
    }
  }

  #escape(): string {
    const char = this.#text[this.#at++] ?? ''
    if (char !== 'u') return escapes[char] ?? this.#fail('an escape')
    const hex = this.#text.slice(this.#at, this.#at + 4)
    if (!/^[0-9a-fA-F]{4}$/.test(hex)) this.#fail('four hex digits')
    this.#at += 4
    return String.fromCharCode(Number.parseInt(hex, 16))
  }

  #array(): JsonTree[] {
    this.#enter()
    const items: JsonTree[] = []
    if (this.#text[this.#at] !== ']') {
      for (;;) {
        items.push(this.#value())
        if (!this.#comma(']')) break
      }
    }
    this.#leave()
    return items
  }

  #object(): { [name: string]: JsonTree } {
    this.#enter()
    const outermost = this.#depth === 1
    const members: { [name: string]: JsonTree } = {}
    if (this.#text[this.#at] !== '}') {
      for (;;) {
        const name = this.#string()
        this.#skip()
        if (this.#text[this.#at] !== ':') this.#fail('a colon')
        this.#at++
        this.#skip()
        const start = this.#at
        setMember(members, name, this.#value())
        if (outermost && name === 'schema') this.schemaText = this.#text.slice(start, this.#at)
        if (!this.#comma('}')) break
      }
    }
    this.#leave()
    return members
  }

  #enter(): void {
    if (++this.#depth > mostDepth) this.#fail(`at most ${mostDepth} levels`)
    this.#at++
    this.#skip()
  }

  #leave(): void {
    this.#at++
    this.#depth--
  }

  /** After an item: true when another follows, false at `close`. */
  #comma(close: string): boolean {
    this.#skip()
    const char = this.#text[this.#at]
    if (char === close) return false
    if (char !== ',') this.#fail(`a comma or ${close}`)
    this.#at++
    this.#skip()
    return true
  }
}
