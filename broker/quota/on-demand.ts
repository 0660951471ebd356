/**
 * Things that are made for a name on demand and forgotten when they are idle. Names come from clients, so their number
 * needs a bound: whenever it has doubled, the idle ones go.
 */
export class OnDemand<T> {
  readonly #make: () => T
  readonly #isIdle: (thing: T) => boolean
  readonly #things = new Map<string, T>()
  #sweepAt = 128

  constructor(make: () => T, isIdle: (thing: T) => boolean) {
    this.#make = make
    this.#isIdle = isIdle
  }

  get size(): number {
    return this.#things.size
  }

  get(name: string): T {
    let thing = this.#things.get(name)
    if (thing !== undefined) return thing
    if (this.#things.size >= this.#sweepAt) this.#sweep()
    thing = this.#make()
    this.#things.set(name, thing)
    return thing
  }

  #sweep(): void {
    for (const [name, thing] of this.#things) if (this.#isIdle(thing)) this.#things.delete(name)
    this.#sweepAt = Math.max(128, 2 * this.#things.size)
  }
}
