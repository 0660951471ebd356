import type { Serde } from '#core/serde/serde.ts'
import type { Duration } from '../operators/duration.ts'
import { durationMs } from '../operators/duration.ts'
import type { StoreKind, StorePlan } from '../state/store.ts'
import { checkName } from '../topology/naming.ts'

/** A store that processors share, to be given to `StreamsBuilder.addStore`. */
export interface AddedStoreOptions<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Gather updates until a commit; default false. */
  readonly cache?: boolean
  /** Keep a changelog topic, maybe with settings of its own; default true. */
  readonly log?: boolean | Readonly<Record<string, string>>
}

function plan<K, V>(
  kind: StoreKind,
  name: string,
  { key, value, cache = false, log = true }: AddedStoreOptions<K, V>,
  more: Partial<StorePlan> = {},
): StorePlan {
  return Object.freeze({
    name: checkName(name),
    kind,
    key: key as Serde<unknown>,
    value: value as Serde<unknown>,
    cached: cache,
    logged: log !== false,
    logConfig: typeof log === 'object' ? log : {},
    ...more,
  })
}

/** Stores for processors, by kind. */
export const stores = {
  /** Values by key. */
  keyValue: <K, V>(name: string, options: AddedStoreOptions<K, V>): StorePlan => plan('keyValue', name, options),
  /** Values by key with the time of their last update. */
  timestampedKeyValue: <K, V>(name: string, options: AddedStoreOptions<K, V>): StorePlan =>
    plan('timestampedKeyValue', name, options),
  /** Values by key, and what they were for as long as `history`. */
  versionedKeyValue: <K, V>(
    name: string,
    options: AddedStoreOptions<K, V> & { readonly history: Duration },
  ): StorePlan =>
    plan(
      'versionedKeyValue',
      name,
      { ...options, cache: false },
      { retentionMs: durationMs(options.history, 'history') },
    ),
  /** Values by key and window start; with `duplicates` several of one key and start. */
  window: <K, V>(
    name: string,
    options: AddedStoreOptions<K, V> & {
      readonly retention: Duration
      readonly size: Duration
      readonly duplicates?: boolean
    },
  ): StorePlan =>
    // Rows of which there may be several cannot be told apart in a cache.
    plan('window', name, options.duplicates === true ? { ...options, cache: false } : options, {
      retentionMs: durationMs(options.retention, 'retention'),
      windowSizeMs: durationMs(options.size, 'window size'),
      retainDuplicates: options.duplicates ?? false,
    }),
  /** Values by key and session. */
  session: <K, V>(name: string, options: AddedStoreOptions<K, V> & { readonly retention: Duration }): StorePlan =>
    plan('session', name, options, { retentionMs: durationMs(options.retention, 'retention') }),
} as const
