import type { Cluster } from '#core/client/cluster/cluster.ts'
import type { Timer } from '#core/ports/timers.ts'
import { metadata } from '#core/wire/api/03-metadata.ts'

/** Called after an answer; `complete` when it named all topics of the cluster. */
export type RefreshListener = (complete: boolean) => void

interface Wish {
  readonly topics: Set<string>
  all: boolean
  create: boolean
  readonly done: Promise<void>
}

/**
 * Asks for metadata: one request at a time, wishes that come meanwhile go together into the next. Topics once asked for
 * are asked for again when their age says so.
 */
export class MetadataRefresh {
  readonly #cluster: Cluster
  readonly #interest = new Set<string>()
  readonly #listeners = new Set<RefreshListener>()
  readonly #age: Timer
  #running: Promise<void> = Promise.resolve()
  #next: Wish | undefined
  #wholeCluster = false

  constructor(cluster: Cluster, maxAgeMs: number) {
    this.#cluster = cluster
    this.#age = cluster.ports.timers.every(maxAgeMs, () => this.#refreshOld())
  }

  topics(names: Iterable<string>, create: boolean): Promise<void> {
    const wish = this.#wish()
    for (const name of names) {
      wish.topics.add(name)
      this.#interest.add(name)
    }
    wish.create ||= create
    return wish.done
  }

  all(): Promise<void> {
    this.#wholeCluster = true
    const wish = this.#wish()
    wish.all = true
    return wish.done
  }

  listen(listener: RefreshListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  close(): void {
    this.#age.cancel()
  }

  #wish(): Wish {
    if (this.#next !== undefined) return this.#next
    const before = this.#running
    const wish: Wish = {
      topics: new Set(),
      all: false,
      create: false,
      done: before.then(() => {
        this.#next = undefined
        return this.#ask(wish)
      }),
    }
    this.#next = wish
    this.#running = wish.done.catch(() => undefined)
    return wish
  }

  async #ask({ topics, all, create }: Wish): Promise<void> {
    const names = all ? null : [...topics].map((name) => ({ name }))
    const answer = await this.#cluster.sendToAny(metadata, (version) => ({
      topics: names,
      ...(version >= 4 ? { allowAutoTopicCreation: create } : {}),
    }))
    this.#cluster.metadata.apply(answer, all)
    for (const listener of [...this.#listeners]) listener(all)
  }

  #refreshOld(): void {
    if (this.#cluster.metadata.brokers.size === 0) return
    const wish = this.#wholeCluster ? this.all() : this.topics([...this.#interest], false)
    // Whoever needs what could not be had asks again and hears of it.
    wish.catch(() => undefined)
  }
}
