import { dirname } from 'node:path'

import type { Files, FileStat, OpenFile } from '#core/ports/files.ts'

interface Node {
  bytes: Buffer
  size: number
  readonly inode: number
}

const missing = (call: string, path: string): Error =>
  Object.assign(new Error(`ENOENT: no such file or directory, ${call} '${path}'`), { code: 'ENOENT' })

class MemoryFile implements OpenFile {
  readonly path: string
  readonly #node: Node

  constructor(path: string, node: Node) {
    this.path = path
    this.#node = node
  }

  size(): number {
    return this.#node.size
  }

  read(target: Uint8Array, targetStart: number, length: number, position: number): number {
    const end = Math.min(this.#node.size, position + length)
    if (end <= position) return 0
    return this.#node.bytes.copy(target, targetStart, position, end)
  }

  async readAsync(target: Uint8Array, targetStart: number, length: number, position: number): Promise<number> {
    return this.read(target, targetStart, length, position)
  }

  write(chunks: readonly Uint8Array[], position: number): void {
    const node = this.#node
    const end = chunks.reduce((sum, chunk) => sum + chunk.length, position)
    if (end > node.bytes.length) {
      const grown = Buffer.alloc(Math.max(end, node.bytes.length * 2, 4096))
      node.bytes.copy(grown, 0, 0, node.size)
      node.bytes = grown
    }
    let at = position
    for (const chunk of chunks) {
      node.bytes.set(chunk, at)
      at += chunk.length
    }
    node.size = Math.max(node.size, end)
  }

  truncate(size: number): void {
    const node = this.#node
    if (size < node.size) node.bytes.fill(0, size, node.size)
    else this.write([Buffer.alloc(size - node.size)], node.size)
    node.size = size
  }

  async sync(): Promise<void> {}
  syncNow(): void {}
  close(): void {}
}

/** A file system in memory, for brokers without a data directory and for tests. */
export function memoryFiles(): Files {
  const files = new Map<string, Node>()
  const directories = new Set<string>(['/', '.'])
  let inodes = 0
  const make = (path: string): Node => {
    const node: Node = { bytes: Buffer.alloc(0), size: 0, inode: ++inodes }
    files.set(path, node)
    return node
  }
  const get = (call: string, path: string): Node => {
    const node = files.get(path)
    if (!node) throw missing(call, path)
    return node
  }
  return {
    open(path, options = {}) {
      return new MemoryFile(path, files.get(path) ?? (options.create ? make(path) : get('open', path)))
    },
    exists: (path) => files.has(path) || directories.has(path),
    stat(path): FileStat {
      if (directories.has(path)) return { size: 0, modifiedMs: 0, directory: true, device: 0, inode: 0 }
      const node = get('stat', path)
      return { size: node.size, modifiedMs: 0, directory: false, device: 0, inode: node.inode }
    },
    list(path) {
      if (!directories.has(path)) throw missing('scandir', path)
      const names = [...files.keys(), ...directories].filter((each) => each !== path && dirname(each) === path)
      return names.map((each) => each.slice(path === '/' ? 1 : path.length + 1)).sort()
    },
    makeDirectory(path) {
      for (let each = path; !directories.has(each); each = dirname(each)) directories.add(each)
    },
    rename(from, to) {
      if (files.has(from)) {
        files.set(to, get('rename', from))
        files.delete(from)
        return
      }
      if (!directories.has(from)) throw missing('rename', from)
      const moved = (each: string): string => to + each.slice(from.length)
      const inside = (each: string): boolean => each === from || each.startsWith(`${from}/`)
      for (const each of [...directories].filter(inside)) {
        directories.delete(each)
        directories.add(moved(each))
      }
      for (const each of [...files.keys()].filter(inside)) {
        files.set(moved(each), files.get(each)!)
        files.delete(each)
      }
    },
    remove(path) {
      if (!files.delete(path)) throw missing('unlink', path)
    },
    removeTree(path) {
      for (const each of files.keys()) if (each.startsWith(`${path}/`) || each === path) files.delete(each)
      for (const each of directories) if (each.startsWith(`${path}/`) || each === path) directories.delete(each)
    },
    readWhole(path) {
      const node = get('open', path)
      return Buffer.from(node.bytes.subarray(0, node.size))
    },
    replace(path, content) {
      const node = make(path)
      node.bytes = Buffer.from(content)
      node.size = content.length
    },
    syncDirectory() {},
    async syncDirectoryLater() {},
  }
}
