import type { Serde } from '#core/serde/serde.ts'

/** What every store has. */
export interface StateStore {
  readonly name: string
  /** Rows in the store; an upper bound where counting is dear. */
  readonly size: number
}

/** A store of windows whose rows wait to be emitted: until then they stay, however far time has jumped. */
export interface HoldingStore extends StateStore {
  /** Rows of windows from this time on (starts; ends of sessions) have not been emitted yet. */
  holdFrom(time: number): void
}

/** A value with the time of its last update. */
export interface ValueAndTimestamp<V> {
  readonly value: V
  readonly timestamp: number
}

/** The kinds of store a topology can ask for. */
export type StoreKind =
  | 'keyValue'
  | 'timestampedKeyValue'
  | 'versionedKeyValue'
  | 'window'
  | 'timestampedWindow'
  | 'session'
  | 'suppression'
  | 'outerJoin'
  | 'lookupBuffer'

/** A store as the DSL describes it: data only. Serdes may still be missing; the topology has the defaults filled in. */
export interface StorePlan {
  readonly name: string
  readonly kind: StoreKind
  readonly key: Serde<unknown> | undefined
  readonly value: Serde<unknown> | undefined
  /** Updates are gathered in the record cache and handed on at the next commit. */
  readonly cached: boolean
  /** Every update goes to a changelog topic. */
  readonly logged: boolean
  /** Settings of the changelog topic beyond the usual ones. */
  readonly logConfig: Readonly<Record<string, string>>
  /** Window and session stores: ms after which rows are gone. Versioned stores: ms that old versions are kept. */
  readonly retentionMs?: number
  /** Window stores: size of the windows, ms. */
  readonly windowSizeMs?: number
  /** Window and session stores: rows that were not emitted yet stay beyond the retention. */
  readonly holding?: boolean
  /** Stores of joins that hold values of both sides: the serde of the right one. */
  readonly otherValue?: Serde<unknown> | undefined
  /** Updates are logged with the headers of the record that caused them, as Kafka does for stream-stream joins. */
  readonly logsHeaders?: boolean
  /** Window stores of joins keep several rows of one key and time. */
  readonly retainDuplicates?: boolean
}

/** A store as the topology describes it. */
export interface StoreSpec extends StorePlan {
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
}
