export { cooperativeStickyAssignor } from '#core/client/assignors/cooperative-sticky.ts'
export { rangeAssignor } from '#core/client/assignors/range.ts'
export { roundRobinAssignor } from '#core/client/assignors/round-robin.ts'
export { stickyAssignor } from '#core/client/assignors/sticky.ts'
