import type { Parts } from './parts.ts'
import { parts } from './parts.ts'

/** A table: for each key the latest row, as a description. */
export class KTable<K, V> {
  /** @internal */
  readonly [parts]: Parts
  declare protected readonly types: readonly [K, V]

  /** @internal */
  constructor(given: Parts) {
    this[parts] = given
  }
}
