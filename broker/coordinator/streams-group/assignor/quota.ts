/**
 * How many tasks a member should have, as tasks are given out: the even share, rounded up. When a member has reached it,
 * the share of the others is computed anew from what is left, so that shares that do not divide evenly round down later.
 */
export class Quota {
  #tasks: number
  #members: number
  perMember: number

  constructor(tasks: number, members: number) {
    this.#tasks = tasks
    this.#members = members
    this.perMember = share(tasks, members)
  }

  /** Hears how many tasks a member has now. */
  reached(count: number): void {
    if (count !== this.perMember) return
    this.#members--
    this.#tasks -= count
    this.perMember = share(this.#tasks, this.#members)
  }
}

/** Integer division towards zero and one more for a positive remainder; nobody's share is 0. */
function share(tasks: number, members: number): number {
  if (members === 0) return 0
  return Math.trunc(tasks / members) + (tasks % members > 0 ? 1 : 0)
}
