import { invalid } from '../errors.ts'
import type { OpenStore, StoreEnvironment } from './environment.ts'
import type { StoreSpec } from './store.ts'

/** Opens the store that a topology describes, in memory. */
export function openStore(spec: StoreSpec, environment: StoreEnvironment): OpenStore {
  void environment
  throw invalid(`store "${spec.name}" of kind ${spec.kind} cannot be opened`)
}
