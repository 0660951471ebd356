import type { Clock } from '#core/ports/clock.ts'

import type { ClientQuotas } from './client-quotas.ts'
import { OnDemand } from './on-demand.ts'
import { Rate, type RateWindows, pauseMs } from './rate.ts'

/** What becomes of a new connection: it waits, and then is let in or closed. */
export interface Admission {
  readonly waitMs: number
  readonly refused: boolean
}

const atOnce: Admission = { waitMs: 0, refused: false }
const unlimited = 2_147_483_647
const key = 'connection_creation_rate'

/**
 * Quotas on new connections. Over the quota of its address a connection is held for a while and then closed, so that a
 * client that tries again and again is slowed down; over the rate of all it waits for its turn.
 */
export class ConnectionLimits {
  readonly #quotas: ClientQuotas
  readonly #windows: RateWindows
  readonly #clock: Clock
  readonly #perSecond: number
  readonly #all: Rate
  readonly #byAddress: OnDemand<Rate>

  /** `perSecond` is `max.connection.creation.rate`. */
  constructor(quotas: ClientQuotas, perSecond: number, windows: RateWindows, clock: Clock) {
    this.#quotas = quotas
    this.#windows = windows
    this.#clock = clock
    this.#perSecond = perSecond
    this.#all = new Rate(windows)
    this.#byAddress = new OnDemand(
      () => new Rate(windows),
      (rate) => rate.isIdle(clock.monotonic()),
    )
  }

  /** Counts a new connection from an address. */
  admit(address: string): Admission {
    const now = this.#clock.monotonic()
    const ofAddress = this.#quotas.has(key) ? this.#quotas.limitForIp(key, address) : undefined
    if (ofAddress !== undefined) {
      const rate = this.#byAddress.get(address)
      rate.record(1, now)
      const pause = pauseMs(rate, ofAddress, now)
      if (pause > 0) {
        rate.record(-1, now)
        return { waitMs: Math.min(pause, this.#windows.sizeMs), refused: true }
      }
    }
    if (this.#perSecond >= unlimited) return atOnce
    this.#all.record(1, now)
    const waitMs = pauseMs(this.#all, this.#perSecond, now)
    return waitMs === 0 ? atOnce : { waitMs, refused: false }
  }
}
