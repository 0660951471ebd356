import { describe, expect, it } from 'vitest'

import { TestMember, fetchOne } from '../../support/group-member.ts'
import { GroupWorld } from '../../support/group-world.ts'
import { seededRandom } from '#core/ports/random.ts'

/**
 * Members that come, work, restart, hang and go at random for minutes of virtual time, while the coordinator is killed
 * now and then. What must hold throughout is checked at every step, by name.
 */
const topic = 'orders'
const partitions = 12

class Invariants {
  readonly #owners = new Map<string, string>()
  readonly #generations = new Map<string, number>()
  readonly committed = Array.from({ length: partitions }, () => -1)
  assignments = 0
  commits = 0
  fenced = 0
  lastStable = 0

  /** In one generation a partition has one owner. */
  onePartitionOneOwner(generation: number, member: string, owned: readonly number[]): void {
    this.assignments++
    for (const partition of owned) {
      const key = `${generation}/${partition}`
      const owner = this.#owners.get(key) ?? member
      expect(owner, `partition ${partition} in generation ${generation}`).toBe(member)
      this.#owners.set(key, member)
    }
  }

  /** No member sees a generation go back; generations that were handed out are not used again. */
  generationMonotonic(member: string, generation: number): void {
    expect(generation).toBeGreaterThanOrEqual(this.#generations.get(member) ?? 0)
    this.#generations.set(member, generation)
    expect(generation).toBeGreaterThanOrEqual(this.lastStable)
    this.lastStable = generation
  }

  /** Who does not own a partition any more cannot put its offset back. */
  accepted(partition: number, offset: number): void {
    this.commits++
    expect(offset, `commit for partition ${partition}`).toBeGreaterThan(this.committed[partition]!)
    this.committed[partition] = offset
  }

  /** What was accepted stays. */
  offsetNeverGoesBack(partition: number, fetched: number): void {
    expect(fetched, `offset of partition ${partition}`).toBeGreaterThanOrEqual(this.committed[partition]!)
  }
}

class Worker {
  readonly #world: GroupWorld
  readonly #random: () => number
  readonly #hold: Invariants
  readonly #options: { groupInstanceId: string | null; joinVersion: number; sessionTimeoutMs: number }
  isRunning = true

  constructor(world: GroupWorld, random: () => number, hold: Invariants, index: number) {
    this.#world = world
    this.#random = random
    this.#hold = hold
    const groupInstanceId = index % 4 === 0 ? `static-${index}` : null
    this.#options = {
      groupInstanceId,
      joinVersion: [9, 5, 3, 7][index % 4]!,
      sessionTimeoutMs: 6000 + Math.floor(random() * 6000),
    }
  }

  async run(): Promise<void> {
    while (this.isRunning) {
      await this.#sleep(this.#random() * 60_000)
      const joinVersion =
        this.#options.groupInstanceId === null ? this.#options.joinVersion : Math.max(5, this.#options.joinVersion)
      await this.#live(new TestMember(this.#world, { ...this.#options, joinVersion, rebalanceTimeoutMs: 10_000 }))
    }
  }

  /** One life: until it leaves, hangs or is told that it is unknown. */
  async #live(member: TestMember): Promise<void> {
    const lifeEnds = this.#world.time.now() + this.#random() * 240_000
    while (this.isRunning) {
      const joined = await this.#untilKilled(member.join())
      if (joined === 'killed') continue
      if (joined.errorCode === 25 || joined.errorCode === 82) return
      if (joined.errorCode !== 0) {
        await this.#sleep(200)
        continue
      }
      const skips = 'skipAssignment' in joined && joined.skipAssignment
      if (this.#random() < 0.05) await this.#sleep(this.#random() * 15_000)
      const synced = await this.#untilKilled(member.sync(member.isLeader && !skips ? this.#assign(member) : {}))
      if (synced === 25 || synced === 82) return
      if (synced !== 0) {
        await this.#sleep(100)
        continue
      }
      const owned = member.assignment === '' ? [] : member.assignment.split(',').map(Number)
      this.#hold.generationMonotonic(member.memberId, member.generationId)
      this.#hold.onePartitionOneOwner(member.generationId, member.options.groupInstanceId ?? member.memberId, owned)
      const end = await this.#work(member, owned, lifeEnds)
      if (end !== 'rejoin') return
    }
  }

  #assign(member: TestMember): Record<string, string> {
    const shares = new Map<string, number[]>(member.members.map((id) => [id, []]))
    for (let i = 0; i < partitions; i++) shares.get(member.members[i % member.members.length]!)!.push(i)
    return Object.fromEntries(Array.from(shares, ([id, share]) => [id, share.join(',')]))
  }

  async #work(member: TestMember, owned: readonly number[], lifeEnds: number): Promise<'rejoin' | 'gone'> {
    const positions = new Map<number, number>()
    for (const partition of owned) {
      const position = await this.#untilKilled(this.#fetch(partition))
      if (position === 'killed') return 'rejoin'
      this.#hold.offsetNeverGoesBack(partition, position)
      positions.set(partition, position)
    }
    for (;;) {
      // Now and then one hangs for longer than its session lasts, and wakes up believing that all is as it was.
      await this.#sleep(1000 + this.#random() * (this.#random() < 0.05 ? 40_000 : 2000))
      if (!this.isRunning || this.#world.time.now() > lifeEnds) {
        if (this.#random() < 0.5 && member.options.groupInstanceId === null) await this.#untilKilled(member.leave())
        return 'gone'
      }
      for (const [partition, position] of positions) {
        const code = await this.#untilKilled(member.commit(topic, partition, position + 1))
        if (code === 0) this.#hold.accepted(partition, position + 1)
        else if (code === 22 || code === 25 || code === 82) this.#hold.fenced++
        if (code === 0) positions.set(partition, position + 1)
      }
      const beat = await this.#untilKilled(member.heartbeat())
      if (beat === 27 || beat === 22) return 'rejoin'
      if (beat === 25 || beat === 82) return 'gone'
    }
  }

  async #fetch(partition: number): Promise<number> {
    const topics = [{ name: topic, partitionIndexes: [partition] }]
    const response = await this.#world.send('offsetFetch', 8, { groups: [{ groupId: 'g', topics }] })
    const { errorCode, topics: fetched } = response.groups[0]!
    // Not loaded, or closed just now: as good as killed.
    return errorCode === 0 ? fetched[0]!.partitions[0]!.committedOffset : this.#hold.committed[partition]!
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((done) => void this.#world.time.after(ms, done))
  }

  /** The answer, or 'killed' when the coordinator that had the question is no more: a closed connection. */
  #untilKilled<T>(answer: Promise<T>): Promise<T | 'killed'> {
    const { coordinator } = this.#world
    return new Promise((done, fail) => {
      answer.then(done, fail)
      const watch = this.#world.time.every(500, () => {
        if (this.#world.coordinator !== coordinator) done('killed')
      })
      const stop = (): void => watch.cancel()
      answer.then(stop, stop)
    })
  }
}

async function storm(seed: number, members: number, virtualSeconds: number): Promise<Invariants> {
  const random = seededRandom(seed)
  const settings = { 'group.initial.rebalance.delay.ms': 500 }
  const world = await GroupWorld.start({ topics: { [topic]: partitions }, settings, seed })
  const hold = new Invariants()
  const workers = Array.from({ length: members }, (_, i) => new Worker(world, () => random.next(), hold, i))
  const lives = Promise.all(workers.map((worker) => worker.run()))
  let failed: unknown
  lives.catch((error) => (failed = error))
  for (let second = 0; second < virtualSeconds && failed === undefined; second++) {
    await world.advance(1000)
    if (second % 60 === 59) await world.restart()
    if (second % 10 === 0) {
      for (let p = 0; p < partitions; p++) hold.offsetNeverGoesBack(p, await fetchOne(world, topic, p))
    }
  }
  for (const worker of workers) worker.isRunning = false
  await world.coordinator.close()
  await world.advance(25_000)
  await Promise.race([lives, world.advance(60_000)])
  if (failed !== undefined) throw failed
  return hold
}

describe('a storm of members', () => {
  const seed = Number(process.env['SEED'] ?? 20_261_121)

  it(`keeps one owner per partition and generation, and offsets that never go back (seed ${seed})`, async () => {
    const hold = await storm(seed, 50, 300)
    // The storm must have been one.
    expect(hold.assignments).toBeGreaterThan(400)
    expect(hold.commits).toBeGreaterThan(200)
    expect(hold.fenced).toBeGreaterThan(0)
  })
})
