import type { Member } from './member.ts'
import type { TaskOwners } from './reconciliation.ts'
import type { GivenTasks, Tasks } from './tasks.ts'

type Processes = Map<string, Map<number, Map<string, number>>>

/** Which processes hold which tasks, kept up to date as members come, change and go. */
export class TaskIndex implements TaskOwners {
  readonly #active = new Map<string, Map<number, string>>()
  readonly #standby: Processes = new Map()
  readonly #warmup: Processes = new Map()

  active(subtopologyId: string, partition: number): string | undefined {
    return this.#active.get(subtopologyId)?.get(partition)
  }

  hasStandby(subtopologyId: string, partition: number, processId: string): boolean {
    return this.#standby.get(subtopologyId)?.get(partition)?.has(processId) === true
  }

  hasWarmup(subtopologyId: string, partition: number, processId: string): boolean {
    return this.#warmup.get(subtopologyId)?.get(partition)?.has(processId) === true
  }

  /** Counts a member in: what it was given and what it has not given up yet. */
  add(member: Member): void {
    const { processId } = member.metadata
    for (const tasks of [member.assigned, member.pendingRevocation]) {
      for (const [id, partitions] of tasks.active) {
        let owners = this.#active.get(id)
        if (owners === undefined) this.#active.set(id, (owners = new Map()))
        for (const partition of partitions.keys()) owners.set(partition, processId)
      }
      count(this.#standby, tasks.standby, processId, 1)
      count(this.#warmup, tasks.warmup, processId, 1)
    }
  }

  /** Counts a member out; an active task that another process has got meanwhile stays with it. */
  remove(member: Member): void {
    const { processId } = member.metadata
    for (const tasks of [member.assigned, member.pendingRevocation]) {
      this.#removeActive(tasks, processId)
      count(this.#standby, tasks.standby, processId, -1)
      count(this.#warmup, tasks.warmup, processId, -1)
    }
  }

  #removeActive(tasks: GivenTasks, processId: string): void {
    for (const [id, partitions] of tasks.active) {
      const owners = this.#active.get(id)
      if (owners === undefined) continue
      for (const partition of partitions.keys()) if (owners.get(partition) === processId) owners.delete(partition)
      if (owners.size === 0) this.#active.delete(id)
    }
  }
}

function count(processes: Processes, tasks: Tasks, processId: string, change: 1 | -1): void {
  for (const [id, partitions] of tasks) {
    let owners = processes.get(id)
    if (owners === undefined) processes.set(id, (owners = new Map()))
    for (const partition of partitions) {
      let counts = owners.get(partition)
      if (counts === undefined) owners.set(partition, (counts = new Map()))
      const left = (counts.get(processId) ?? 0) + change
      if (left > 0) counts.set(processId, left)
      else counts.delete(processId)
      if (counts.size === 0) owners.delete(partition)
    }
    if (owners.size === 0) processes.delete(id)
  }
}
