import { type Server, type Socket, connect, createServer } from 'node:net'

import { describeProducers } from '#core/wire/api/61-describe-producers.ts'
import { endTxn } from '#core/wire/api/26-end-txn.ts'
import { writeTxnMarkers } from '#core/wire/api/27-write-txn-markers.ts'
import type { Random } from '#core/ports/random.ts'
import { decodeRequest, readRequestHeader } from '#core/wire/frame.ts'
import { WireClient } from './wire-client.ts'

const produceKey = 0
const endTxnKey = 26

/** What a proxy did. */
export interface LateFigures {
  /** EndTxn requests that came by. */
  ends: number
  /** Of these, sent once more later. */
  doubled: number
  /** Of these, kept back: the client lost its connection, asked again on another one, and then the first one came as well. */
  delayed: number
  /** Markers of finished transactions that were sent once more; `refused` of them, as all must be. */
  markers: number
  refused: number
}

/**
 * Stands between a transactional producer and its broker as a network does that loses connections and keeps requests for later:
 * ends of transactions, and their markers, arrive once more while the next transaction is under way.
 */
export class LateFramesProxy {
  readonly figures: LateFigures = { ends: 0, doubled: 0, delayed: 0, markers: 0, refused: 0 }
  readonly #broker: string
  readonly #topic: string
  readonly #random: Random
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** What is to be delivered when the next transaction has begun. */
  readonly #late: (() => Promise<void>)[] = []
  readonly #underWay = new Set<Promise<void>>()

  private constructor(broker: string, topic: string, random: Random) {
    this.#broker = broker
    this.#topic = topic
    this.#random = random
    this.#server = createServer((client) => this.#join(client))
  }

  /** `topic` is the one whose first partition transactions write to. */
  static async start(port: number, broker: string, topic: string, random: Random): Promise<LateFramesProxy> {
    const proxy = new LateFramesProxy(broker, topic, random)
    await new Promise<void>((done) => proxy.#server.listen(port, '127.0.0.1', done))
    return proxy
  }

  #join(client: Socket): void {
    const [host, port] = this.#broker.split(':')
    const broker = connect(Number(port), host)
    for (const socket of [client, broker]) {
      socket.setNoDelay(true)
      this.#sockets.add(socket)
      // Either side may go at any time: the other one follows.
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        client.destroy()
        broker.destroy()
      })
    }
    broker.pipe(client)
    let received: Buffer = Buffer.alloc(0)
    client.on('data', (bytes: Buffer) => {
      received = received.length === 0 ? bytes : Buffer.concat([received, bytes])
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const size = 4 + received.readInt32BE(0)
        const frame = Buffer.from(received.subarray(0, size))
        received = received.subarray(size)
        if (this.#passes(frame)) broker.write(frame)
        else client.destroy()
      }
    })
  }

  /** False for a frame that is kept back. */
  #passes(frame: Buffer): boolean {
    const key = frame.readInt16BE(4)
    if (key === produceKey) this.#deliverOne()
    if (key !== endTxnKey) return true
    this.figures.ends++
    const chance = this.#random.next()
    if (chance < 0.5) {
      this.figures.doubled++
      this.#late.push(() => this.#send(frame))
    }
    if (chance >= 0.25 && chance < 0.6) this.#late.push(() => this.#sendMarker(frame))
    if (chance < 0.9) return true
    this.figures.delayed++
    this.#late.push(() => this.#send(frame))
    return false
  }

  #deliverOne(): void {
    const deliver = this.#random.next() < 0.7 ? this.#late.shift() : undefined
    if (deliver === undefined) return
    // Who is late may find the broker gone; that is nobody's fault.
    const delivery = deliver()
      .catch(() => undefined)
      .finally(() => this.#underWay.delete(delivery))
    this.#underWay.add(delivery)
  }

  async #send(frame: Buffer): Promise<void> {
    const wire = await WireClient.connect(this.#broker)
    await wire.send([frame])
    wire.close()
  }

  /** The marker with which that transaction ended, under the epoch which the next transaction has now. */
  async #sendMarker(frame: Buffer): Promise<void> {
    const request = frame.subarray(4)
    const { apiVersion, bodyStart } = readRequestHeader(request)
    const { producerId, producerEpoch, committed } = decodeRequest(endTxn, apiVersion, request, bodyStart)
    const wire = await WireClient.connect(this.#broker)
    const topics = [{ name: this.#topic, partitionIndexes: [0] }]
    const described = await wire.call(describeProducers, 0, { topics })
    const active = described.topics[0]!.partitions[0]!.activeProducers.find((each) => each.producerId === producerId)
    const marker = { producerId, producerEpoch: producerEpoch + 1, transactionResult: committed, topics }
    const { markers } = await wire.call(writeTxnMarkers, 2, {
      markers: [{ ...marker, coordinatorEpoch: active?.coordinatorEpoch ?? 0, transactionVersion: 2 }],
    })
    this.figures.markers++
    if (markers[0]!.topics[0]!.partitions[0]!.errorCode !== 0) this.figures.refused++
    wire.close()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#underWay)
    const closed = new Promise<void>((done) => this.#server.close(() => done()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}
