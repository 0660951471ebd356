import { type Socket, connect } from 'node:net'

import { type Mutant, mutate } from './mutate.ts'
import type { Seed } from './seeds.ts'
import { type Random, seededRandom } from '#core/ports/random.ts'
import { apiVersions } from '#core/wire/api/18-api-versions.ts'
import { encodeRequest } from '#core/wire/frame.ts'

/** What became of the frames. */
export interface AttackFigures {
  sent: number
  /** The broker answered, or took the frame and went on with the next request. */
  answered: number
  /** The broker closed the connection. */
  closed: number
  /** The broker waited, for bytes that a lying size promised or as a request may ask; the attacker hung up. */
  waited: number
  connections: number
}

/** How long a frame may leave the connection silent before the attacker hangs up. */
const patienceMs = 100
const sentinelId = 0x5e471e1
const sentinel = Buffer.concat(encodeRequest(apiVersions, 0, sentinelId, 'fuzz', {} as never))

type Outcome = 'answered' | 'closed' | 'waited'

/** One connection at a time, with one mutant and a harmless request behind it in flight. */
class Attacker {
  readonly #host: string
  readonly #port: number
  readonly #figures: AttackFigures
  #socket: Socket | undefined
  #received: Buffer = Buffer.alloc(0)
  #settle: ((outcome: Outcome) => void) | undefined

  constructor(bootstrap: string, figures: AttackFigures) {
    const [host, port] = bootstrap.split(':')
    this.#host = host!
    this.#port = Number(port)
    this.#figures = figures
  }

  async send(mutant: Mutant): Promise<void> {
    const socket = (this.#socket ??= await this.#connect())
    const outcome = await new Promise<Outcome>((settle) => {
      const timer = setTimeout(() => settle('waited'), patienceMs)
      this.#settle = (each) => {
        clearTimeout(timer)
        settle(each)
      }
      socket.write(mutant.frame)
      // What is promised and does not come is not worth waiting for.
      if (mutant.sizeLies) socket.end(sentinel)
      else socket.write(sentinel)
    })
    this.#settle = undefined
    this.#figures[outcome]++
    if (outcome !== 'answered' || mutant.sizeLies) this.close()
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
    this.#received = Buffer.alloc(0)
  }

  #connect(): Promise<Socket> {
    this.#figures.connections++
    return new Promise((done, fail) => {
      const socket = connect(this.#port, this.#host)
      socket.setNoDelay(true)
      socket.once('error', fail)
      socket.once('connect', () => {
        socket.off('error', fail)
        socket.on('error', () => {})
        socket.on('close', () => {
          if (this.#socket === socket) this.#settle?.('closed')
        })
        socket.on('data', (bytes: Buffer) => {
          if (this.#socket === socket) this.#receive(bytes)
        })
        done(socket)
      })
    })
  }

  #receive(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
    while (this.#received.length >= 8) {
      const size = this.#received.readInt32BE(0)
      if (this.#received.length < 4 + size) return
      const id = this.#received.readInt32BE(4)
      this.#received = this.#received.subarray(4 + size)
      if (id === sentinelId) this.#settle?.('answered')
    }
  }
}

export interface Attack {
  readonly bootstrap: string
  readonly seeds: readonly Seed[]
  readonly seed: number
  /** Numbers of the frames to send: `from` on, so many of them. */
  readonly from: number
  readonly frames: number
  readonly connections: number
  /** True when it is time to give up. */
  readonly isOver?: () => boolean
}

/** The frame of a number: it depends on the seed and the number alone, so one can be sent again by itself. */
export function mutantOf(seeds: readonly Seed[], seed: number, number: number): Mutant & { readonly name: string } {
  const random: Random = seededRandom(seed ^ Math.imul(number + 1, 0x9e3779b1))
  const one = seeds[Math.floor(random.next() * seeds.length)]!
  const other = seeds[Math.floor(random.next() * seeds.length)]!
  return { name: one.name, ...mutate(one.frame, other.frame, random) }
}

/** Sends the frames over many connections at once, as fast as they are dealt with. */
export async function attack(options: Attack, figures: AttackFigures): Promise<void> {
  let next = options.from
  const end = options.from + options.frames
  const work = async (): Promise<void> => {
    const attacker = new Attacker(options.bootstrap, figures)
    while (next < end && options.isOver?.() !== true) {
      const mutant = mutantOf(options.seeds, options.seed, next++)
      await attacker.send(mutant)
      figures.sent++
    }
    attacker.close()
  }
  await Promise.all(Array.from({ length: options.connections }, work))
}
