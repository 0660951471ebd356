import type { DescribeTransactionsResponseInput } from '#core/wire/api/65-describe-transactions.ts'
import type { ListTransactionsRequest, ListTransactionsResponseInput } from '#core/wire/api/66-list-transactions.ts'
import { compileRe2 } from '../re2.ts'
import type { KnownId } from './known-id.ts'
import { transactionStates } from './transaction.ts'

type Described = DescribeTransactionsResponseInput['transactionStates'][number]
type Listed = ListTransactionsResponseInput['transactionStates'][number]

/** A transactional id as DescribeTransactions shows it. */
export function describe({ transactionalId, current }: KnownId): Described {
  return {
    errorCode: 0,
    transactionalId,
    transactionState: current.state,
    transactionTimeoutMs: current.timeoutMs,
    transactionStartTimeMs: current.startMs,
    producerId: current.producerId,
    producerEpoch: current.producerEpoch,
    topics: Array.from(current.partitions, ([topic, indexes]) => ({ topic, partitions: [...indexes] })),
  }
}

/** The answer for a transactional id that cannot be described. */
export const describeNothing = (transactionalId: string, errorCode: number): Described => ({
  errorCode,
  transactionalId,
  transactionState: '',
  transactionTimeoutMs: 0,
  transactionStartTimeMs: 0,
  producerId: 0,
  producerEpoch: 0,
  topics: [],
})

/** A transactional id as ListTransactions shows it. */
export const list = ({ transactionalId, current }: KnownId): Listed => ({
  transactionalId,
  producerId: current.producerId,
  transactionState: current.state,
})

/** Names of states in a request that mean nothing. */
export const unknownStates = (request: ListTransactionsRequest): string[] =>
  request.stateFilters.filter((name) => !transactionStates.some((state) => state === name))

/** The ids that a ListTransactions asks for; undefined when its pattern is no regular expression. */
export function listFilter(request: ListTransactionsRequest, nowMs: number): ((known: KnownId) => boolean) | undefined {
  const { durationFilter } = request
  const states = new Set(request.stateFilters)
  const producerIds = new Set(request.producerIdFilters)
  const matches = patternOf(request.transactionalIdPattern)
  if (matches === undefined) return undefined
  return ({ transactionalId, current }) =>
    (producerIds.size === 0 || producerIds.has(current.producerId)) &&
    (states.size === 0 || states.has(current.state)) &&
    (durationFilter < 0 || nowMs - current.startMs > durationFilter) &&
    matches(transactionalId)
}

function patternOf(pattern: string | null): ((text: string) => boolean) | undefined {
  if (pattern === null || pattern === '') return () => true
  try {
    const compiled = compileRe2(pattern)
    return (text) => compiled.matches(text)
  } catch {
    return undefined
  }
}
