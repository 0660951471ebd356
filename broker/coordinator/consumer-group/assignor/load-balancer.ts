/**
 * Gives out, one after the other, the member that has the least and the member that has the most, for as long as it pays
 * to move something from the one to the other. Both ends are ranges of members with equal load: a range is gone through
 * once, then its level moves by one and it takes in the neighbours that stand there.
 */
export class LoadBalancer {
  readonly #loads: Int32Array
  #members: number[] = []
  #leastEnd = 0
  #leastLevel = 0
  #nextLeast = 0
  #mostStart = 0
  #mostEnd = 0
  #mostLevel = 0
  #nextMost = 0

  /** `loads` is looked at again and again, by member. */
  constructor(loads: Int32Array) {
    this.#loads = loads
  }

  /** Begins with other members, at least one; gives how far apart the most and the least loaded are. */
  begin(members: readonly number[]): number {
    this.#members = members.toSorted((a, b) => this.#loads[a]! - this.#loads[b]! || a - b)
    const { length } = this.#members
    this.#leastEnd = 0
    this.#leastLevel = this.#load(0) - 1
    this.#nextLeast = 0
    this.#mostStart = length
    this.#mostEnd = length
    this.#mostLevel = this.#load(length - 1) + 1
    this.#nextMost = length - 1
    return this.#load(length - 1) - this.#load(0)
  }

  /** Whom to give something next; it is taken for granted that it is given. */
  nextLeastLoaded(): number {
    if (this.#nextLeast >= this.#leastEnd) {
      this.#leastLevel++
      while (this.#leastEnd < this.#members.length && this.#load(this.#leastEnd) === this.#leastLevel) this.#leastEnd++
      this.#nextLeast = 0
    }
    return this.#members[this.#nextLeast++]!
  }

  /** From whom to take something next, taken for granted too; -1 when nobody has anything to give. */
  nextMostLoaded(): number {
    if (this.#nextMost < this.#mostStart) {
      // With all of the range excluded its level may have been passed by: begin at the next member's.
      const isEmpty = this.#mostEnd <= this.#mostStart && this.#mostStart > 0
      this.#mostLevel = isEmpty ? this.#load(this.#mostStart - 1) : this.#mostLevel - 1
      while (this.#mostStart > 0 && this.#load(this.#mostStart - 1) === this.#mostLevel) this.#mostStart--
      this.#nextMost = this.#mostEnd - 1
    }
    return this.#nextMost < 0 ? -1 : this.#members[this.#nextMost--]!
  }

  /** Leaves the member out that `nextMostLoaded` gave last. */
  excludeMostLoaded(): void {
    const at = this.#nextMost + 1
    const last = this.#mostEnd - 1
    const excluded = this.#members[at]!
    this.#members[at] = this.#members[last]!
    this.#members[last] = excluded
    this.#mostEnd--
  }

  get isBalanced(): boolean {
    return this.#mostLevel - this.#leastLevel <= 1
  }

  #load(position: number): number {
    return this.#loads[this.#members[position]!]!
  }
}
