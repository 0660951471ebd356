import type { Fields, Message } from '#core/wire/schema.ts'
import { type Versions, versionRange } from '#core/wire/versions.ts'

/** A type of record in the metadata log; `type` is its number there. */
export interface MetadataRecordType<F extends Fields = Fields> extends Message<F> {
  readonly type: number
}

/** Declares a type of record in the metadata log. */
export function metadataRecord<const F extends Fields>(declared: {
  readonly type: number
  readonly name: string
  readonly versions: Versions
  readonly flexible: Versions
  readonly fields: F
}): MetadataRecordType<F> {
  return { ...declared, versions: versionRange(declared.versions), flexible: versionRange(declared.flexible) }
}
