import { seededRandom } from '#core/ports/random.ts'
import { createClient } from '#core/client/lean-client.ts'
import { withBroker } from './broker-under-test.ts'
import { ClassicStormMember } from './storm/classic-member.ts'
import { ConsumerStormMember } from './storm/consumer-member.ts'
import { StormLedger } from './storm/ledger.ts'
import { group, pause, topic } from './storm/member.ts'

const partitions = 60
const protocols = { classic: ClassicStormMember, consumer: ConsumerStormMember }

/** Settings under which members come and go quickly. */
export const quickGroups = {
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '500',
  'group.consumer.min.session.timeout.ms': '500',
  'group.consumer.session.timeout.ms': '2000',
  'group.consumer.min.heartbeat.interval.ms': '50',
  'group.consumer.heartbeat.interval.ms': '200',
}

/**
 * Members join, commit, leave and crash at random. No partition may belong to two of them at once, and no committed offset may be
 * served that is older than one acknowledged before it was asked for; a zero was never committed.
 */
export async function rebalanceStorm(
  protocol: keyof typeof protocols,
  members: number,
  seconds: number,
  seed: number,
): Promise<StormLedger> {
  const ledger = new StormLedger(partitions)
  const random = seededRandom(seed)
  await withBroker(quickGroups, async (bootstrap) => {
    const client = createClient({ bootstrapServers: bootstrap })
    await client.admin().createTopics([{ name: topic, partitions }])
    const first = Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 1 }))
    await client.admin().alterGroupOffsets(group, first)
    for (const { partition, offset } of first) ledger.acknowledged(partition, offset)
    await client.close()
    const until = Date.now() + seconds * 1000
    const isOn = (): boolean => Date.now() < until
    const settings = { bootstrap, partitions, ledger, isOn }
    const running = Array.from({ length: members }, async () => {
      // Each draws numbers of its own, so that one member's haste does not change another's fate.
      const own = seededRandom(Math.floor(random.next() * 2 ** 32))
      await pause(own.next() * 1000)
      await new protocols[protocol]({ ...settings, random: own }).run()
    })
    await Promise.all(running)
  })
  return ledger
}
