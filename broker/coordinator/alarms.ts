import { Alarm } from './alarm.ts'
import type { Clock } from '#core/ports/clock.ts'
import type { Timers } from '#core/ports/timers.ts'

interface Entry {
  readonly alarm: Alarm
  ring: () => void
}

/** Alarms of modern groups by group and name: sessions, rebalance timeouts. Setting one again puts it off. */
export class Alarms {
  readonly #ports: { readonly clock: Clock; readonly timers: Timers }
  readonly #groups = new Map<string, Map<string, Entry>>()

  constructor(ports: { readonly clock: Clock; readonly timers: Timers }) {
    this.#ports = ports
  }

  /** Rings once, `delayMs` from now, and not as it was set before under this name. */
  set(groupId: string, name: string, delayMs: number, ring: () => void): void {
    let entries = this.#groups.get(groupId)
    if (entries === undefined) this.#groups.set(groupId, (entries = new Map()))
    let entry = entries.get(name)
    if (entry === undefined) {
      entry = { ring, alarm: new Alarm(this.#ports, () => this.#rang(groupId, name)) }
      entries.set(name, entry)
    }
    entry.ring = ring
    entry.alarm.set(delayMs)
  }

  isSet(groupId: string, name: string): boolean {
    return this.#groups.get(groupId)?.has(name) === true
  }

  clear(groupId: string, name: string): void {
    const entries = this.#groups.get(groupId)
    entries?.get(name)?.alarm.clear()
    entries?.delete(name)
    if (entries?.size === 0) this.#groups.delete(groupId)
  }

  clearGroup(groupId: string): void {
    for (const { alarm } of this.#groups.get(groupId)?.values() ?? []) alarm.clear()
    this.#groups.delete(groupId)
  }

  close(): void {
    for (const groupId of this.#groups.keys()) this.clearGroup(groupId)
  }

  #rang(groupId: string, name: string): void {
    const entry = this.#groups.get(groupId)?.get(name)
    this.clear(groupId, name)
    entry?.ring()
  }
}
