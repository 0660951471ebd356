import type { FetchRequest, FetchResponseInput } from '#core/wire/api/01-fetch.ts'
import { errorCodes } from '#core/wire/errors.ts'

type TopicRequest = FetchRequest['topics'][number]
type PartitionRequest = TopicRequest['partitions'][number]
type TopicResponse = FetchResponseInput['responses'][number]
type PartitionResponse = TopicResponse['partitions'][number]

/** A partition of a session: what the client asked last, and what it was told last. */
interface Cached {
  readonly topic: string
  readonly topicId: string
  asked: PartitionRequest
  highWatermark: number
  logStartOffset: number
}

const nothingTold = -1

const cached = ({ topic, topicId }: TopicRequest, asked: PartitionRequest): Cached => ({
  topic,
  topicId,
  asked,
  highWatermark: nothingTold,
  logStartOffset: nothingTold,
})

const keyOf = (topic: { readonly topic: string; readonly topicId: string }, byId: boolean, partition: number): string =>
  `${byId ? topic.topicId : topic.topic}:${partition}`

/**
 * KIP-227: the partitions that a client reads, kept here so that requests name only what changes and answers only what has
 * news. The order is the order in which partitions may fill an answer: one that got records goes to the end.
 */
class FetchSession {
  readonly id: number
  readonly byId: boolean
  /** The epoch that the next request must have. */
  epoch = 1
  lastUsedMs: number
  readonly #partitions = new Map<string, Cached>()
  #topics: readonly TopicRequest[] | undefined

  constructor(id: number, byId: boolean, nowMs: number) {
    this.id = id
    this.byId = byId
    this.lastUsedMs = nowMs
  }

  get size(): number {
    return this.#partitions.size
  }

  /** Takes what a request adds, changes and drops. */
  update({ topics, forgottenTopicsData }: FetchRequest): void {
    for (const topic of topics) {
      for (const asked of topic.partitions) {
        const key = keyOf(topic, this.byId, asked.partition)
        const known = this.#partitions.get(key)
        if (known === undefined) this.#partitions.set(key, cached(topic, asked))
        else known.asked = asked
        this.#topics = undefined
      }
    }
    for (const topic of forgottenTopicsData) {
      for (const partition of topic.partitions) this.#partitions.delete(keyOf(topic, this.byId, partition))
      this.#topics = undefined
    }
  }

  /** All partitions of the session, as a full request would name them. */
  get topics(): readonly TopicRequest[] {
    this.#topics ??= grouped(this.#partitions.values())
    return this.#topics
  }

  /** Notes what the client is told; with `newsOnly` what is no news is left out. */
  tell(responses: readonly TopicResponse[], newsOnly: boolean): readonly TopicResponse[] {
    const told: TopicResponse[] = []
    for (const topic of responses) {
      const partitions = topic.partitions.filter((each) => this.#note(topic, each) || !newsOnly)
      if (partitions.length > 0) told.push({ ...topic, partitions })
    }
    return told
  }

  /** True for records, an error, another high watermark or log start, or a diverging epoch. */
  #note(topic: TopicResponse, answer: PartitionResponse): boolean {
    const { topic: name = '', topicId = '' } = topic
    const key = keyOf({ topic: name, topicId }, this.byId, answer.partitionIndex)
    const known = this.#partitions.get(key)
    if (known === undefined) return true
    const { highWatermark, logStartOffset = -1, errorCode, divergingEpoch } = answer
    const hasRecords = answer.records !== null && (answer.records as readonly Buffer[]).length > 0
    const changed = known.highWatermark !== highWatermark || known.logStartOffset !== logStartOffset
    known.highWatermark = highWatermark
    known.logStartOffset = logStartOffset
    // Told again when it is over, whatever the watermark is then.
    if (errorCode !== 0) known.highWatermark = nothingTold
    if (hasRecords && this.#partitions.size > 1) {
      this.#partitions.delete(key)
      this.#partitions.set(key, known)
      this.#topics = undefined
    }
    return hasRecords || changed || errorCode !== 0 || (divergingEpoch !== undefined && divergingEpoch.epoch !== -1)
  }
}

/** Partitions that follow one another and are of one topic make one entry. */
function grouped(partitions: Iterable<Cached>): TopicRequest[] {
  const topics: { topic: string; topicId: string; partitions: PartitionRequest[] }[] = []
  for (const { topic, topicId, asked } of partitions) {
    const last = topics.at(-1)
    if (last !== undefined && last.topic === topic && last.topicId === topicId) last.partitions.push(asked)
    else topics.push({ topic, topicId, partitions: [asked] })
  }
  return topics
}

/** The sessions of a broker's clients, within a bound. */
export class FetchSessions {
  readonly #clock: { monotonic(): number }
  readonly #random: { next(): number }
  readonly #slots: number
  /** The least recently used first. */
  readonly #sessions = new Map<number, FetchSession>()

  /** `slots`: most sessions at a time, `max.incremental.fetch.session.cache.slots`. */
  constructor(clock: { monotonic(): number }, random: { next(): number }, slots: number) {
    this.#clock = clock
    this.#random = random
    this.#slots = slots
  }

  get count(): number {
    return this.#sessions.size
  }

  /** What a request means: which partitions to read, and how to answer. `byId`: it names topics by id. */
  exchange(request: FetchRequest, byId: boolean): FetchExchange {
    const { sessionId, sessionEpoch } = request
    if (sessionEpoch <= 0) {
      if (sessionId !== 0) this.#sessions.delete(sessionId)
      return sessionEpoch === 0 ? this.#full(request, byId) : sessionless(request)
    }
    const session = this.#sessions.get(sessionId)
    if (session === undefined) return refused('FETCH_SESSION_ID_NOT_FOUND')
    if (session.epoch !== sessionEpoch) return refused('INVALID_FETCH_SESSION_EPOCH')
    if (session.byId !== byId) return refused('FETCH_SESSION_TOPIC_ID_ERROR')
    this.#use(session)
    session.epoch = nextEpoch(sessionEpoch)
    session.update(request)
    if (session.size > 0) return incremental(session)
    this.#sessions.delete(session.id)
    return sessionless(request)
  }

  /** A full request, for which a session is made with the answer if there is room. */
  #full(request: FetchRequest, byId: boolean): FetchExchange {
    return {
      topics: request.topics,
      errorCode: 0,
      answer: (response) => {
        // An answer that a quota emptied begins nothing: the client asks for all of it again.
        const session = response.responses.length === 0 ? undefined : this.#open(byId)
        if (session === undefined) return response
        session.update(request)
        session.tell(response.responses, false)
        return { ...response, sessionId: session.id }
      },
    }
  }

  #open(byId: boolean): FetchSession | undefined {
    if (this.#sessions.size >= this.#slots) {
      const [oldest] = this.#sessions.values()
      if (oldest === undefined || this.#clock.monotonic() - oldest.lastUsedMs < evictionMs) return undefined
      this.#sessions.delete(oldest.id)
    }
    let id = 0
    while (id === 0 || this.#sessions.has(id)) id = Math.floor(this.#random.next() * 0x7fffffff)
    const session = new FetchSession(id, byId, this.#clock.monotonic())
    this.#sessions.set(id, session)
    return session
  }

  #use(session: FetchSession): void {
    session.lastUsedMs = this.#clock.monotonic()
    this.#sessions.delete(session.id)
    this.#sessions.set(session.id, session)
  }
}

/** A session that was used within this time is not given up for another. */
const evictionMs = 120_000

/** Epochs begin with 1; 0 and -1 mean something else. */
const nextEpoch = (epoch: number): number => (epoch === 0x7fffffff ? 1 : epoch + 1)

/** How one request is read and answered. */
export interface FetchExchange {
  readonly topics: readonly TopicRequest[]
  /** Of the session; with an error nothing is read. */
  readonly errorCode: number
  /** What is sent of what was read. */
  answer(response: FetchResponseInput): FetchResponseInput
}

const sessionless = ({ topics }: FetchRequest): FetchExchange => ({ topics, errorCode: 0, answer: (each) => each })

const refused = (
  error: 'FETCH_SESSION_ID_NOT_FOUND' | 'INVALID_FETCH_SESSION_EPOCH' | 'FETCH_SESSION_TOPIC_ID_ERROR',
): FetchExchange => ({ topics: [], errorCode: errorCodes[error].code, answer: (each) => each })

const incremental = (session: FetchSession): FetchExchange => ({
  topics: session.topics,
  errorCode: 0,
  answer: (response) => ({
    ...response,
    sessionId: session.id,
    responses: session.tell(response.responses, true) as FetchResponseInput['responses'],
  }),
})
