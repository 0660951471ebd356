/** Suites that every connector has to pass, for any test framework: lists of named laws. */
export type { Law } from './contract.ts'
export { sinkContract } from './sink-contract.ts'
export type { SinkFixture } from './sink-contract.ts'
export { sourceContract } from './source-contract.ts'
export type { SourceFixture } from './source-contract.ts'
