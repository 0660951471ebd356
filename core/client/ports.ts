import { type Dial, tcpDial } from '#core/client/connection/dial.ts'
import { type Clock, systemClock } from '#core/ports/clock.ts'
import { type Random, systemRandom } from '#core/ports/random.ts'
import { systemTimers, type Timers } from '#core/ports/timers.ts'

/** Everything that a client has of the world outside. */
export interface ClientPorts {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly dial: Dial
}

/** The machine's own clock, timers, randomness and TCP. */
export const systemClientPorts = (): ClientPorts => ({
  clock: systemClock,
  timers: systemTimers(),
  random: systemRandom,
  dial: tcpDial,
})
