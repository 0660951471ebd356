/** What tests of topologies need; exported as `millrace/streams/testing`. */
export { TopologyTestDriver } from './topology-test-driver.ts'
export type { ProducedRecord, TestDriverOptions, TestInput, TestOutput } from './topology-test-driver.ts'
