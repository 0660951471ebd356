import { unreachable } from '#core/errors/assert.ts'
import type { OpenStore, StoreEnvironment } from './environment.ts'
import { openKeyValueStore } from './key-value-store.ts'
import { openLookupBuffer } from './lookup-buffer.ts'
import { openOuterJoinStore } from './outer-join-store.ts'
import { openSessionStore } from './session-store.ts'
import type { StoreSpec } from './store.ts'
import { openSuppressionBuffer } from './suppression-buffer.ts'
import { openVersionedStore } from './versioned-store.ts'
import { openWindowStore } from './window-store.ts'

/** Opens the store that a topology describes, in memory. */
export function openStore(spec: StoreSpec, environment: StoreEnvironment): OpenStore {
  switch (spec.kind) {
    case 'keyValue':
    case 'timestampedKeyValue':
      return openKeyValueStore(spec, environment)
    case 'versionedKeyValue':
      return openVersionedStore(spec, environment)
    case 'window':
    case 'timestampedWindow':
      return openWindowStore(spec, environment)
    case 'suppression':
      return openSuppressionBuffer(spec, environment)
    case 'outerJoin':
      return openOuterJoinStore(spec, environment)
    case 'lookupBuffer':
      return openLookupBuffer(spec, environment)
    case 'session':
      return openSessionStore(spec, environment)
    default:
      return unreachable(spec.kind)
  }
}
