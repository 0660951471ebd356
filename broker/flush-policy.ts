import type { BrokerConfig } from './config.ts'
import { topicDefaults } from './log/config.ts'

/** When data reaches the disk, and what that is worth to who got an acknowledgement. */
export interface FlushPolicy {
  readonly name: string
  readonly promise: string
}

/** The policy that the settings of a broker amount to, for topics that say nothing themselves. */
export function flushPolicy(config: BrokerConfig): FlushPolicy {
  const defaults = topicDefaults(config)
  if (defaults['flush.messages'] === 1) {
    return { name: 'always', promise: 'flush=always: what is acknowledged is on the disk' }
  }
  if (defaults['flush.ms'] < Number.MAX_SAFE_INTEGER) {
    const promise = `flush=interval: a crash of the machine may lose what was acknowledged in the last ${defaults['flush.ms']} ms`
    return { name: 'interval', promise }
  }
  const promise =
    'flush=never: what is acknowledged survives a crash of the broker, not of the machine (--set flush=always waits for the disk)'
  return { name: 'never', promise }
}
