import type { Clock } from '#core/ports/clock.ts'
import { ProtocolError } from '#core/wire/errors.ts'

import type { ClientQuotas } from './client-quotas.ts'
import { OnDemand } from './on-demand.ts'
import type { RateWindows } from './rate.ts'
import { TokenBucket } from './token-bucket.ts'

/** The quota of one request that changes topics. */
export interface Mutations {
  /**
   * Counts partitions that the request makes or removes. A strict quota that is used up throws THROTTLING_QUOTA_EXCEEDED;
   * the client then knows what was not done, and asks again after the pause.
   */
  take(partitions: number): void
  /** For how many ms the client should pause. */
  readonly pauseMs: number
}

/** Made with the first request that takes anything, and full then. */
interface Used {
  bucket: TokenBucket | undefined
  usedAtMs: number
}

const unlimited: Mutations = { take: () => undefined, pauseMs: 0 }
const key = 'controller_mutation_rate'

/** The quotas on changes of topics, and what users and clients have used of them. */
export class MutationLimits {
  readonly #quotas: ClientQuotas
  readonly #windows: RateWindows
  readonly #clock: Clock
  readonly #buckets: OnDemand<Used>

  constructor(quotas: ClientQuotas, windows: RateWindows, clock: Clock) {
    this.#quotas = quotas
    this.#windows = windows
    this.#clock = clock
    // After an hour unused a debt is paid, with any quota that makes sense.
    this.#buckets = new OnDemand<Used>(
      () => ({ bucket: undefined, usedAtMs: clock.monotonic() }),
      ({ usedAtMs }) => clock.monotonic() - usedAtMs > 3_600_000,
    )
  }

  /** `strict`: the client's version of the request knows the error; others are only made to pause. */
  of(user: string, clientId: string, strict: boolean): Mutations {
    const limit = this.#quotas.has(key) ? this.#quotas.limitFor(key, user, clientId) : undefined
    if (limit === undefined) return unlimited
    const perSecond = limit.bound
    const rate = { perSecond, burst: (perSecond * this.#windows.count * this.#windows.sizeMs) / 1000 }
    const kept = this.#buckets.get(limit.sharedBy)
    const bucket = (kept.bucket ??= new TokenBucket(rate.burst, this.#clock.monotonic()))
    const mutations = {
      pauseMs: 0,
      take: (partitions: number) => {
        const now = (kept.usedAtMs = this.#clock.monotonic())
        if (strict) {
          mutations.pauseMs = bucket.debtMs(rate, now)
          if (mutations.pauseMs > 0) {
            throw new ProtocolError('THROTTLING_QUOTA_EXCEEDED', `quota ${key} of ${perSecond}/s is used up`)
          }
        }
        bucket.take(partitions, rate, now)
        if (!strict) mutations.pauseMs = bucket.debtMs(rate, now)
      },
    }
    return mutations
  }
}
