/** What was counted for a topic since it is known. */
export interface TopicTraffic {
  messagesIn: number
  bytesIn: number
  bytesOut: number
  bytesRejected: number
  produceRequests: number
  fetchRequests: number
  failedProduceRequests: number
  failedFetchRequests: number
}

const quiet = (): TopicTraffic => ({
  messagesIn: 0,
  bytesIn: 0,
  bytesOut: 0,
  bytesRejected: 0,
  produceRequests: 0,
  fetchRequests: 0,
  failedProduceRequests: 0,
  failedFetchRequests: 0,
})

/** Upper ends of the classes into which times fall, ms: from 10 µs up, each half as much again. */
const classEndsMs: readonly number[] = Array.from({ length: 48 }, (_, i) => 0.01 * 1.5 ** i)
/** Quantiles tell of the time since the last change of window and the window before it. */
const windowMs = 60_000

/** How long something took, as counts in classes of time. */
export class Times {
  count = 0
  sumMs = 0
  maxMs = 0
  #now = new Uint32Array(classEndsMs.length + 1)
  #before = new Uint32Array(classEndsMs.length + 1)
  #since = 0

  /** `atMs` is any clock that only goes forward. */
  add(tookMs: number, atMs: number): void {
    this.#turn(atMs)
    this.count++
    this.sumMs += tookMs
    if (tookMs > this.maxMs) this.maxMs = tookMs
    this.#now[classOf(tookMs)]!++
  }

  /** The time that the given share of the last minute or two stayed below, ms, by the end of its class; 0 without any. */
  quantile(share: number, atMs: number): number {
    this.#turn(atMs)
    let total = 0
    for (let i = 0; i < this.#now.length; i++) total += this.#now[i]! + this.#before[i]!
    let seen = 0
    for (let i = 0; i < this.#now.length; i++) {
      seen += this.#now[i]! + this.#before[i]!
      if (total > 0 && seen >= share * total) return Math.min(classEndsMs[i] ?? this.maxMs, this.maxMs)
    }
    return 0
  }

  #turn(atMs: number): void {
    const passed = atMs - this.#since
    if (passed < windowMs) return
    const old = this.#before
    this.#before = this.#now
    this.#now = old.fill(0)
    if (passed >= 2 * windowMs) this.#before.fill(0)
    this.#since = atMs
  }
}

function classOf(tookMs: number): number {
  if (tookMs <= classEndsMs[0]!) return 0
  return Math.min(Math.ceil(Math.log(tookMs / classEndsMs[0]!) / Math.log(1.5)), classEndsMs.length)
}

/** What was counted for one API. */
export interface ApiTraffic {
  readonly name: string
  /** Requests by version. */
  readonly byVersion: (number | undefined)[]
  /** Requests that failed as a whole, by error code. */
  readonly byError: Map<number, number>
  readonly total: Times
}

/** What is counted while somebody looks: per topic and per API. Without metrics there is none of it. */
export class Meters {
  readonly topics = new Map<string, TopicTraffic>()
  readonly apis: (ApiTraffic | undefined)[] = []
  /** What topics that are gone had counted: the sum of all never falls. */
  readonly #gone = quiet()

  topic(name: string): TopicTraffic {
    let traffic = this.topics.get(name)
    if (traffic === undefined) this.topics.set(name, (traffic = quiet()))
    return traffic
  }

  /** Stops showing topics that were deleted. */
  forget(names: readonly string[]): void {
    for (const name of names) {
      const traffic = this.topics.get(name)
      if (traffic !== undefined) add(this.#gone, traffic)
      this.topics.delete(name)
    }
  }

  /** All topics together. */
  all(): TopicTraffic {
    const sum = { ...this.#gone }
    for (const traffic of this.topics.values()) add(sum, traffic)
    return sum
  }

  /** A request was answered `tookMs` after it came, at `atMs`; `errorCode` is that of the request as a whole. */
  answered(key: number, name: string, version: number, tookMs: number, atMs: number, errorCode: number): void {
    const api = (this.apis[key] ??= { name, byVersion: [], byError: new Map(), total: new Times() })
    api.byVersion[version] = (api.byVersion[version] ?? 0) + 1
    api.byError.set(errorCode, (api.byError.get(errorCode) ?? 0) + 1)
    api.total.add(tookMs, atMs)
  }
}

function add(sum: TopicTraffic, more: TopicTraffic): void {
  for (const name of Object.keys(sum) as (keyof TopicTraffic)[]) sum[name] += more[name]
}
