import { dirname } from 'node:path'

import type { Files, OpenFile } from '#core/ports/files.ts'
import type { Random } from '#core/ports/random.ts'

interface Node {
  /** What programs see. */
  current: Buffer
  /** What the disk has for certain; undefined before the first sync. */
  synced: Buffer | undefined
}

type NameChange = { readonly path: string; readonly node: Node | undefined }

export interface PowerCutFiles extends Files {
  /**
   * The power goes: names go back to some moment since the last sync of a directory, and bytes that were never forced out
   * are there, in part, as zeros or not at all. Returns the file system of the next life.
   */
  cut(random: Random): PowerCutFiles
}

/**
 * A file system in memory that tells what is on the disk from what only seems so. Names change in order, as on a journaling
 * file system: a later change is never kept without the earlier ones. Directories themselves do not get lost.
 */
export function powerCutFiles(
  names = new Map<string, Node>(),
  directories: ReadonlySet<string> = new Set(['/']),
): PowerCutFiles {
  const current = new Map(names)
  const made = new Set(directories)
  let pending: NameChange[] = []

  const missing = (path: string): Error => Object.assign(new Error(`ENOENT: '${path}'`), { code: 'ENOENT' })
  const at = (path: string): Node => {
    const node = current.get(path)
    if (node === undefined) throw missing(path)
    return node
  }
  const change = (path: string, node: Node | undefined): void => {
    pending.push({ path, node })
    if (node) current.set(path, node)
    else current.delete(path)
  }
  const settle = (count: number): void => {
    for (const { path, node } of pending.slice(0, count)) {
      if (node) names.set(path, node)
      else names.delete(path)
    }
    pending = pending.slice(count)
  }
  const syncDirectory = (path: string): void => settle(pending.findLastIndex((each) => dirname(each.path) === path) + 1)
  const sync = (path: string, node: Node): void => {
    node.synced = node.current
    // Forcing a file out takes the names with it that led to it.
    settle(pending.findLastIndex((each) => each.path === path && each.node === node) + 1)
  }

  const handle = (path: string, node: Node): OpenFile => ({
    path,
    size: () => node.current.length,
    read(target, start, length, position) {
      return node.current.copy(target, start, position, Math.min(node.current.length, position + length))
    },
    async readAsync(target, start, length, position) {
      return this.read(target, start, length, position)
    },
    write(chunks, position) {
      const bytes = Buffer.concat(chunks)
      const grown = Buffer.alloc(Math.max(node.current.length, position + bytes.length))
      node.current.copy(grown)
      bytes.copy(grown, position)
      node.current = grown
    },
    truncate(size) {
      const cut = Buffer.alloc(size)
      node.current.copy(cut, 0, 0, size)
      node.current = cut
    },
    async sync() {
      sync(path, node)
    },
    syncNow: () => sync(path, node),
    close() {},
  })

  const torn = (node: Node, random: Random): Buffer => {
    const synced = node.synced ?? Buffer.alloc(0)
    if (random.next() < 0.3) return synced
    if (random.next() < 0.4) return node.current
    // Bytes behind the synced ones came through to some point, and behind that the file may be long but empty.
    const grown = Math.max(0, node.current.length - synced.length)
    const kept = synced.length + Math.floor(random.next() * grown)
    const bytes = Buffer.alloc(random.next() < 0.5 ? kept : Math.max(kept, node.current.length))
    node.current.copy(bytes, 0, 0, kept)
    synced.copy(bytes, 0, 0, Math.min(synced.length, bytes.length))
    return bytes
  }

  return {
    open(path, options = {}) {
      if (!current.has(path)) {
        if (!options.create) throw missing(path)
        change(path, { current: Buffer.alloc(0), synced: undefined })
      }
      return handle(path, at(path))
    },
    exists: (path) => current.has(path) || made.has(path),
    stat(path) {
      if (made.has(path)) return { size: 0, modifiedMs: 0, directory: true, device: 0, inode: 0 }
      return { size: at(path).current.length, modifiedMs: 0, directory: false, device: 0, inode: 0 }
    },
    list(path) {
      const found = [...current.keys(), ...made].filter((each) => each !== path && dirname(each) === path)
      return found.map((each) => each.slice(path === '/' ? 1 : path.length + 1)).sort()
    },
    makeDirectory(path) {
      for (let each = path; !made.has(each); each = dirname(each)) made.add(each)
    },
    rename(from, to) {
      if (made.has(from)) throw new Error('directories are not renamed here')
      const node = at(from)
      change(to, node)
      change(from, undefined)
    },
    remove(path) {
      at(path)
      change(path, undefined)
    },
    removeTree(path) {
      for (const each of current.keys()) if (each.startsWith(`${path}/`)) change(each, undefined)
    },
    readWhole: (path) => Buffer.from(at(path).current),
    replace(path, content) {
      const bytes = Buffer.from(content)
      change(path, { current: bytes, synced: bytes })
      settle(pending.length)
    },
    syncDirectory,
    syncDirectoryLater: async (path) => syncDirectory(path),
    cut(random) {
      settle(Math.floor(random.next() * (pending.length + 1)))
      const next = new Map<string, Node>()
      for (const [path, node] of names) {
        const bytes = torn(node, random)
        next.set(path, { current: bytes, synced: bytes })
      }
      return powerCutFiles(next, made)
    },
  }
}
