/**
 * Tokens that come at a steady rate up to a limit and may be overdrawn: whoever finds any may take what it needs, and the
 * next one waits until the debt is paid. So a large request is possible with a small quota.
 */
export class TokenBucket {
  #tokens: number
  #atMs: number

  /** Full at the beginning. */
  constructor(burst: number, nowMs: number) {
    this.#tokens = burst
    this.#atMs = nowMs
  }

  take(count: number, rate: { readonly perSecond: number; readonly burst: number }, nowMs: number): void {
    this.#refill(rate, nowMs)
    this.#tokens -= count
  }

  /** How long until the debt is paid; 0 when there is none. */
  debtMs(rate: { readonly perSecond: number; readonly burst: number }, nowMs: number): number {
    this.#refill(rate, nowMs)
    return this.#tokens >= 0 ? 0 : Math.round((-this.#tokens * 1000) / rate.perSecond)
  }

  #refill(rate: { readonly perSecond: number; readonly burst: number }, nowMs: number): void {
    this.#tokens = Math.min(rate.burst, this.#tokens + ((nowMs - this.#atMs) * rate.perSecond) / 1000)
    this.#atMs = nowMs
  }
}
