/** Over which time a rate is measured. */
export interface RateWindows {
  /** Samples kept, the one under way included. */
  readonly count: number
  readonly sizeMs: number
}

interface Sample {
  readonly startMs: number
  sum: number
}

/**
 * A rate over the last few samples, as Apache Kafka measures it: until all samples have been filled once it counts as if
 * nothing had come before, so that a beginning in haste is no rate of thousands.
 */
export class Rate {
  readonly #windows: RateWindows
  #samples: Sample[] = []

  constructor(windows: RateWindows) {
    this.#windows = windows
  }

  record(value: number, nowMs: number): void {
    const { count, sizeMs } = this.#windows
    const last = this.#samples.at(-1)
    if (last !== undefined && nowMs - last.startMs < sizeMs) {
      last.sum += value
      return
    }
    this.#samples.push({ startMs: nowMs, sum: value })
    if (this.#samples.length > count) this.#samples.shift()
  }

  /** Per second. */
  measure(nowMs: number): number {
    this.#forget(nowMs)
    let sum = 0
    for (const sample of this.#samples) sum += sample.sum
    return (sum * 1000) / this.spanMs(nowMs)
  }

  /** The time that the rate is over: not less than all samples but one, whatever has passed. */
  spanMs(nowMs: number): number {
    const { count, sizeMs } = this.#windows
    const elapsed = nowMs - (this.#samples[0]?.startMs ?? nowMs)
    const missing = count - 1 - Math.floor(elapsed / sizeMs)
    return Math.max(sizeMs, missing > 0 ? elapsed + missing * sizeMs : elapsed)
  }

  /** True when nothing that was recorded counts any more. */
  isIdle(nowMs: number): boolean {
    this.#forget(nowMs)
    return this.#samples.length === 0
  }

  #forget(nowMs: number): void {
    const oldest = nowMs - this.#windows.count * this.#windows.sizeMs
    if (this.#samples[0] !== undefined && this.#samples[0].startMs <= oldest) {
      this.#samples = this.#samples.filter(({ startMs }) => startMs > oldest)
    }
  }
}

/** How long a client must pause until its rate is within the bound again: as long as the surplus would have taken. */
export function pauseMs(rate: Rate, bound: number, nowMs: number): number {
  const observed = rate.measure(nowMs)
  return observed <= bound ? 0 : Math.round(((observed - bound) / bound) * rate.spanMs(nowMs))
}
