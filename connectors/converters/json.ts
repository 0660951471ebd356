import { isUtf8 } from 'node:buffer'

import { boolean, defineConfig, int, string } from '#core/config/define.ts'

import type { Converter, ConverterPlugin, SchemaAndValue } from '../api/converter.ts'
import type { Schema } from '../api/schema.ts'
import { freeValue, readSchema, readValue } from './json-read.ts'
import type { ReadOptions } from './json-read.ts'
import { parseJsonText } from './json-text.ts'
import type { JsonTree, ParsedJson } from './json-text.ts'
import { schemaJson, valueJson } from './json-write.ts'
import type { WriteOptions } from './json-write.ts'
import { invalid } from './logical.ts'

const config = defineConfig({
  'schemas.enable': boolean({
    doc: 'Wrap every value in an envelope of schema and payload.',
    default: true,
    importance: 'high',
  }),
  'schemas.cache.size': int({ doc: 'How many schemas are kept converted.', default: 1000, importance: 'high' }),
  'decimal.format': string({
    doc: 'How a decimal is written: BASE64 of its bytes, or as a NUMERIC literal.',
    default: 'BASE64',
    importance: 'low',
    check: (value) => (/^(base64|numeric)$/i.test(value) ? undefined : 'expected BASE64 or NUMERIC'),
  }),
  'replace.null.with.default': boolean({
    doc: "Write a field's default in place of null.",
    default: true,
    importance: 'low',
  }),
  'schema.content': string({ doc: 'A schema, as JSON, for messages that come without one.', importance: 'high' }),
})

const badEnvelope =
  'JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain additional fields. ' +
  'If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter configuration.'

class JsonConverter implements Converter {
  readonly #enveloped: boolean
  readonly #cacheSize: number
  readonly #write: WriteOptions
  readonly #read: ReadOptions
  readonly #fixed: Schema | null
  readonly #texts = new Map<Schema, string>()
  readonly #schemas = new Map<string, Schema | null>()

  constructor(raw: Readonly<Record<string, string>>) {
    const settings = config.parse(raw, 'JsonConverter')
    this.#enveloped = settings['schemas.enable']
    this.#cacheSize = settings['schemas.cache.size']
    this.#read = { replaceNullWithDefault: settings['replace.null.with.default'] }
    this.#write = { ...this.#read, decimalsAsNumbers: /^numeric$/i.test(settings['decimal.format']) }
    const content = settings['schema.content']
    this.#fixed = content ? readSchema(parse(content).tree, this.#read) : null
  }

  fromConnect(_topic: string, schema: Schema | null, value: unknown): Buffer | null {
    if (!schema && (value === null || value === undefined)) return null
    const payload = valueJson(schema, value, this.#write)
    if (!this.#enveloped) return Buffer.from(payload, 'utf8')
    return Buffer.from(`{"schema":${this.#schemaText(schema)},"payload":${payload}}`, 'utf8')
  }

  toConnect(_topic: string, bytes: Buffer | null): SchemaAndValue {
    if (bytes === null) return { schema: null, value: null }
    const parsed = parse(decode(bytes))
    if (!this.#enveloped) return { schema: null, value: freeValue(parsed.tree) }
    if (this.#fixed) return { schema: this.#fixed, value: readValue(this.#fixed, parsed.tree, this.#read) }
    const envelope = parsed.tree
    if (!isEnvelope(envelope)) throw invalid(badEnvelope)
    const schema = this.#schema(parsed.schemaText!, envelope.schema)
    const value = schema ? readValue(schema, envelope.payload, this.#read) : freeValue(envelope.payload)
    return { schema, value }
  }

  /** By identity: plugins make a schema once and use it for every record. */
  #schemaText(schema: Schema | null): string {
    if (!schema) return 'null'
    let text = this.#texts.get(schema)
    if (text === undefined) {
      text = schemaJson(schema, this.#write)
      keep(this.#texts, schema, text, this.#cacheSize)
    }
    return text
  }

  #schema(text: string, tree: JsonTree): Schema | null {
    let schema = this.#schemas.get(text)
    if (schema === undefined) {
      schema = readSchema(tree, this.#read)
      keep(this.#schemas, text, schema, this.#cacheSize)
    }
    return schema
  }
}

/** Remembers, and forgets the oldest beyond the bound. */
function keep<K, V>(cache: Map<K, V>, key: K, value: V, most: number): void {
  if (most <= 0) return
  if (cache.size >= most) cache.delete(cache.keys().next().value as K)
  cache.set(key, value)
}

function isEnvelope(tree: JsonTree | undefined): tree is { readonly schema: JsonTree; readonly payload: JsonTree } {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) return false
  return Object.keys(tree).length === 2 && Object.hasOwn(tree, 'schema') && Object.hasOwn(tree, 'payload')
}

const broken = 'Converting byte[] to Kafka Connect data failed due to serialization error: '

function parse(text: string): ParsedJson {
  try {
    return parseJsonText(text)
  } catch (cause) {
    throw invalid(broken, cause)
  }
}

/** UTF-8, or the UTF-16 that a first character of two bytes with one zero gives away. */
function decode(bytes: Buffer): string {
  if (bytes.length > 1 && bytes.length % 2 === 0 && bytes[0] === 0 && bytes[1] !== 0)
    return Buffer.from(bytes).swap16().toString('utf16le')
  if (bytes.length > 1 && bytes.length % 2 === 0 && bytes[1] === 0 && bytes[0] !== 0) return bytes.toString('utf16le')
  if (!isUtf8(bytes)) throw invalid(broken, new SyntaxError('the bytes are not UTF-8'))
  return bytes.toString('utf8')
}

/** JSON, by default in an envelope that carries the schema. */
export const jsonConverter: ConverterPlugin = {
  names: ['org.apache.kafka.connect.json.JsonConverter', 'JsonConverter', 'Json'],
  create: (raw) => new JsonConverter(raw),
}
