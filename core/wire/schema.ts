import type { Chunks } from '#core/bytes/writer.ts'
import { zeroUuid } from '#core/bytes/uuid.ts'
import { type VersionRange, type Versions, versionRange } from '#core/wire/versions.ts'

/**
 * The language in which messages are declared: fields are made by functions named after Kafka's types, a struct is an
 * object of fields in the order of the wire, and the TypeScript types of messages are inferred from the declaration.
 * One type serves all versions: a field that a version lacks reads as its default.
 */

/** What can be said about a field. `D` is the type of its default. */
export interface FieldOptions<D = unknown> {
  /** The versions that have the field; all when absent. */
  readonly versions?: Versions
  /** The versions in which null is allowed. */
  readonly nullable?: Versions
  /** The number under which flexible versions carry the field in the tail of its struct, and only when not default. */
  readonly tag?: number
  /** The versions in which `tag` counts; all that have the field when absent. */
  readonly tagged?: Versions
  /** The value when absent; without it 0, false, '', no bytes, [] or a struct of defaults. */
  readonly default?: D
  /** In a version that lacks the field, a value is dropped silently instead of being refused. */
  readonly ignorable?: boolean
}

export interface Int64Options<D = unknown> extends FieldOptions<D> {
  /** The full range, as bigint. */
  readonly wide?: boolean
  /** What is beyond the exact range reads as the end of that range, instead of being refused. */
  readonly saturate?: boolean
}

export type FieldKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'float64'
  | 'string'
  | 'uuid'
  | 'bytes'
  | 'records'
  | 'array'
  | 'struct'

/** A declared field. `Out` is what a reader gets, `In` what a writer takes, `Optional` whether a writer may omit it. */
export interface Field<Out = any, In = any, Optional extends boolean = boolean> {
  readonly kind: FieldKind
  readonly versions: VersionRange
  readonly nullable: VersionRange
  readonly tag: number | undefined
  readonly tagged: VersionRange
  /** Undefined for a struct that defaults to a struct of defaults. */
  readonly default: unknown
  readonly ignorable: boolean
  /** True when a writer must give a value: the type's zero would be a guess. */
  readonly required: boolean
  readonly wide: boolean
  readonly saturate: boolean
  readonly item: Field | undefined
  readonly fields: Fields | undefined
  /** For the compiler only; nothing is there at run time. */
  readonly $types?: { readonly out: Out; readonly in: In; readonly optional: Optional }
}

/** The fields of a struct, in the order of the wire. */
export type Fields = { readonly [name: string]: Field }

// Rejects a misspelt option, which a plain generic would accept and then ignore.
type Known<O, All> = O & Record<Exclude<keyof O, keyof All>, never>

type Null<O> = O extends { readonly nullable: string } ? null : never
type IsOptional<O> = O extends { readonly default: unknown } | { readonly versions: string } | { readonly tag: number }
  ? true
  : false

type Plain<T, O> = Field<T | Null<O>, T | Null<O>, IsOptional<O>>
type Types<F> = F extends { readonly $types?: infer T } ? NonNullable<T> : never
type Out<F> = Types<F> extends { readonly out: infer T } ? T : never
type In<F> = Types<F> extends { readonly in: infer T } ? T : never
type Show<T> = T extends infer O ? { [K in keyof O]: O[K] } : never
type OptionalNames<F extends Fields> = {
  [K in keyof F]: Types<F[K]> extends { readonly optional: true } ? K : never
}[keyof F]

type DecodedStruct<F extends Fields> = { readonly [K in keyof F]: Out<F[K]> }
type EncodableStruct<F extends Fields> = Show<
  { readonly [K in keyof F as K extends OptionalNames<F> ? never : K]: In<F[K]> } & {
    readonly [K in keyof F as K extends OptionalNames<F> ? K : never]?: In<F[K]> | undefined
  }
>

/** A message as a reader gets it: every field is there. */
export type Decoded<M extends Message> = Show<DecodedStruct<M['fields']>>
/** A message as a writer takes it: fields with a default, or that not every version has, may be left out. */
export type Encodable<M extends Message> = EncodableStruct<M['fields']>

const never: VersionRange = versionRange('none')
const always: VersionRange = versionRange('0+')
const noBytes = Buffer.alloc(0)

const zeros: Readonly<Record<FieldKind, unknown>> = {
  bool: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  uint32: 0,
  int64: 0,
  float64: 0,
  string: '',
  uuid: zeroUuid,
  bytes: noBytes,
  records: null,
  array: Object.freeze([]),
  struct: undefined,
}

function field(kind: FieldKind, given: Int64Options = {}, item?: Field, fields?: Fields): Field<any, any, any> {
  const zero = given.wide === true ? 0n : zeros[kind]
  const versions = given.versions === undefined ? always : versionRange(given.versions)
  return {
    kind,
    versions,
    nullable: given.nullable === undefined ? never : versionRange(given.nullable),
    tag: given.tag,
    tagged: given.tag === undefined ? never : given.tagged === undefined ? versions : versionRange(given.tagged),
    default: given.default === undefined ? zero : given.default,
    ignorable: given.ignorable === true,
    required: given.default === undefined && given.versions === undefined && given.tag === undefined,
    wide: given.wide === true,
    saturate: given.saturate === true,
    item,
    fields,
  }
}

/** One byte, 0 or 1. */
export const bool = <const O extends FieldOptions<boolean>>(options?: Known<O, FieldOptions>): Plain<boolean, O> =>
  field('bool', options)
/** One byte, signed. */
export const int8 = <const O extends FieldOptions<number>>(options?: Known<O, FieldOptions>): Plain<number, O> =>
  field('int8', options)
/** Two bytes, signed. */
export const int16 = <const O extends FieldOptions<number>>(options?: Known<O, FieldOptions>): Plain<number, O> =>
  field('int16', options)
/** Two bytes, unsigned: ports. */
export const uint16 = <const O extends FieldOptions<number>>(options?: Known<O, FieldOptions>): Plain<number, O> =>
  field('uint16', options)
/** Four bytes, signed. */
export const int32 = <const O extends FieldOptions<number>>(options?: Known<O, FieldOptions>): Plain<number, O> =>
  field('int32', options)
/** Four bytes, unsigned. */
export const uint32 = <const O extends FieldOptions<number>>(options?: Known<O, FieldOptions>): Plain<number, O> =>
  field('uint32', options)
/** Eight bytes as a number, refused beyond the exact range; `wide` gives a bigint, `saturate` the range's end. */
export const int64 = <const O extends Int64Options<number | bigint>>(
  options?: Known<O, Int64Options> & (O extends { wide: true } ? { default?: bigint } : { default?: number }),
): Plain<O extends { readonly wide: true } ? bigint : number, O> => field('int64', options)
/** Eight bytes, IEEE 754. */
export const float64 = <const O extends FieldOptions<number>>(options?: Known<O, FieldOptions>): Plain<number, O> =>
  field('float64', options)
/** UTF-8 text with its length in front: two bytes, or a varint in flexible versions. */
export const string = <const O extends FieldOptions<string | null>>(
  options?: Known<O, FieldOptions>,
): Plain<string, O> => field('string', options)
/** Sixteen bytes, as base64url text of 22 characters. */
export const uuid = <const O extends FieldOptions<string>>(options?: Known<O, FieldOptions>): Plain<string, O> =>
  field('uuid', options)
/** Bytes with their length in front; a view on the frame when read. */
export const bytes = <const O extends FieldOptions<null>>(
  options?: Known<O, FieldOptions>,
): Field<Buffer | Null<O>, Uint8Array | Null<O>, IsOptional<O>> => field('bytes', options)
/** Record batches, never decoded here: a view on the frame when read, chunks that go out uncopied when written. */
export const records = <const O extends FieldOptions<null>>(
  options?: Known<O, FieldOptions>,
): Field<Buffer | Null<O>, Chunks | Null<O>, IsOptional<O>> => field('records', options)
/** Any number of `item`. */
export const array = <F extends Field, const O extends FieldOptions<null>>(
  item: F,
  options?: Known<O, FieldOptions>,
): Field<readonly Out<F>[] | Null<O>, readonly In<F>[] | Null<O>, IsOptional<O>> => field('array', options, item)
/** A field whose options stand behind its own fields, where they are seen: `structs({ … }).with({ tag: 0 })`. */
export interface Configurable<Value, Input> extends Field<Value, Input, false> {
  with<const O extends FieldOptions<null>>(
    options: Known<O, FieldOptions>,
  ): Field<Value | Null<O>, Input | Null<O>, IsOptional<O>>
}

/** Fields in their order, and in flexible versions a tail of tagged fields. */
export const struct = <const F extends Fields>(
  fields: F,
): Configurable<Show<DecodedStruct<F>>, EncodableStruct<F>> => ({
  ...field('struct', {}, undefined, fields),
  with: (options) => field('struct', options, undefined, fields),
})
/** Any number of structs with these fields. */
export const structs = <const F extends Fields>(
  fields: F,
): Configurable<readonly Show<DecodedStruct<F>>[], readonly EncodableStruct<F>[]> => ({
  ...field('array', {}, struct(fields)),
  with: (options) => field('array', options, struct(fields)),
})

/** A message that codecs can read and write, in each of its versions. */
export interface Message<F extends Fields = Fields> {
  readonly name: string
  readonly versions: VersionRange
  /** The versions with compact lengths and tagged fields; reaches beyond `versions`, as headers of later ones do. */
  readonly flexible: VersionRange
  readonly fields: F
}

/** A request and its response. */
export interface Api<Request extends Fields = Fields, Response extends Fields = Fields> {
  readonly key: number
  readonly name: string
  readonly versions: VersionRange
  readonly flexible: VersionRange
  /** True when the response's header has no tagged fields even in flexible versions. */
  readonly plainResponseHeader: boolean
  readonly request: Message<Request>
  readonly response: Message<Response>
}

/** Declares an API. Versions are those that are valid on the wire, stable ones only. */
export function api<const Request extends Fields, const Response extends Fields>(declared: {
  readonly key: number
  readonly name: string
  readonly versions: Versions
  readonly flexible: Versions
  readonly plainResponseHeader?: boolean
  readonly request: Request
  readonly response: Response
}): Api<Request, Response> {
  const { key, name } = declared
  const versions = versionRange(declared.versions)
  const flexible = versionRange(declared.flexible)
  return {
    key,
    name,
    versions,
    flexible,
    plainResponseHeader: declared.plainResponseHeader === true,
    request: { name: `${name}Request`, versions, flexible, fields: declared.request },
    response: { name: `${name}Response`, versions, flexible, fields: declared.response },
  }
}
