/** Where the group coordinator keeps what it knows. */
export const offsetsTopic = '__consumer_offsets'
/** Where the transaction coordinator does. */
export const transactionsTopic = '__transaction_state'

/** A topic that a coordinator keeps for itself. */
export type CoordinatorTopic = typeof offsetsTopic | typeof transactionsTopic

/** Tells the topics of coordinators from all others. */
export const isCoordinatorTopic = (name: string): name is CoordinatorTopic =>
  name === offsetsTopic || name === transactionsTopic
