import { Heap } from './heap.ts'

/** A task: partition `partition` of everything that a subtopology reads together. */
export interface Task {
  readonly subtopologyId: string
  readonly partition: number
  /** Names it among all tasks. */
  readonly key: string
}

/** What one process of an application has been given; its members are its threads. */
export class ProcessLoad {
  readonly processId: string
  /** Tasks of each member, active and standby together. */
  readonly countOf = new Map<string, number>()
  readonly active = new Map<string, Task[]>()
  readonly standby = new Map<string, Task[]>()
  readonly #tasks = new Set<string>()
  #byLoad: Heap<{ readonly memberId: string; count: number }> | undefined

  constructor(processId: string) {
    this.processId = processId
  }

  /** Tasks per member. */
  get load(): number {
    return this.#count / this.countOf.size
  }

  #count = 0

  addMember(memberId: string): void {
    this.countOf.set(memberId, 0)
  }

  has(task: Task): boolean {
    return this.#tasks.has(task.key)
  }

  /** Gives a task to a member; how many it has then. */
  add(memberId: string, task: Task, isActive: boolean): number {
    this.#byLoad = undefined
    return this.#add(memberId, task, isActive)
  }

  /** Gives a task to the member that has the fewest; how many it has then. */
  addToLeastLoaded(task: Task, isActive: boolean): number {
    this.#byLoad ??= new Heap(
      (member) => member.count,
      Array.from(this.countOf, ([memberId, count]) => ({ memberId, count })),
    )
    const member = this.#byLoad.pop()!
    member.count = this.#add(member.memberId, task, isActive)
    this.#byLoad.push(member)
    return member.count
  }

  #add(memberId: string, task: Task, isActive: boolean): number {
    this.#count++
    this.#tasks.add(task.key)
    const given = isActive ? this.active : this.standby
    const tasks = given.get(memberId)
    if (tasks === undefined) given.set(memberId, [task])
    else tasks.push(task)
    const count = this.countOf.get(memberId)! + 1
    this.countOf.set(memberId, count)
    return count
  }
}
