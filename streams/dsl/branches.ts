import type { Predicate } from '../operators/filter.ts'
import type { Branch } from '../operators/branch.ts'
import { branch } from '../operators/branch.ts'
import { passThrough } from '../operators/peek.ts'
import { checkName } from '../topology/naming.ts'
import type { NameOption, Parts } from './parts.ts'
import type { KStream } from './stream.ts'

type Named<Key extends string, S> = { readonly [K in Key]: S }

/**
 * A stream being parted, see `KStream.split`. Each `branch` adds a way out under a key of the result:
 *
 *     const { gold, rest } = stream.split().branch('gold', (v) => v.tier === 'gold').default('rest')
 */
export class BranchedStream<K, V, Out = unknown, Rest extends V = V> {
  readonly #source: Parts
  readonly #branches: Branch<K, V>[] = []
  readonly #streams: Record<string, unknown> = {}
  readonly #name: string

  /** @internal */
  constructor(source: Parts, options: NameOption) {
    this.#name = source.plan.naming.named(options.name, 'KSTREAM-BRANCH-')
    // The branches are still to come; the operator is made when the topology is built.
    const node = source.plan.add({
      kind: 'processor',
      name: this.#name,
      parents: [source.node],
      operator: () => branch([...this.#branches]),
      routes: true,
    })
    this.#source = { ...source, node }
  }

  /** Records for which `predicate` holds and no earlier one did. A type guard narrows the branch and what is left. */
  branch<const Key extends string, V2 extends Rest>(
    key: Key,
    predicate: (value: Rest, key: K) => value is V2,
    options?: NameOption,
  ): BranchedStream<K, V, Out & Named<Key, KStream<K, V2>>, Exclude<Rest, V2>>
  branch<const Key extends string>(
    key: Key,
    predicate: Predicate<K, Rest>,
    options?: NameOption,
  ): BranchedStream<K, V, Out & Named<Key, KStream<K, Rest>>, Rest>
  branch(key: string, predicate: Predicate<K, Rest>, options: NameOption = {}): unknown {
    this.#add(key, predicate as unknown as Predicate<K, V>, options, this.#branches.length + 1)
    return this
  }

  /** Everything that no branch took, as one more branch. */
  default<const Key extends string>(key: Key, options: NameOption = {}): Out & Named<Key, KStream<K, Rest>> {
    this.#add(key, undefined, options, 0)
    return this.#streams as Out & Named<Key, KStream<K, Rest>>
  }

  /** The branches; what none of them took is left out. */
  noDefault(): Out {
    return this.#streams as Out
  }

  #add(key: string, predicate: Predicate<K, V> | undefined, options: NameOption, index: number): void {
    const { plan, node } = this.#source
    const child = options.name === undefined ? `${this.#name}${index}` : checkName(`${this.#name}${options.name}`)
    this.#branches.push({ child, predicate })
    plan.naming.processor(child)
    const out = plan.add({ kind: 'processor', name: child, parents: [node], operator: () => passThrough() })
    this.#streams[key] = plan.make.stream({ ...this.#source, node: out, name: child })
  }
}
