/**
 * The states of a classic group, spelled as Kafka shows them.
 *
 *     Empty ──join──► PreparingRebalance ──all joined, or time is up──► CompletingRebalance ──leader's sync──► Stable
 *       ▲                │      ▲                                            │                                  │
 *       └──nobody left───┘      └──────────── join, leave, silence ──────────┴──────────────────────────────────┘
 *
 * Dead is what a group that does not exist is called; a group object never has that state.
 */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

const allowedFrom: Readonly<Record<GroupState, readonly GroupState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Empty', 'CompletingRebalance', 'Stable'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
}

/** True when a group may go from one state to the other. */
export function mayGo(from: GroupState, to: GroupState): boolean {
  return allowedFrom[to].includes(from)
}
