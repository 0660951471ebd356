import { offsetCommit } from '#core/wire/api/08-offset-commit.ts'
import { offsetFetch } from '#core/wire/api/09-offset-fetch.ts'
import type { Random } from '#core/ports/random.ts'
import { WireClient } from '../wire-client.ts'
import type { StormLedger } from './ledger.ts'

export const group = 'storm'
export const topic = 'storm'
export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

export interface StormSettings {
  readonly bootstrap: string
  readonly partitions: number
  readonly ledger: StormLedger
  readonly random: Random
  /** True while the storm lasts. */
  isOn(): boolean
}

/** One that comes, works for a while and goes, again and again; how it is a member is its protocol's. */
export abstract class StormMember {
  protected readonly settings: StormSettings
  protected client!: WireClient
  protected memberId = ''
  /** Generation or member epoch. */
  protected epoch = -1
  protected mine: readonly number[] = []
  readonly #next = new Map<number, number>()

  constructor(settings: StormSettings) {
    this.settings = settings
  }

  /** Becomes a member and learns its partitions; false when it has to be tried again. */
  protected abstract join(): Promise<boolean>
  /** Says that it is there; false when it is a member no more or has to join again. */
  protected abstract beat(): Promise<boolean>
  protected abstract leave(): Promise<void>
  /** Forgets its membership without a word. */
  protected abstract vanish(): void

  async run(): Promise<void> {
    const { random, ledger } = this.settings
    while (this.settings.isOn()) {
      this.client = await WireClient.connect(this.settings.bootstrap)
      ledger.joins++
      await this.#live(Date.now() + 300 + random.next() * 6000)
      if (random.next() < 0.3) {
        ledger.crashes++
        this.vanish()
      } else await this.leave()
      this.client.close()
      await pause(random.next() * 1500)
    }
  }

  async #live(until: number): Promise<void> {
    const isAlive = (): boolean => Date.now() < until && this.settings.isOn()
    while (isAlive()) {
      if (!(await this.join())) {
        await pause(20)
        continue
      }
      do {
        await this.#work()
        await pause(20 + this.settings.random.next() * 150)
      } while (isAlive() && (await this.beat()))
    }
  }

  /** It starts where the group has come to. */
  protected async started(partitions: readonly number[]): Promise<void> {
    const { ledger } = this.settings
    this.mine = partitions
    for (const partition of this.#next.keys()) if (!partitions.includes(partition)) this.#next.delete(partition)
    const wanted = partitions.filter((partition) => !this.#next.has(partition))
    if (wanted.length === 0) return
    const floor = ledger.floor()
    const { groups } = await this.client.call(offsetFetch, 8, {
      groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes: wanted }] }],
      requireStable: true,
    })
    for (const { partitionIndex, committedOffset } of groups[0]!.topics[0]?.partitions ?? []) {
      ledger.fetched(partitionIndex, committedOffset, floor)
      this.#next.set(partitionIndex, committedOffset)
    }
  }

  protected forget(): void {
    this.#next.clear()
    this.mine = []
  }

  async #work(): Promise<void> {
    const partitions = this.mine.map((partitionIndex) => {
      const committedOffset = this.#next.get(partitionIndex)! + 1 + Math.floor(this.settings.random.next() * 5)
      this.#next.set(partitionIndex, committedOffset)
      return { partitionIndex, committedOffset, committedMetadata: '' }
    })
    if (partitions.length === 0) return
    const { topics } = await this.client.call(offsetCommit, 9, {
      groupId: group,
      generationIdOrMemberEpoch: this.epoch,
      memberId: this.memberId,
      topics: [{ name: topic, partitions }],
    })
    for (const [i, { errorCode }] of topics[0]!.partitions.entries())
      if (errorCode === 0)
        this.settings.ledger.acknowledged(partitions[i]!.partitionIndex, partitions[i]!.committedOffset)
  }
}
