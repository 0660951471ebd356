import { dirname } from 'node:path'

import { randomUuid } from '#core/bytes/uuid.ts'
import type { Clock } from '#core/ports/clock.ts'
import type { Files } from '#core/ports/files.ts'
import type { Random } from '#core/ports/random.ts'
import {
  type MetadataRecord,
  type MetadataRecordInput,
  type UnknownMetadataRecord,
  decodeMetadataRecord,
  encodeMetadataRecord,
} from '#core/wire/stored/metadata-frame.ts'

import { brokerErrors } from '../errors.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { type SecurityProtocol, securityProtocols } from '../security/protocol.ts'
import type { Voter } from './control-records.ts'
import { registeredFeatures, whyNotServed } from './features.ts'
import { bootstrapRecords } from './format.ts'
import { MetadataImage, type PartitionImage } from './image.ts'
import { MetadataLog } from './metadata-log.ts'
import { controllersRegister, recordAtLevel } from './record-versions.ts'
import { replay } from './replay.ts'

/** A record as it is read from the log. */
export type AnyMetadataRecord = MetadataRecord | UnknownMetadataRecord

/** What the controller needs to know of its node and its surroundings. */
export interface ControllerOptions {
  readonly voter: Voter
  readonly rack: string | null
  /** Bytes of records after which a snapshot is written. */
  readonly snapshotBytes: number
}

/** An address under which this broker is registered. */
export interface RegisteredEndpoint {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly securityProtocol: SecurityProtocol
}

/** Bytes of records for which a snapshot is worth it when the broker stops. */
const restBytes = 1_048_576

/** Producer ids that one record takes from the cluster's supply. */
const producerIdBlock = 1000

/**
 * Decides every change of the metadata and writes it down: records are appended first and then replayed into the image,
 * so that what is served is what a restart would read.
 */
export class Controller {
  readonly image = new MetadataImage()
  readonly nodeId: number
  #brokerEpoch = -1
  readonly #ports: { readonly files: Files; readonly clock: Clock; readonly random: Random }
  readonly #options: ControllerOptions
  readonly #log: MetadataLog
  readonly #listeners: ((records: readonly AnyMetadataRecord[]) => void)[] = []
  #nextProducerId = 0
  #producerIdEnd = 0

  constructor(
    ports: { readonly files: Files; readonly clock: Clock; readonly random: Random },
    log: PartitionLog,
    options: ControllerOptions,
  ) {
    this.#ports = ports
    this.#options = options
    this.nodeId = options.voter.nodeId
    this.#log = new MetadataLog(ports, log, options.voter)
  }

  /** Offset of the record that registered this broker; Kafka's measure of which life of a broker is meant. */
  get brokerEpoch(): number {
    return this.#brokerEpoch
  }

  /** Epoch of the metadata log's leader. */
  get epoch(): number {
    return this.#log.epoch
  }

  /** Who votes in the quorum: this node. */
  get voter(): Voter {
    return this.#options.voter
  }

  /** Where the metadata log ends; all before it is committed. */
  get logEndOffset(): number {
    return this.#log.log.logEndOffset
  }

  /** Reads the metadata and takes the lead. Throws METADATA_CORRUPT, SNAPSHOT_MISSING and FEATURE_UNSUPPORTED. */
  start(): void {
    this.#log.load(this.image)
    for (const [feature, level] of this.image.features) checkFeature(feature, level)
    const bootstrap =
      this.image.features.size > 0 ? [] : bootstrapRecords(this.#ports.files, dirname(this.#log.directory))
    for (const each of bootstrap) {
      if (each.kind === 'featureLevel') checkFeature(each.value.name, each.value.featureLevel)
    }
    this.#log.lead()
    if (bootstrap.length > 0) {
      this.#apply([
        { kind: 'beginTransaction', version: 0, value: { name: 'Bootstrap records' } },
        ...bootstrap,
        { kind: 'endTransaction', version: 0, value: {} },
      ])
    }
    if (this.image.feature('metadata.version') >= controllersRegister) this.#apply([this.#controllerRecord()])
  }

  /** Tells of every change, after the image shows it. */
  onChange(listener: (records: readonly AnyMetadataRecord[]) => void): void {
    this.#listeners.push(listener)
  }

  /** Appends and replays records; resolves when they are on the disk and may be acknowledged. */
  commit(records: readonly MetadataRecordInput[]): Promise<void> {
    if (records.length === 0) return Promise.resolve()
    this.#apply(records)
    if (this.#log.bytesSinceSnapshot >= this.#options.snapshotBytes) this.#log.snapshot(this.image)
    return this.#log.log.flush()
  }

  /** Registers this broker under its addresses, unfences it, and makes it lead what it holds. */
  register(endpoints: readonly RegisteredEndpoint[]): Promise<void> {
    const { nodeId } = this
    const brokerEpoch = this.#log.log.logEndOffset
    this.#brokerEpoch = brokerEpoch
    return this.commit([
      {
        kind: 'registerBroker',
        version: 4,
        value: {
          brokerId: nodeId,
          incarnationId: randomUuid(this.#ports.random),
          brokerEpoch,
          endPoints: endpoints.map((each) => ({ ...each, securityProtocol: securityProtocols[each.securityProtocol] })),
          features: registeredFeatures,
          rack: this.#options.rack,
          fenced: true,
          logDirs: [this.#options.voter.directoryId],
          cordonedLogDirs: [],
        },
      },
      { kind: 'brokerRegistrationChange', version: 0, value: { brokerId: nodeId, brokerEpoch, fenced: -1 } },
      ...this.#leaderChanges(nodeId, (partition) => partition.replicas.includes(nodeId)),
    ])
  }

  /** Gives up leadership of everything and fences this broker, as a controlled shutdown does. */
  async resign(): Promise<void> {
    const { nodeId } = this
    const brokerEpoch = this.#brokerEpoch
    await this.commit([
      {
        kind: 'brokerRegistrationChange',
        version: 1,
        value: { brokerId: nodeId, brokerEpoch, inControlledShutdown: 1 },
      },
      ...this.#leaderChanges(-1, (partition) => partition.leader === nodeId),
      { kind: 'brokerRegistrationChange', version: 0, value: { brokerId: nodeId, brokerEpoch, fenced: 1 } },
    ])
    // Every start and stop writes a record per partition: without this each start would read those of all before it. And
    // Apache Kafka 4.3.1 may forget all users of a mechanism when it reads from the log that one of them was removed.
    if (this.#log.bytesSinceSnapshot >= restBytes || this.#log.removesUsers) this.#log.snapshot(this.image)
  }

  /** A producer id that was never given to anybody; a promise when a new block has to be taken first. */
  nextProducerId(): number | Promise<number> {
    if (this.#nextProducerId < this.#producerIdEnd) return this.#nextProducerId++
    const first = this.image.nextProducerId
    this.#nextProducerId = first + 1
    this.#producerIdEnd = first + producerIdBlock
    const value = { brokerId: this.nodeId, brokerEpoch: this.#brokerEpoch, nextProducerId: this.#producerIdEnd }
    return this.commit([{ kind: 'producerIds', version: 0, value }]).then(() => first)
  }

  /** Writes a snapshot now. */
  snapshot(): void {
    this.#log.snapshot(this.image)
  }

  *#leaderChanges(leader: number, concerns: (partition: PartitionImage) => boolean): Iterable<MetadataRecordInput> {
    for (const topic of this.image.topics.values()) {
      for (const partition of topic.partitions) {
        if (!concerns(partition)) continue
        yield {
          kind: 'partitionChange',
          version: 2,
          value: {
            partitionId: partition.partitionId,
            topicId: topic.id,
            leader,
            ...this.#rejoining(leader, partition),
          },
        }
      }
    }
  }

  /** With eligible leader replicas Apache Kafka leaves the list of those in sync empty when it stops. */
  #rejoining(leader: number, { isr, eligibleLeaderReplicas, lastKnownElr }: PartitionImage): object {
    if (leader === -1 || isr.includes(leader)) return {}
    return {
      isr: [leader],
      ...(eligibleLeaderReplicas !== null && { eligibleLeaderReplicas: [] }),
      ...(lastKnownElr !== null && { lastKnownElr: [] }),
    }
  }

  #controllerRecord(): MetadataRecordInput {
    return {
      kind: 'registerController',
      version: 0,
      value: {
        controllerId: this.nodeId,
        incarnationId: randomUuid(this.#ports.random),
        zkMigrationReady: false,
        endPoints: [{ ...this.#options.voter.endpoint, securityProtocol: 0 }],
        features: registeredFeatures,
      },
    }
  }

  #apply(records: readonly MetadataRecordInput[]): void {
    const level = this.image.feature('metadata.version')
    const values = records.map((record) => encodeMetadataRecord(recordAtLevel(record, level)))
    this.#log.append(values)
    const decoded = values.map(decodeMetadataRecord)
    for (const record of decoded) replay(record, this.image)
    this.#log.removesUsers ||= decoded.some(({ kind }) => kind === 'removeUserScramCredential')
    this.image.offset = this.#log.log.logEndOffset - 1
    this.image.epoch = this.#log.epoch
    for (const listener of this.#listeners) listener(decoded)
  }
}

function checkFeature(feature: string, level: number): void {
  const supported = whyNotServed(feature, level)
  if (supported !== undefined) throw brokerErrors.FEATURE_UNSUPPORTED({ feature, level, supported })
}
