import type { CompressionName, Partitioner, ProducerOptions } from '#core/client/client.ts'

/** Producer options with every default filled in. Sizes in bytes. */
export interface ProducerSettings {
  readonly acks: 0 | 1 | -1
  readonly idempotent: boolean
  readonly lingerMs: number
  /** Send at once while a broker has nothing of ours to do, and linger only behind a request that is under way. */
  readonly eager: boolean
  readonly batchSize: number
  readonly compression: CompressionName
  readonly partitioner: Partitioner | undefined
  readonly bufferMemory: number
  readonly maxRequestSize: number
  readonly requestTimeoutMs: number
  readonly deliveryTimeoutMs: number
  readonly maxInFlight: number
}

/** Most requests under way to one broker with idempotence: it remembers five batches of a producer. */
const idempotentWindow = 5

/**
 * Fills in defaults: Kafka's, but for `batchSize` (64 KiB: nothing is reserved for it) and `lingerMs`, which when left
 * out costs an idle producer no delay.
 */
export function producerSettings(options: ProducerOptions): ProducerSettings {
  const acks = options.acks ?? -1
  const idempotent = options.idempotent ?? acks === -1
  if (idempotent && acks !== -1) throw new RangeError('an idempotent producer needs acks -1')
  const maxInFlight = options.maxInFlight ?? idempotentWindow
  if (idempotent && maxInFlight > idempotentWindow) {
    throw new RangeError(`an idempotent producer may have ${idempotentWindow} requests in flight, not ${maxInFlight}`)
  }
  return {
    acks,
    idempotent,
    lingerMs: options.lingerMs ?? 5,
    eager: options.lingerMs === undefined,
    batchSize: options.batchSize ?? 65_536,
    compression: options.compression ?? 'none',
    partitioner: options.partitioner,
    bufferMemory: options.bufferMemory ?? 33_554_432,
    maxRequestSize: options.maxRequestSize ?? 1_048_576,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    deliveryTimeoutMs: options.deliveryTimeoutMs ?? 120_000,
    maxInFlight,
  }
}
