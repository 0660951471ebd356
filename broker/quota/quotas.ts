import type { Clock } from '#core/ports/clock.ts'

import type { ClientQuotas } from './client-quotas.ts'
import { ConnectionLimits } from './connection-limits.ts'
import { MutationLimits } from './mutation-limits.ts'
import { RateLimits } from './rate-limits.ts'

/** The settings that say over which time quotas are measured. */
export interface QuotaWindows {
  readonly 'quota.window.num': number
  readonly 'quota.window.size.seconds': number
  readonly 'controller.quota.window.num': number
  readonly 'controller.quota.window.size.seconds': number
  readonly 'max.connection.creation.rate': number
}

/** What users and clients may use of the broker, and what they have used. */
export class Quotas {
  /** Bytes of produce requests. */
  readonly produce: RateLimits
  /** Bytes of fetched batches. */
  readonly fetch: RateLimits
  /** Share of the thread's time, in percent; one sample is the longest pause, as what was done is not much by itself. */
  readonly request: RateLimits
  /** Partitions made and removed. */
  readonly mutations: MutationLimits
  /** New connections. */
  readonly connections: ConnectionLimits

  constructor(quotas: ClientQuotas, config: QuotaWindows, clock: Clock) {
    const windows = { count: config['quota.window.num'], sizeMs: config['quota.window.size.seconds'] * 1000 }
    const ofController = {
      count: config['controller.quota.window.num'],
      sizeMs: config['controller.quota.window.size.seconds'] * 1000,
    }
    this.produce = new RateLimits(quotas, 'producer_byte_rate', windows, clock)
    this.fetch = new RateLimits(quotas, 'consumer_byte_rate', windows, clock)
    this.request = new RateLimits(quotas, 'request_percentage', windows, clock, windows.sizeMs)
    this.connections = new ConnectionLimits(quotas, config['max.connection.creation.rate'], windows, clock)
    this.mutations = new MutationLimits(quotas, ofController, clock)
  }
}
