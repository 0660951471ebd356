import { partitionKey, type RebalanceListener, type TopicPartition } from '#core/client/client.ts'
import type { Cluster } from '#core/client/cluster/cluster.ts'
import { ConsumerRole, readAssignment } from '#core/client/consumer/consumer-role.ts'
import { isRetriable } from '#core/client/errors.ts'
import type { ConsumerSettings } from '#core/client/consumer/options.ts'
import type { GroupCoordinator } from '#core/client/group/coordinator.ts'
import { GroupMember, type Joined } from '#core/client/group/member.ts'

/** The consumer whose partitions a group decides. */
export interface Balanced {
  assignment(): readonly TopicPartition[]
  /** Stops reading these. */
  drop(partitions: readonly TopicPartition[]): void
  /** Starts reading these at the committed offsets. */
  add(partitions: readonly TopicPartition[]): void
  /** Commits what was handed out, if the consumer does so by itself. Must not reject. */
  commitHandedOut(): Promise<void>
}

type Outcome = { readonly joined: Joined | undefined } | { readonly error: unknown }

/**
 * A consumer's part in its group. `step` is called by every poll, and it alone changes the assignment and calls the
 * listener: joining goes on in the background, and its outcome is taken up by the next step.
 *
 * Eager: everything is revoked before a join. Cooperative: what was assigned is read on, and after the join only the
 * difference is revoked; if there was any, the group goes another round to give it to its new owners (KIP-429).
 */
export class GroupSubscription {
  readonly #cluster: Cluster
  readonly #consumer: Balanced
  readonly #role: ConsumerRole
  readonly #member: GroupMember
  readonly #attention: () => void
  readonly #stopListening: () => void
  #wanted: readonly string[] | RegExp = []
  #topics: readonly string[] = []
  #listener: RebalanceListener = {}
  /** Set while a pattern has not been matched with the topics there are. */
  #unmatched = false
  #matching = false
  #joining = false
  #outcome: Outcome | undefined

  constructor(
    cluster: Cluster,
    coordinator: GroupCoordinator,
    settings: ConsumerSettings,
    consumer: Balanced,
    attention: () => void,
  ) {
    this.#cluster = cluster
    this.#consumer = consumer
    this.#attention = attention
    this.#role = new ConsumerRole(cluster, settings.assignors, () => ({
      topics: this.#topics,
      owned: this.#role.cooperative ? this.#consumer.assignment() : [],
      generation: this.#member.generation,
    }))
    this.#member = new GroupMember(coordinator, this.#role, settings, attention)
    this.#stopListening = cluster.onRefresh((complete) => this.#look(complete))
  }

  get member(): GroupMember {
    return this.#member
  }

  subscribe(topics: readonly string[] | RegExp, listener: RebalanceListener): void {
    this.#wanted = topics
    this.#listener = listener
    if (topics instanceof RegExp) this.#unmatched = true
    else this.#want([...new Set(topics)].sort())
  }

  /** Takes rebalancing on as far as it goes without waiting. Rejects with what ended a join, and errors of the listener. */
  async step(): Promise<void> {
    const failure = this.#member.takeFailure()
    if (this.#member.lost && !this.#joining) await this.#giveUp('lost')
    if (failure !== undefined) throw failure
    await this.#takeUpOutcome()
    if (this.#unmatched) return this.#matchSoon()
    if (!this.#member.mustJoin || this.#joining) return
    await this.#prepare()
    this.#join()
  }

  /** Gives everything up and leaves the group. */
  async close(): Promise<void> {
    this.#stopListening()
    try {
      await this.#consumer.commitHandedOut()
      await this.#giveUp(this.#member.lost ? 'lost' : 'revoked')
    } finally {
      await this.#member.leave()
    }
  }

  /** Looks at fresh metadata: does the pattern match other topics, has the leader divided counts of the past? */
  #look(complete: boolean): void {
    if (complete && this.#wanted instanceof RegExp) this.#match(this.#wanted)
    if (this.#role.outdated) this.#member.requestJoin()
  }

  #match(pattern: RegExp): void {
    const names = [...this.#cluster.metadata.topics].filter(({ internal }) => !internal).map(({ name }) => name)
    this.#unmatched = false
    this.#want(names.filter((name) => new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).test(name)).sort())
  }

  #want(topics: readonly string[]): void {
    const same = topics.length === this.#topics.length && topics.every((topic, index) => topic === this.#topics[index])
    this.#topics = topics
    if (!same) this.#member.requestJoin()
    this.#attention()
  }

  /** All topics of the cluster are asked for; the answer comes to `#look`. */
  #matchSoon(): void {
    if (this.#matching) return
    this.#matching = true
    const done = (): void => {
      this.#matching = false
      this.#attention()
    }
    this.#cluster
      .retrying(() => this.#cluster.refreshAll())
      .then(done, (error: unknown) => {
        if (!isRetriable(error)) this.#outcome = { error }
        done()
      })
  }

  async #prepare(): Promise<void> {
    await this.#consumer.commitHandedOut()
    if (!this.#role.cooperative) return this.#giveUp('revoked')
    const topics = new Set(this.#topics)
    await this.#revoke(this.#consumer.assignment().filter(({ topic }) => !topics.has(topic)))
  }

  #join(): void {
    this.#joining = true
    const done = (outcome: Outcome): void => {
      this.#joining = false
      this.#outcome = outcome
      this.#attention()
    }
    this.#member.join().then(
      (joined) => done({ joined }),
      (error: unknown) => done({ error }),
    )
  }

  async #takeUpOutcome(): Promise<void> {
    const outcome = this.#outcome
    this.#outcome = undefined
    if (outcome === undefined) return
    if ('error' in outcome) throw outcome.error
    if (outcome.joined === undefined) return this.#giveUp('lost')
    const assignment = readAssignment(outcome.joined.assignment)
    const before = new Set(this.#consumer.assignment().map(partitionKey))
    const now = new Set(assignment.partitions.map(partitionKey))
    const added = assignment.partitions.filter((each) => !before.has(partitionKey(each)))
    const removed = this.#consumer.assignment().filter((each) => !now.has(partitionKey(each)))
    if (removed.length > 0) {
      await this.#revoke(removed)
      this.#member.requestJoin()
    }
    this.#role.assignor(outcome.joined.protocol).onAssignment?.(assignment, outcome.joined.generation)
    this.#consumer.add(added)
    await this.#listener.assigned?.(added)
  }

  async #revoke(partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0) return
    await this.#consumer.commitHandedOut()
    try {
      await this.#listener.revoked?.(partitions)
    } finally {
      this.#consumer.drop(partitions)
    }
  }

  async #giveUp(how: 'lost' | 'revoked'): Promise<void> {
    const partitions = this.#consumer.assignment()
    if (partitions.length === 0) return
    if (how === 'revoked') return this.#revoke(partitions)
    this.#consumer.drop(partitions)
    await (this.#listener.lost ?? this.#listener.revoked)?.call(this.#listener, partitions)
  }
}
