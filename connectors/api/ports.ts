import type { Clock } from '#core/ports/clock.ts'
import type { Files } from '#core/ports/files.ts'
import type { Random } from '#core/ports/random.ts'
import type { Timers } from '#core/ports/timers.ts'

/** The outside world as the runtime and the plugins see it; tests hand in their own. */
export interface ConnectorPorts {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly files: Files
}
