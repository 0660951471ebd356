import type { Clock } from '#core/ports/clock.ts'

import type { ClientQuotas, QuotaKey } from './client-quotas.ts'
import { OnDemand } from './on-demand.ts'
import { Rate, type RateWindows, pauseMs } from './rate.ts'

/** One kind of quota on rates of users and clients, and what they have used of it. */
export class RateLimits {
  readonly #quotas: ClientQuotas
  readonly #key: QuotaKey
  readonly #windows: RateWindows
  readonly #clock: Clock
  readonly #longestPauseMs: number
  readonly #rates: OnDemand<Rate>

  constructor(
    quotas: ClientQuotas,
    key: QuotaKey,
    windows: RateWindows,
    clock: Clock,
    longestPauseMs: number = Number.POSITIVE_INFINITY,
  ) {
    this.#longestPauseMs = longestPauseMs
    this.#quotas = quotas
    this.#key = key
    this.#windows = windows
    this.#clock = clock
    this.#rates = new OnDemand(
      () => new Rate(windows),
      (rate) => rate.isIdle(clock.monotonic()),
    )
  }

  /** False while nobody has such a quota. */
  get active(): boolean {
    return this.#quotas.has(this.#key)
  }

  /** Counts what a client has used, and tells for how many ms it should pause. */
  record(user: string, clientId: string, value: number): number {
    const limit = this.#quotas.limitFor(this.#key, user, clientId)
    if (limit === undefined) return 0
    const now = this.#clock.monotonic()
    const rate = this.#rates.get(limit.sharedBy)
    rate.record(value, now)
    return Math.min(this.#longestPauseMs, pauseMs(rate, limit.bound, now))
  }

  /**
   * As `record`, but what does not fit is not to be used and so not counted. Something too large for any time passes when
   * nothing else was used lately; else it would never pass.
   */
  admit(user: string, clientId: string, value: number): number {
    const limit = this.#quotas.limitFor(this.#key, user, clientId)
    if (limit === undefined) return 0
    const now = this.#clock.monotonic()
    const rate = this.#rates.get(limit.sharedBy)
    const wasIdle = rate.isIdle(now)
    rate.record(value, now)
    const pause = pauseMs(rate, limit.bound, now)
    if (pause === 0 || wasIdle) return 0
    rate.record(-value, now)
    return pause
  }

  /** The most that a client could use in all samples but one without having to pause; no limit without a quota. */
  mostAtOnce(user: string, clientId: string): number {
    const bound = this.#quotas.limitFor(this.#key, user, clientId)?.bound
    if (bound === undefined) return Number.POSITIVE_INFINITY
    return (bound * (this.#windows.count - 1) * this.#windows.sizeMs) / 1000
  }
}
