import sorted from 'sorted-btree'

// The package is CommonJS: loaders differ in whether its default export is the class or holds it.
const loaded = sorted as unknown as typeof sorted.default | typeof sorted

/** A B+ tree: an ordered map with cheap range reads. */
export const BTree = typeof loaded === 'function' ? loaded : loaded.default
export type BTree<K, V> = sorted.default<K, V>
