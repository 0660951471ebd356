import type { UnknownMetadataRecord } from '#core/wire/stored/metadata-frame.ts'

import { AclIndex } from '../authorizer/acl-index.ts'
import { ClientQuotas } from '../quota/client-quotas.ts'
import { ScramCredentials } from '../security/scram-credentials.ts'

/** A partition as the metadata log says: who holds it and who leads. */
export interface PartitionImage {
  readonly partitionId: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly removingReplicas: readonly number[]
  readonly addingReplicas: readonly number[]
  /** -1 while there is none. */
  readonly leader: number
  readonly leaderRecoveryState: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  /** Directory of each replica, in the order of `replicas`. */
  readonly directories: readonly string[]
  readonly eligibleLeaderReplicas: readonly number[] | null
  readonly lastKnownElr: readonly number[] | null
}

/** A topic as the metadata has it. */
export interface TopicImage {
  readonly name: string
  readonly id: string
  /** By partition number, without gaps. */
  readonly partitions: PartitionImage[]
}

/** A registered broker as the metadata has it. */
export interface BrokerImage {
  readonly id: number
  /** Offset of the record that registered it. */
  readonly epoch: number
  readonly incarnationId: string
  readonly endpoints: readonly {
    readonly name: string
    readonly host: string
    readonly port: number
    readonly securityProtocol: number
  }[]
  readonly features: readonly {
    readonly name: string
    readonly minSupportedVersion: number
    readonly maxSupportedVersion: number
  }[]
  readonly rack: string | null
  readonly fenced: boolean
  readonly inControlledShutdown: boolean
  readonly logDirs: readonly string[]
}

/** A controller that registered itself. */
export interface ControllerImage {
  readonly id: number
  readonly incarnationId: string
  readonly zkMigrationReady: boolean
  readonly endpoints: BrokerImage['endpoints']
  readonly features: BrokerImage['features']
}

/** Kafka's numbers for what a setting belongs to. */
export const configResources = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const

/** The level of a feature that was never finalized. */
const featureOff = 0

/**
 * The cluster's metadata: all that the records replayed so far add up to. Only `replay` changes it; everybody else
 * reads. Topics are found by name and by id.
 */
export class MetadataImage {
  readonly features = new Map<string, number>()
  readonly brokers = new Map<number, BrokerImage>()
  readonly controllers = new Map<number, ControllerImage>()
  readonly topics = new Map<string, TopicImage>()
  readonly topicsById = new Map<string, TopicImage>()
  readonly configs = new Map<string, Map<string, string>>()
  readonly acls = new AclIndex()
  readonly quotas = new ClientQuotas()
  readonly scram = new ScramCredentials()
  /** The first producer id that was never handed out. */
  nextProducerId = 0
  /** Records of types that are not understood here, in their order: kept so that a snapshot loses none. */
  readonly unknown: UnknownMetadataRecord[] = []
  /** Offset of the newest record replayed, and its epoch. */
  offset = -1
  epoch = 0

  /** The level at which a feature is finalized; 0 while it is off. */
  feature(name: string): number {
    // The quorum of one always speaks the newer protocol, and says so in control records.
    return name === 'kraft.version' ? 1 : (this.features.get(name) ?? featureOff)
  }

  /** The settings made for a resource; an empty map when there are none. */
  configOf(resourceType: number, name: string): ReadonlyMap<string, string> {
    return this.configs.get(configKey(resourceType, name)) ?? noConfigs
  }

  /** Names of the resources of a type for which settings were made. */
  resourcesWithConfigs(resourceType: number): string[] {
    const prefix = configKey(resourceType, '')
    return [...this.configs.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))
  }

  partition(topic: string, partition: number): PartitionImage | undefined {
    return this.topics.get(topic)?.partitions[partition]
  }
}

const noConfigs: ReadonlyMap<string, string> = new Map()

/** The key under which the image files the settings of a resource. */
export const configKey = (resourceType: number, name: string): string => `${resourceType}:${name}`
