import type { Kafka } from 'kafkajs'

import { errorTable } from '#core/errors/table.ts'

/** What the adapter says to calls that kafkajs has no way to do. */
export const kafkajsErrors = errorTable({
  KAFKAJS_CANNOT: {
    retry: 'never',
    message: 'kafkajs has no {what}',
    hint: 'Use createClient, which has all of the client port.',
  },
})

/** Throws KAFKAJS_CANNOT. */
export const cannot = (what: string): never => {
  throw kafkajsErrors.KAFKAJS_CANNOT({ what })
}

/** Loads kafkajs, once. */
export type Load = () => Promise<Kafka>
