import type { Address, ClientSocket, SocketListener } from '#core/client/connection/dial.ts'
import type { ClientPorts } from '#core/client/ports.ts'
import { seededRandom } from '#core/ports/random.ts'
import { VirtualTime } from '#core/ports/virtual-time.ts'
import { apiOf, apis } from '#core/wire/api/index.ts'
import { decodeRequest, encodeResponse, readRequestHeader } from '#core/wire/frame.ts'

/** A request as the script sees it. */
export interface Asked {
  readonly broker: number
  readonly connection: number
  readonly version: number
  readonly body: any
}

/** Instead of an answer: none ever, or the connection is cut. */
export const silence = Symbol('silence')
export const hangUp = Symbol('hang up')

/** Answers a request: a body, later a body, nothing, or the end of the connection. */
export type Script = (
  asked: Asked,
) => object | typeof silence | typeof hangUp | Promise<object | typeof silence | typeof hangUp>

function deliver(listener: SocketListener, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    const count = bytes.copy(listener.target(), 0, at)
    listener.received(count)
    at += count
  }
}

/** Brokers in memory that answer by script over sockets in memory, in virtual time. Broker `n` listens on port `n`. */
export class ScriptedCluster {
  readonly time = new VirtualTime(1_000_000)
  readonly ports: ClientPorts
  /** Names of the APIs asked for, in order, as `name@broker`. */
  readonly asked: string[] = []
  /** Brokers that refuse connections. */
  readonly down = new Set<number>()
  /** Added to the correlation id of every answer: what a confused broker would send. */
  correlationOffset = 0
  readonly #brokers: readonly number[]
  readonly #scripts = new Map<string, Script>()
  readonly #answerVersions = new Map<string, (version: number) => number>()
  readonly #cut = new Set<(broker: number) => void>()
  #connections = 0

  constructor(brokers: readonly number[] = [1], seed = 1) {
    this.#brokers = brokers
    const random = seededRandom(seed)
    this.ports = {
      clock: this.time,
      timers: this.time,
      random,
      dial: (address, listener) => this.#dial(address, listener),
    }
    this.on('ApiVersions', () => ({
      errorCode: 0,
      apiKeys: apis.map(({ key, versions }) => ({ apiKey: key, minVersion: versions.low, maxVersion: versions.high })),
    }))
    this.on('FindCoordinator', ({ body }) => ({
      coordinators: body.coordinatorKeys.map((key: string) => ({
        key,
        nodeId: brokers[0],
        host: 'fake',
        port: brokers[0],
        errorCode: 0,
        errorMessage: null,
      })),
    }))
    let producers = 1000
    this.on('InitProducerId', () => ({ errorCode: 0, producerId: producers++, producerEpoch: 0 }))
  }

  get bootstrap(): string {
    return this.#brokers.map((id) => `fake:${id}`).join(',')
  }

  /** Scripts one API; the last script counts. */
  on(api: string, script: Script): void {
    this.#scripts.set(api, script)
  }

  /** The script that counts now, to be put into another. */
  scriptOf(api: string): Script {
    return this.#scripts.get(api)!
  }

  /** Makes answers of an API be written in another version than the request's. */
  answerInVersion(api: string, version: (requested: number) => number): void {
    this.#answerVersions.set(api, version)
  }

  /** Serves metadata of these topics; `leader` is asked each time. */
  serveTopics(topics: Readonly<Record<string, number>>, leader: (topic: string, partition: number) => number): void {
    this.on('Metadata', ({ body }) => ({
      brokers: this.#brokers.map((id) => ({ nodeId: id, host: 'fake', port: id, rack: null })),
      clusterId: 'scripted',
      controllerId: this.#brokers[0],
      topics: (body.topics ?? Object.keys(topics).map((name) => ({ name }))).map(({ name }: { name: string }) => ({
        errorCode: name in topics ? 0 : 3,
        name,
        topicId: Buffer.from(name.padEnd(16).slice(0, 16)).toString('base64url'),
        partitions: Array.from({ length: topics[name] ?? 0 }, (_, partition) => ({
          errorCode: 0,
          partitionIndex: partition,
          leaderId: leader(name, partition),
          leaderEpoch: -1,
          replicaNodes: [...this.#brokers],
          isrNodes: [...this.#brokers],
        })),
      })),
    }))
  }

  /** Cuts all connections to a broker. */
  cut(broker: number): void {
    for (const cut of [...this.#cut]) cut(broker)
  }

  /** Lets everything run that needs no time to pass. */
  async settle(): Promise<void> {
    for (let i = 0; i < 8; i++) await new Promise(setImmediate)
  }

  /** Lets time pass in steps until the promise is settled; fails after `mostMs` of virtual time. */
  async until<T>(promise: Promise<T>, stepMs = 5, mostMs = 600_000): Promise<T> {
    let open = true
    const done = promise.finally(() => (open = false))
    done.catch(() => undefined)
    for (let passed = 0; open; passed += stepMs) {
      await this.settle()
      if (!open) break
      if (passed > mostMs) throw new Error(`still open after ${mostMs} ms`)
      this.time.advance(stepMs)
    }
    return done
  }

  #dial({ port }: Address, listener: SocketListener): ClientSocket {
    const connection = this.#connections++
    let open = true
    const close = (error?: Error): void => {
      if (!open) return
      open = false
      this.#cut.delete(cut)
      setImmediate(() => listener.closed(error))
    }
    const cut = (broker: number): void => void (broker === port && close(new Error('cut')))
    this.#cut.add(cut)
    setImmediate(() => {
      if (this.down.has(port)) close(new Error('refused'))
      else if (open) listener.opened()
    })
    let answers = Promise.resolve()
    return {
      write: (chunks, sent) => {
        const frame = Buffer.concat(chunks).subarray(4)
        // Asked at once, answered in order, as a broker does.
        answers = answers.then(async () => {
          if (!open) return
          const answer = await this.#answer(port, connection, frame)
          if (!open) return
          if (answer === hangUp) close(new Error('hung up'))
          else if (answer !== silence) deliver(listener, Buffer.concat(answer))
          else await new Promise(() => undefined)
        })
        if (sent) setImmediate(sent)
      },
      destroy: () => close(),
    }
  }

  async #answer(
    broker: number,
    connection: number,
    frame: Buffer,
  ): Promise<readonly Buffer[] | typeof silence | typeof hangUp> {
    const { apiKey, apiVersion, correlationId, bodyStart } = readRequestHeader(frame)
    const api = apiOf(apiKey)!
    this.asked.push(`${api.name}@${broker}`)
    const script = this.#scripts.get(api.name)
    if (script === undefined) throw new Error(`nothing is scripted for ${api.name}`)
    const body = decodeRequest(api, apiVersion, frame, bodyStart)
    const answer = await script({ broker, connection, version: apiVersion, body })
    if (answer === silence || answer === hangUp) return answer as typeof silence | typeof hangUp
    const version = this.#answerVersions.get(api.name)?.(apiVersion) ?? apiVersion
    return encodeResponse(api, version, correlationId + this.correlationOffset, answer)
  }
}
