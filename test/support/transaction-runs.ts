import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { createClient } from '#core/client/lean-client.ts'
import { type Random, seededRandom } from '#core/ports/random.ts'
import { BrokerProcess } from './broker-process.ts'
import { freePort } from './peers.ts'
import { CommittedReader, TransactionLost, TransactionalProducer } from './transaction-client.ts'
import { type Seen, type Stretch, type Transaction, type Verdict, judge } from './transaction-history.ts'

/** What a run came to. */
export interface TransactionFigures {
  readonly transactions: number
  readonly committed: number
  readonly aborted: number
  readonly unknown: number
  readonly writes: number
  readonly reads: number
  readonly kills: number
  readonly verdict: Verdict
  /** Partitions whose last stable offset did not come to the end after every producer had begun anew. */
  readonly hanging: string[]
}

const topic = 'transactions'
const partitions = 4
const producers = 5

/**
 * Producers of transactions v1 and v2 write to several partitions, read what others committed, commit and abort, while
 * the broker is killed again and again; at the end the history is judged. Runs for `seconds`.
 */
export async function transactionRuns(
  seconds: number,
  seed: number,
  progress: (transactions: number, kills: number) => void,
): Promise<TransactionFigures> {
  const random = seededRandom(seed)
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-transactions-'))
  const port = await freePort()
  const bootstrap = `127.0.0.1:${port}`
  const settings = { 'transaction.state.log.num.partitions': '5', 'offsets.topic.num.partitions': '2' }
  let broker = await BrokerProcess.start({ port, dataDir, settings })
  const transactions: Transaction[] = []
  const stretches: Stretch[] = []
  let kills = 0
  try {
    const client = createClient({ bootstrapServers: bootstrap })
    await client.admin().createTopics([{ name: topic, partitions }])
    await client.close()
    const until = Date.now() + seconds * 1000
    const workers = Array.from({ length: producers }, (_, index) =>
      work(bootstrap, `producer-${index}`, index % 2 === 0 ? 2 : 1, seededRandom(seed + index + 1), until, {
        transactions,
        stretches,
      }),
    )
    const chaos = async (): Promise<void> => {
      while (Date.now() < until) {
        await pause(500 + random.next() * 3000)
        await broker.kill()
        kills++
        progress(transactions.length, kills)
        broker = await BrokerProcess.start({ port, dataDir, settings })
      }
    }
    await Promise.all([...workers, chaos()])
    for (let index = 0; index < producers; index++) {
      const last = new TransactionalProducer(bootstrap, `producer-${index}`, 2)
      await last.init()
      last.close()
    }
    const { end, hanging } = await readToEnd(bootstrap)
    const count = (outcome: Transaction['outcome']): number =>
      transactions.filter((each) => each.outcome === outcome).length
    return {
      transactions: transactions.length,
      committed: count('committed'),
      aborted: count('aborted'),
      unknown: count('unknown'),
      writes: transactions.reduce((sum, { wrote }) => sum + wrote.length, 0),
      reads: stretches.reduce((sum, { seen }) => sum + seen.length, 0),
      kills,
      verdict: judge(transactions, stretches, end),
      hanging,
    }
  } finally {
    await broker.kill()
    await rm(dataDir, { recursive: true, force: true })
  }
}

interface History {
  readonly transactions: Transaction[]
  readonly stretches: Stretch[]
}

/** One producer's life: transactions one after the other, each with reads and writes. */
async function work(
  bootstrap: string,
  name: string,
  version: 1 | 2,
  random: Random,
  until: number,
  { transactions, stretches }: History,
): Promise<void> {
  const readers = Array.from({ length: partitions }, (_, partition) => new CommittedReader(bootstrap, topic, partition))
  let producer = new TransactionalProducer(bootstrap, name, version)
  await producer.init()
  for (let count = 0; Date.now() < until; count++) {
    const txn: Transaction = { id: `${name}/${count}`, producer: name, wrote: [], read: [], outcome: 'open' }
    transactions.push(txn)
    try {
      for (let steps = 1 + Math.floor(random.next() * 5); steps > 0; steps--) {
        const partition = Math.floor(random.next() * partitions)
        if (random.next() < 0.4) {
          const stretch = await readers[partition]!.next()
          stretches.push(stretch)
          txn.read.push(...stretch.seen.map(({ value }) => value))
        }
        const value = `${txn.id}/${txn.wrote.length}`
        // Listed before it is sent: a write whose answer is lost may be there.
        txn.wrote.push({ partition: `${topic}-${partition}`, value })
        await producer.write(topic, partition, value)
      }
      const commit = random.next() < 0.7
      await producer.end(commit)
      txn.outcome = commit ? 'committed' : 'aborted'
    } catch (error) {
      if (!(error instanceof TransactionLost)) throw error
      txn.outcome = 'unknown'
      producer.close()
      producer = new TransactionalProducer(bootstrap, name, version)
      await producer.init()
    }
  }
  producer.close()
  for (const reader of readers) reader.close()
}

/** Everything that is committed in the end. */
async function readToEnd(bootstrap: string): Promise<{ end: Seen[]; hanging: string[] }> {
  const end: Seen[] = []
  const hanging: string[] = []
  for (let partition = 0; partition < partitions; partition++) {
    const reader = new CommittedReader(bootstrap, topic, partition)
    // Aborting what was open takes a moment.
    const patience = Date.now() + 10_000
    for (;;) {
      const { seen, upTo, highWatermark, lastStableOffset } = await reader.next()
      end.push(...seen)
      if (upTo >= highWatermark) break
      if (lastStableOffset < highWatermark && Date.now() > patience) {
        hanging.push(`${topic}-${partition} is stable up to ${lastStableOffset} of ${highWatermark}`)
        break
      }
      await pause(20)
    }
    reader.close()
  }
  return { end, hanging }
}
