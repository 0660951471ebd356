import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

import { peer } from './peers.ts'

interface Owning {
  readonly partition: number
  readonly by: string
  readonly from: number
  until: number
}

interface Event {
  readonly name: string
  readonly timestamp: number
  readonly partitions?: readonly { partition: number; count?: number; minOffset?: number; maxOffset?: number }[]
}

/** Consumers of Kafka's system tests: they report as JSON lines what they were assigned and what they consumed. */
export class VerifiableGroup {
  readonly #bootstrap: string
  readonly #topic: string
  readonly #groupId: string
  readonly #consumers: VerifiableConsumer[] = []
  readonly ownings: Owning[] = []
  readonly #consumed = new Map<string, number>()

  constructor(bootstrap: string, topic: string, groupId: string) {
    this.#bootstrap = bootstrap
    this.#topic = topic
    this.#groupId = groupId
  }

  start(protocol: 'classic' | 'consumer' = 'classic'): VerifiableConsumer {
    const args = [
      'verifiable-consumer',
      '--bootstrap-server',
      this.#bootstrap,
      '--topic',
      this.#topic,
      '--group-id',
      this.#groupId,
      '--reset-policy',
      'earliest',
      ...(protocol === 'consumer' ? ['--group-protocol', 'consumer'] : ['--session-timeout', '6000']),
    ]
    const consumer = new VerifiableConsumer(
      `consumer ${this.#consumers.length}`,
      spawn(peer('kafka/kafka.sh'), args, { detached: true }),
      this,
    )
    this.#consumers.push(consumer)
    return consumer
  }

  consumed(partition: number, minOffset: number, maxOffset: number): void {
    for (let offset = minOffset; offset <= maxOffset; offset++) {
      const key = `${partition}@${offset}`
      this.#consumed.set(key, (this.#consumed.get(key) ?? 0) + 1)
    }
  }

  /** Records consumed, those twice counted twice. */
  get consumedCount(): number {
    let count = 0
    for (const times of this.#consumed.values()) count += times
    return count
  }

  /** Records consumed at least once. */
  get distinctCount(): number {
    return this.#consumed.size
  }

  consumedTwice(): string[] {
    return [...this.#consumed].filter(([, times]) => times > 1).map(([key]) => key)
  }

  /** No two consumers had the same partition at the same time. */
  assertOneOwnerEach(): void {
    for (const one of this.ownings) {
      for (const other of this.ownings) {
        const overlap =
          one !== other && one.partition === other.partition && one.from < other.until && other.from < one.until
        assert.ok(
          !overlap,
          `partition ${one.partition} had two owners: ${JSON.stringify(one)} ${JSON.stringify(other)}`,
        )
      }
    }
  }

  killAll(): void {
    for (const consumer of this.#consumers) consumer.kill()
  }
}

export class VerifiableConsumer {
  readonly name: string
  readonly owned = new Set<number>()
  readonly #process: ChildProcess
  readonly #group: VerifiableGroup
  readonly #ended: Promise<void>
  #hasEnded = false

  constructor(name: string, process: ChildProcess, group: VerifiableGroup) {
    this.name = name
    this.#process = process
    this.#group = group
    this.#ended = new Promise((done) => process.once('close', () => done()))
    void this.#ended.then(() => {
      this.#hasEnded = true
      this.#release()
    })
    createInterface({ input: process.stdout! }).on('line', (line) => {
      if (line.startsWith('{')) this.#event(JSON.parse(line) as Event)
    })
    process.stderr!.resume()
  }

  /** Lets it leave the group as it should. */
  async stop(): Promise<void> {
    this.#signal('SIGTERM')
    await this.#ended
  }

  kill(): void {
    this.#signal('SIGKILL')
    this.#release()
  }

  // The script that starts Java is the leader of a process group of its own.
  #signal(signal: NodeJS.Signals): void {
    if (!this.#hasEnded && this.#process.pid !== undefined) process.kill(-this.#process.pid, signal)
  }

  #event({ name, timestamp, partitions = [] }: Event): void {
    switch (name) {
      case 'partitions_assigned':
        for (const { partition } of partitions) {
          this.owned.add(partition)
          this.#group.ownings.push({ partition, by: this.name, from: timestamp, until: Number.POSITIVE_INFINITY })
        }
        return
      case 'partitions_revoked':
        for (const { partition } of partitions) this.#release(partition, timestamp)
        return
      case 'records_consumed':
        for (const { partition, minOffset, maxOffset } of partitions)
          this.#group.consumed(partition, minOffset!, maxOffset!)
    }
  }

  #release(partition?: number, at = Date.now()): void {
    for (const owning of this.#group.ownings) {
      const isMeant =
        owning.by === this.name &&
        owning.until === Number.POSITIVE_INFINITY &&
        (partition ?? owning.partition) === owning.partition
      if (isMeant) owning.until = at
    }
    if (partition === undefined) this.owned.clear()
    else this.owned.delete(partition)
  }
}
