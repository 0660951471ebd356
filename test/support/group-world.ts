import { groupSettings, type GroupSettings } from '../../broker/coordinator/config.ts'
import { GroupCoordinator } from '../../broker/coordinator/group-coordinator.ts'
import type { RequestContext } from '../../broker/coordinator/ports.ts'
import { defineConfig } from '#core/config/define.ts'
import { seededRandom } from '#core/ports/random.ts'
import { VirtualTime } from '#core/ports/virtual-time.ts'
import { silentLog } from '#core/telemetry/log.ts'
import { consumerGroupHeartbeat } from '#core/wire/api/68-consumer-group-heartbeat.ts'
import { deleteGroups } from '#core/wire/api/42-delete-groups.ts'
import { describeGroups } from '#core/wire/api/15-describe-groups.ts'
import { heartbeat } from '#core/wire/api/12-heartbeat.ts'
import { joinGroup } from '#core/wire/api/11-join-group.ts'
import { leaveGroup } from '#core/wire/api/13-leave-group.ts'
import { listGroups } from '#core/wire/api/16-list-groups.ts'
import { offsetCommit } from '#core/wire/api/08-offset-commit.ts'
import { offsetDelete } from '#core/wire/api/47-offset-delete.ts'
import { offsetFetch } from '#core/wire/api/09-offset-fetch.ts'
import { syncGroup } from '#core/wire/api/14-sync-group.ts'
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse, readRequestHeader } from '#core/wire/frame.ts'
import type { Api, Decoded, Encodable, Fields } from '#core/wire/schema.ts'

export interface GroupWorldOptions {
  readonly settings?: Readonly<Record<string, unknown>>
  /** Topics with their partition counts; the id of a topic is made from its name. */
  readonly topics?: Readonly<Record<string, number>>
  /** Partitions of `__consumer_offsets`. */
  readonly partitions?: number
  readonly seed?: number
}

/** A topic's id as this world makes it: 22 characters. */
export const topicIdOf = (name: string): string => Buffer.from(name.padEnd(16, '.')).toString('base64url')

const apis = {
  consumerGroupHeartbeat,
  joinGroup,
  syncGroup,
  heartbeat,
  leaveGroup,
  offsetCommit,
  offsetFetch,
  offsetDelete,
  describeGroups,
  listGroups,
  deleteGroups,
}
type Apis = typeof apis
type RequestOf<N extends keyof Apis> = Encodable<Apis[N]['request']>
type ResponseOf<N extends keyof Apis> = Decoded<Apis[N]['response']>

/**
 * A coordinator over logs in memory and virtual time. Requests and responses go through the codecs of their version, so
 * that a shape which the version cannot carry fails the test.
 */
export class GroupWorld {
  readonly time = new VirtualTime(1_700_000_000_000)
  /** The appended bytes of each partition, in order. */
  readonly logs: Buffer[][]
  readonly topics: Record<string, number>
  coordinator: GroupCoordinator
  /** Called instead of the plain append, for logs that are slow or fail. */
  append: (partition: number, batches: Buffer) => void | Promise<void>
  #deferred: (() => void)[] = []
  readonly #settings: GroupSettings
  readonly #random: ReturnType<typeof seededRandom>

  constructor(options: GroupWorldOptions = {}) {
    this.logs = Array.from({ length: options.partitions ?? 1 }, () => [])
    this.topics = { ...(options.topics ?? { orders: 4, users: 2 }) }
    this.#settings = defineConfig(groupSettings).parse(options.settings ?? {}, 'test')
    this.#random = seededRandom(options.seed ?? 1)
    this.append = (partition, batches) => void this.logs[partition]!.push(Buffer.from(batches))
    this.coordinator = this.#make()
  }

  static async start(options: GroupWorldOptions = {}): Promise<GroupWorld> {
    const world = new GroupWorld(options)
    await world.load()
    return world
  }

  async load(): Promise<void> {
    for (const partition of this.logs.keys()) await this.coordinator.load(partition)
  }

  /** What a kill and a start do: all but the logs is gone. Requests that wait are never answered. */
  async restart(): Promise<void> {
    const old = this.coordinator
    this.#deferred = []
    this.append = (partition, batches) => void this.logs[partition]!.push(Buffer.from(batches))
    this.coordinator = this.#make()
    await this.load()
    await old.close()
    this.#deferred = []
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    do {
      const calls = this.#deferred
      this.#deferred = []
      for (const call of calls) call()
      await new Promise((done) => setImmediate(done))
    } while (this.#deferred.length > 0)
  }

  /** Moves time on, in steps of at most 100 ms, letting everything happen in between. */
  async advance(ms: number): Promise<void> {
    await this.settle()
    for (let left = ms; left > 0; left -= 100) {
      this.time.advance(Math.min(left, 100))
      await this.settle()
    }
  }

  /** Sends a request and waits, without moving time, for the response. */
  async call<N extends keyof Apis>(name: N, version: number, request: RequestOf<N>): Promise<ResponseOf<N>> {
    const answered = this.send(name, version, request)
    await this.settle()
    const pending = Symbol('pending')
    const first = await Promise.race([answered, Promise.resolve(pending)])
    if (first === pending) throw new Error(`${name} is not answered`)
    return first as ResponseOf<N>
  }

  /** Sends a request; the response may take its time. */
  async send<N extends keyof Apis>(name: N, version: number, request: RequestOf<N>): Promise<ResponseOf<N>> {
    const api = apis[name] as unknown as Api<Fields, Fields>
    const frame = Buffer.concat(encodeRequest(api, version, 7, 'client', request)).subarray(4)
    const header = readRequestHeader(frame)
    const decoded = decodeRequest(api, version, frame, header.bodyStart)
    const context: RequestContext = { apiVersion: version, clientId: header.clientId, clientHost: '/127.0.0.1' }
    const handle = this.coordinator[name].bind(this.coordinator) as (c: RequestContext, r: unknown) => unknown
    const answer = handle(context, decoded)
    // The frame's memory is used again for the next request: nothing may have kept a view on it.
    frame.fill(0xdd)
    const response = (await answer) as Encodable<typeof api.response>
    const bytes = Buffer.concat(encodeResponse(api, version, 7, response)).subarray(4)
    return decodeResponse(api, version, bytes).body as ResponseOf<N>
  }

  #make(): GroupCoordinator {
    const { logs, topics } = this
    return new GroupCoordinator({
      clock: this.time,
      timers: this.time,
      random: this.#random,
      log: silentLog,
      config: this.#settings,
      defer: (call) => void this.#deferred.push(call),
      partitions: {
        count: logs.length,
        maxBatchBytes: 1_048_588,
        append: (partition, batches) => this.append(partition, batches),
        read: (partition) => logs[partition]!,
      },
      topics: {
        partitionCount: (name) => topics[name],
        topicId: (name) => (name in topics ? topicIdOf(name) : undefined),
        topicName: (id) => Object.keys(topics).find((name) => topicIdOf(name) === id),
        names: () => Object.keys(topics),
        version: () => Object.values(topics).reduce((sum, count) => sum + 1000 + count, 0),
        racks: (name) => (name in topics ? Array.from({ length: topics[name]! }, () => []) : undefined),
      },
    })
  }
}
