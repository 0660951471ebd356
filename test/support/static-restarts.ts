import {
  type ConsumerGroupHeartbeatRequestInput,
  consumerGroupHeartbeat,
} from '#core/wire/api/68-consumer-group-heartbeat.ts'
import { heartbeat } from '#core/wire/api/12-heartbeat.ts'
import { joinGroup } from '#core/wire/api/11-join-group.ts'
import { syncGroup } from '#core/wire/api/14-sync-group.ts'
import { consumerProtocolSubscription } from '#core/wire/embedded/consumer-protocol.ts'
import { encodeStored } from '#core/wire/stored/stored.ts'
import { createClient } from '#core/client/lean-client.ts'
import { seededRandom } from '#core/ports/random.ts'
import { withBroker } from './broker-under-test.ts'
import { quickGroups } from './rebalance-storm.ts'
import { pause } from './storm/member.ts'
import { WireClient } from './wire-client.ts'

const [group, topic] = ['static', 'static']
const partitions = 30

export interface RestartFigures {
  restarts: number
  /** Generations or group epochs that came to be after everybody was there, and members that were told to join again. */
  rebalances: number
  /** Restarted members that got other partitions than they had. */
  moved: number
}

/** A static member: its place in the group is its instance id's, whoever speaks for it. */
interface StaticMember {
  /** What it has, as text. */
  readonly has: string
  readonly epoch: number
  join(): Promise<void>
  /** False when it is told to do something about a rebalance. */
  beat(): Promise<boolean>
  /** Ends and comes back with a new connection and a new member id. */
  restart(): Promise<void>
  close(): void
}

class ClassicStatic implements StaticMember {
  has = ''
  epoch = -1
  readonly #bootstrap: string
  readonly #instance: string
  #client!: WireClient
  #memberId = ''

  constructor(bootstrap: string, instance: string) {
    this.#bootstrap = bootstrap
    this.#instance = instance
  }

  async join(): Promise<void> {
    this.#client = await WireClient.connect(this.#bootstrap)
    const metadata = encodeStored(consumerProtocolSubscription, 1, { topics: [topic], userData: null })
    const joined = await this.#client.call(joinGroup, 9, {
      groupId: group,
      ...{ sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 10_000, memberId: '', groupInstanceId: this.#instance },
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata }],
    })
    if (joined.errorCode !== 0) throw new Error(`JoinGroup answered ${joined.errorCode}`)
    this.#memberId = joined.memberId
    this.epoch = joined.generationId
    const members = joined.skipAssignment ? [] : joined.members
    const synced = await this.#client.call(syncGroup, 5, {
      ...{ groupId: group, generationId: this.epoch, memberId: this.#memberId, groupInstanceId: this.#instance },
      ...{ protocolType: 'consumer', protocolName: 'range' },
      assignments: members.map(({ memberId, groupInstanceId }) => ({
        memberId,
        assignment: Buffer.from(`what ${groupInstanceId} gets`),
      })),
    })
    if (synced.errorCode !== 0) throw new Error(`SyncGroup answered ${synced.errorCode}`)
    this.has = synced.assignment.toString()
  }

  async beat(): Promise<boolean> {
    const { errorCode } = await this.#client.call(heartbeat, 4, {
      ...{ groupId: group, generationId: this.epoch, memberId: this.#memberId, groupInstanceId: this.#instance },
    })
    return errorCode === 0
  }

  async restart(): Promise<void> {
    this.close()
    await this.join()
  }

  close(): void {
    this.#client.close()
  }
}

let made = 0

class ConsumerStatic implements StaticMember {
  has = ''
  epoch = 0
  readonly #bootstrap: string
  readonly #instance: string
  #client!: WireClient
  #memberId = ''
  #owned: ConsumerGroupHeartbeatRequestInput['topicPartitions'] = []

  constructor(bootstrap: string, instance: string) {
    this.#bootstrap = bootstrap
    this.#instance = instance
  }

  async #say(request: Partial<ConsumerGroupHeartbeatRequestInput>): Promise<void> {
    const answer = await this.#client.call(consumerGroupHeartbeat, 1, {
      ...{ groupId: group, memberId: this.#memberId, memberEpoch: this.epoch, instanceId: this.#instance },
      ...request,
    })
    if (answer.errorCode !== 0) throw new Error(`ConsumerGroupHeartbeat: ${answer.errorCode} ${answer.errorMessage}`)
    this.epoch = answer.memberEpoch
    if (answer.assignment === null) return
    this.#owned = answer.assignment.topicPartitions
    this.has = JSON.stringify(
      answer.assignment.topicPartitions.map((each) => each.partitions.toSorted((a, b) => a - b)),
    )
  }

  async join(): Promise<void> {
    this.#client = await WireClient.connect(this.#bootstrap)
    this.#memberId = `static-${++made}`
    this.epoch = 0
    await this.#say({ rebalanceTimeoutMs: 5000, subscribedTopicNames: [topic], topicPartitions: [] })
  }

  async beat(): Promise<boolean> {
    const { epoch, has } = this
    await this.#say({ topicPartitions: this.#owned ?? [] })
    return this.epoch === epoch && this.has === has
  }

  async restart(): Promise<void> {
    await this.#say({ memberEpoch: -2 })
    this.close()
    await this.join()
  }

  close(): void {
    this.#client.close()
  }
}

const protocols = { classic: ClassicStatic, consumer: ConsumerStatic }

/** Beats until everybody has partitions and nobody is told anything new. */
async function comeToRest(members: readonly StaticMember[]): Promise<void> {
  for (let quiet = 0, rounds = 0; quiet < 20; rounds++) {
    if (rounds > 400) throw new Error('the group of static members does not come to rest')
    const isQuiet = (await Promise.all(members.map((member) => member.beat()))).every(Boolean)
    const isShared = new Set(members.map(({ has }) => has)).size === members.length
    quiet = isQuiet && isShared && new Set(members.map(({ epoch }) => epoch)).size === 1 ? quiet + 1 : 0
    await pause(50)
  }
}

/** Static members that are restarted within their session: nobody else is to notice. */
export async function staticRestarts(
  protocol: keyof typeof protocols,
  members: number,
  restarts: number,
  seed: number,
): Promise<RestartFigures> {
  const figures: RestartFigures = { restarts: 0, rebalances: 0, moved: 0 }
  const random = seededRandom(seed)
  // Long enough for all to join the first generation together, and for sessions never to end.
  const patient = { 'group.initial.rebalance.delay.ms': '1500', 'group.consumer.session.timeout.ms': '30000' }
  await withBroker({ ...quickGroups, ...patient }, async (bootstrap) => {
    const client = createClient({ bootstrapServers: bootstrap })
    await client.admin().createTopics([{ name: topic, partitions }])
    // A commit asks for the coordinator first, and that makes its topic.
    await client.admin().alterGroupOffsets(group, [{ topic, partition: 0, offset: 0 }])
    await client.close()
    const all = Array.from({ length: members }, (_, i) => new protocols[protocol](bootstrap, `instance-${i}`))
    await Promise.all(all.map((member) => member.join()))
    await comeToRest(all)
    const { epoch } = all[0]!
    for (; figures.restarts < restarts; figures.restarts++) {
      const member = all[Math.floor(random.next() * members)]!
      const before = member.has
      await member.restart()
      if (member.has !== before) figures.moved++
      const told = await Promise.all(all.map((each) => each.beat()))
      if (!told.every(Boolean) || all.some((each) => each.epoch !== epoch)) figures.rebalances++
    }
    for (const member of all) member.close()
  })
  return figures
}
