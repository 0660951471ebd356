import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { groupSettings } from '../../broker/coordinator/config.ts'
import { GroupCoordinator } from '../../broker/coordinator/group-coordinator.ts'
import type { Topics } from '../../broker/coordinator/ports.ts'
import { defineConfig } from '#core/config/define.ts'
import { systemClock } from '#core/ports/clock.ts'
import { systemRandom } from '#core/ports/random.ts'
import { systemTimers } from '#core/ports/timers.ts'
import { silentLog } from '#core/telemetry/log.ts'

const noTopics: Topics = {
  partitionCount: () => 2,
  topicId: () => undefined,
  topicName: () => undefined,
  names: () => [],
  racks: () => undefined,
  version: () => 0,
}

/** A coordinator of ours over the `__consumer_offsets` that somebody else wrote into a data directory; appends go nowhere. */
export async function coordinatorOver(directory: string, topics: Partial<Topics> = {}): Promise<GroupCoordinator> {
  const folders = (await readdir(directory, { recursive: true })).filter((name) => /__consumer_offsets-\d+$/.test(name))
  const segments = new Map<number, Buffer[]>()
  for (const folder of folders) {
    const logs = (await readdir(join(directory, folder))).filter((name) => name.endsWith('.log')).toSorted()
    const read = await Promise.all(logs.map((name) => readFile(join(directory, folder, name))))
    segments.set(Number(folder.split('-').at(-1)), read)
  }
  const coordinator = new GroupCoordinator({
    clock: systemClock,
    timers: systemTimers({ ref: false }),
    random: systemRandom,
    log: silentLog,
    config: defineConfig(groupSettings).parse({}, 'check'),
    partitions: {
      count: segments.size,
      maxBatchBytes: 1_048_588,
      append: () => {},
      read: (partition) => segments.get(partition)!,
    },
    topics: { ...noTopics, ...topics },
  })
  for (const partition of segments.keys()) await coordinator.load(partition)
  return coordinator
}
