import type { Serde } from '#core/serde/serde.ts'
import { streamsErrors } from '../errors.ts'
import type { StoreKind, StorePlan } from '../state/store.ts'
import { checkName } from '../topology/naming.ts'
import type { Duration } from '../operators/duration.ts'
import { durationMs } from '../operators/duration.ts'
import type { NameOption } from './parts.ts'
import type { PlanBuilder } from './plan-builder.ts'

/** How a table keeps its rows. */
export interface StoreOptions {
  /** Names the store and with it its changelog topic; automatic names change when calls are added before. */
  readonly name?: string
  /** Window stores: how long rows stay readable, at least size and grace. */
  readonly retention?: Duration
  /** Gather updates and forward only the last of each key at a commit; default true. */
  readonly cache?: boolean
  /** Keep a changelog topic, maybe with settings of its own; default true. */
  readonly log?: boolean | Readonly<Record<string, string>>
  /** Remember for so long what rows were before. */
  readonly versioned?: Duration
}

/** What operators take that make a table with a store. */
export interface MaterializedOptions<K, V> extends NameOption {
  /** The store, or just its name. Without it the store has an automatic name. */
  readonly store?: string | StoreOptions
  readonly key?: Serde<K>
  readonly value?: Serde<V>
}

/** What a store must be, whatever the options say. */
export interface StoreNeeds {
  readonly kind: StoreKind
  readonly key: Serde<unknown> | undefined
  readonly value: Serde<unknown> | undefined
  readonly windowSizeMs?: number
  /** Shortest retention that works. */
  readonly leastRetentionMs?: number
  /** Rows stay until they were emitted. */
  readonly holding?: boolean
  /** False where Kafka does not cache. */
  readonly cacheable?: boolean
}

/** Options in full. */
export const storeOptions = (store: string | StoreOptions | undefined): StoreOptions =>
  typeof store === 'string' ? { name: store } : (store ?? {})

/** True when the options speak of the store at all, which uses up a name in some calls. */
export const speaksOfStore = (options: { readonly store?: unknown }): boolean => options.store !== undefined

/** The name given, or an automatic one; must be called where Kafka does, because it counts. */
export function storeName(plan: PlanBuilder, options: StoreOptions, prefix: string): string {
  return options.name === undefined ? plan.naming.store(prefix) : checkName(options.name)
}

/** Puts needs and wishes together. Throws OPTION_INVALID. */
export function storePlan(name: string, options: StoreOptions, needs: StoreNeeds): StorePlan {
  const { log = true, cache = true } = options
  const versioned =
    options.versioned === undefined ? undefined : durationMs(options.versioned, `history of store "${name}"`)
  const least = needs.leastRetentionMs
  const retentionMs =
    versioned ??
    (options.retention === undefined ? least : durationMs(options.retention, `retention of store "${name}"`))
  if (least !== undefined && retentionMs !== undefined && retentionMs < least) {
    throw streamsErrors.OPTION_INVALID({
      what: `retention of store "${name}"`,
      problem: `${retentionMs} ms is less than the windows need, which is ${least} ms`,
    })
  }
  return Object.freeze({
    name,
    kind: versioned === undefined ? needs.kind : 'versionedKeyValue',
    key: needs.key,
    value: needs.value,
    cached: cache && needs.cacheable !== false && versioned === undefined,
    logged: log !== false,
    logConfig: typeof log === 'object' ? log : {},
    ...(retentionMs !== undefined && { retentionMs }),
    ...(needs.holding === true && { holding: true }),
    ...(needs.windowSizeMs !== undefined && { windowSizeMs: needs.windowSizeMs }),
  })
}
