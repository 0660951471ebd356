import { setImmediate as turn } from 'node:timers/promises'

import { createClient } from '#core/client/lean-client.ts'
import { type Client, type Producer, type TopicPartitionOffset, partitionKey } from '#core/client/client.ts'
import { type Random, seededRandom } from '#core/ports/random.ts'
import { type Broker, startBroker } from '../../broker/start.ts'
import { type PowerCutFiles, powerCutFiles } from './power-cut-files.ts'

/**
 * A whole broker on files that forget what was not forced to the disk. The power goes at a random moment while a producer
 * writes and offsets are committed; a broker is started on what is left, the next life begins, and what was acknowledged
 * is looked for.
 */
export interface PowerFigures {
  runs: number
  lives: number
  acknowledged: number
  /** Acknowledged records that are gone, or are another record now. */
  missing: number
  /** Values that are there more than once. */
  duplicates: number
  commits: number
  commitsLost: number
  readonly problems: string[]
}

const topic = 'powered'
const partitions = 2
const dataDir = '/data'
const livesOfARun = 3

/** The settings that a policy stands for. */
const settings = (flush: 'always' | 'never'): Record<string, string> => ({
  'log.index.interval.bytes': '256',
  'offsets.topic.num.partitions': '2',
  'transaction.state.log.num.partitions': '2',
  'group.initial.rebalance.delay.ms': '0',
  ...(flush === 'always' && { 'log.flush.interval.messages': '1' }),
})

class Run {
  readonly #random: Random
  readonly #flush: 'always' | 'never'
  readonly #figures: PowerFigures
  #files: PowerCutFiles = powerCutFiles()
  /** Offset by value, as acknowledged. */
  readonly #told = Array.from({ length: partitions }, () => new Map<string, number>())
  #committed = -1
  #count = 0

  constructor(seed: number, flush: 'always' | 'never', figures: PowerFigures) {
    this.#random = seededRandom(seed)
    this.#flush = flush
    this.#figures = figures
  }

  async play(): Promise<void> {
    for (let life = 0; life < livesOfARun; life++) {
      const broker = await this.#start()
      const client = createClient({ bootstrapServers: broker.bootstrapServers, callTimeoutMs: 5000 })
      if (life === 0) await client.admin().createTopics([{ name: topic, partitions }])
      else await this.#judge(client)
      await this.#write(client)
      // The machine is gone at once: what the old process does from here on reaches nobody.
      const left = this.#files.cut(this.#random)
      await Promise.allSettled([client.close(), broker.stop()])
      this.#files = left
      this.#figures.lives++
    }
    const broker = await this.#start()
    const client = createClient({ bootstrapServers: broker.bootstrapServers })
    await this.#judge(client)
    await client.close()
    await broker.stop()
  }

  #start(): Promise<Broker> {
    return startBroker({ port: 0, dataDir, ports: { files: this.#files }, config: settings(this.#flush) })
  }

  /** Sends and commits until a random number of records is acknowledged; what is under way then, is lost or not. */
  async #write(client: Client): Promise<void> {
    const wanted = 20 + Math.floor(this.#random.next() * 150)
    // What is under way when the power goes is not waited for.
    const producer: Producer = client.producer({
      lingerMs: 0,
      batchSize: 1024,
      requestTimeoutMs: 500,
      deliveryTimeoutMs: 1000,
    })
    let acknowledged = 0
    while (acknowledged < wanted) {
      for (let i = Math.floor(this.#random.next() * 12); i >= 0; i--) {
        const partition = Math.floor(this.#random.next() * partitions)
        const value = `${this.#count++} ${'x'.repeat(Math.floor(this.#random.next() * 200))}`
        producer.append({ topic, partition, key: null, value: Buffer.from(value) }, (error, _, offset) => {
          if (error !== null) return
          acknowledged++
          this.#figures.acknowledged++
          this.#told[partition]!.set(value, offset)
        })
      }
      await turn()
      if (this.#random.next() < 0.05) await this.#commit(client, acknowledged)
      if (producer.pendingBytes > 20_000) await producer.flush()
    }
  }

  async #commit(client: Client, offset: number): Promise<void> {
    const next = Math.max(this.#committed, 0) + 1 + (offset % 3)
    const offsets: TopicPartitionOffset[] = [{ topic, partition: 0, offset: next }]
    await client.admin().alterGroupOffsets('readers', offsets)
    this.#figures.commits++
    this.#committed = next
  }

  /** Reads everything; with `never` what was not forced out may be gone, and is counted only. */
  async #judge(client: Client): Promise<void> {
    const found = await readAll(client)
    for (const [partition, told] of this.#told.entries()) {
      const values = found[partition]!
      for (const [value, offset] of told) {
        if (values.get(value)?.[0] === offset) continue
        const elsewhere = values.get(value)
        if (elsewhere !== undefined) {
          this.#figures.problems.push(`${topic}-${partition}: told offset ${offset}, found at ${elsewhere.join()}`)
        }
        this.#figures.missing++
        told.delete(value)
        if (this.#flush === 'always') this.#figures.problems.push(`${topic}-${partition} offset ${offset} is gone`)
      }
      for (const [value, offsets] of values) {
        if (offsets.length === 1) continue
        this.#figures.duplicates++
        this.#figures.problems.push(`"${value.slice(0, 20)}" is at ${offsets.join()} of ${topic}-${partition}`)
      }
    }
    if (this.#committed < 0) return
    const [commit] = await client.admin().groupOffsets('readers')
    if ((commit?.offset ?? -1) >= this.#committed) return
    this.#figures.commitsLost++
    this.#committed = commit?.offset ?? -1
    if (this.#flush === 'always') this.#figures.problems.push(`the commit of ${this.#committed} is gone`)
  }
}

/** The offsets of every value, by partition. */
async function readAll(client: Client): Promise<Map<string, number[]>[]> {
  const found = Array.from({ length: partitions }, () => new Map<string, number[]>())
  const consumer = client.consumer()
  const all = found.map((_, partition) => ({ topic, partition }))
  consumer.assign(all)
  await consumer.seekToBeginning(all)
  const ends = await consumer.endOffsets(all)
  const left = new Set(all.filter((each) => (ends.get(partitionKey(each)) ?? 0) > 0).map(partitionKey))
  while (left.size > 0) {
    for (const part of await consumer.poll(1000)) {
      for (const { partition, offset, value } of part) {
        const text = value!.toString('utf8')
        const offsets = found[partition]!.get(text)
        if (offsets === undefined) found[partition]!.set(text, [offset])
        else offsets.push(offset)
      }
      if (part.nextOffset >= ends.get(partitionKey(part))!) left.delete(partitionKey(part))
    }
  }
  await consumer.close()
  return found
}

/** Plays `runs` histories, each over several lives. */
export async function powerRuns(
  runs: number,
  seed: number,
  flush: 'always' | 'never',
  progress: (figures: PowerFigures) => void,
): Promise<PowerFigures> {
  const figures: PowerFigures = {
    runs: 0,
    lives: 0,
    acknowledged: 0,
    missing: 0,
    duplicates: 0,
    commits: 0,
    commitsLost: 0,
    problems: [],
  }
  for (let run = 0; run < runs; run++) {
    await new Run(seed + run, flush, figures).play()
    figures.runs++
    progress(figures)
  }
  return figures
}
