import fs from 'node:fs'
import { dirname } from 'node:path'

import type { Files, OpenFile } from '#core/ports/files.ts'

class SystemFile implements OpenFile {
  readonly path: string
  readonly #fd: number

  constructor(path: string, fd: number) {
    this.path = path
    this.#fd = fd
  }

  size(): number {
    return fs.fstatSync(this.#fd).size
  }

  read(target: Uint8Array, targetStart: number, length: number, position: number): number {
    let done = 0
    while (done < length) {
      const count = fs.readSync(this.#fd, target, targetStart + done, length - done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  }

  readAsync(target: Uint8Array, targetStart: number, length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const step = (done: number): void => {
        fs.read(this.#fd, target, targetStart + done, length - done, position + done, (error, count) => {
          if (error) reject(error)
          else if (count === 0 || done + count === length) resolve(done + count)
          else step(done + count)
        })
      }
      if (length === 0) resolve(0)
      else step(0)
    })
  }

  write(chunks: readonly Uint8Array[], position: number): void {
    let at = position
    if (chunks.length > 1) {
      const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
      const written = fs.writevSync(this.#fd, chunks as Uint8Array[], position)
      if (written === total) return
      // A short writev: fall through and write what is left piece by piece.
      let skip = written
      at += written
      chunks = chunks.flatMap((chunk) => {
        const taken = Math.min(skip, chunk.length)
        skip -= taken
        return taken === chunk.length ? [] : [chunk.subarray(taken)]
      })
    }
    for (const chunk of chunks) {
      for (let done = 0; done < chunk.length;) {
        const count = fs.writeSync(this.#fd, chunk, done, chunk.length - done, at)
        done += count
        at += count
      }
    }
  }

  truncate(size: number): void {
    fs.ftruncateSync(this.#fd, size)
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => fs.fdatasync(this.#fd, (error) => (error ? reject(error) : resolve())))
  }

  syncNow(): void {
    fs.fdatasyncSync(this.#fd)
  }

  close(): void {
    fs.closeSync(this.#fd)
  }
}

function syncDirectory(path: string): void {
  // Windows refuses to open a directory; there renames are durable by themselves.
  if (process.platform === 'win32') return
  const fd = fs.openSync(path, 'r')
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

async function syncDirectoryLater(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await fs.promises.open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** The real file system. */
export const systemFiles: Files = {
  open(path, options = {}) {
    if (options.readonly) return new SystemFile(path, fs.openSync(path, 'r'))
    const flags = fs.constants.O_RDWR | (options.create ? fs.constants.O_CREAT : 0)
    return new SystemFile(path, fs.openSync(path, flags, 0o644))
  },
  exists: (path) => fs.existsSync(path),
  stat(path) {
    const stat = fs.statSync(path)
    return {
      size: stat.size,
      modifiedMs: stat.mtimeMs,
      directory: stat.isDirectory(),
      device: stat.dev,
      inode: stat.ino,
    }
  },
  list: (path) => fs.readdirSync(path).sort(),
  makeDirectory: makeDirectories,
  space(path) {
    const { bsize, blocks, bavail } = fs.statfsSync(path)
    return { totalBytes: blocks * bsize, usableBytes: bavail * bsize }
  },
  rename: (from, to) => fs.renameSync(from, to),
  remove: (path) => fs.rmSync(path),
  removeTree: (path) => fs.rmSync(path, { recursive: true, force: true }),
  readWhole: (path) => fs.readFileSync(path),
  replace(path, content) {
    const temporary = `${path}.tmp`
    const fd = fs.openSync(temporary, 'w', 0o644)
    try {
      for (let done = 0; done < content.length;) done += fs.writeSync(fd, content, done)
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
    fs.renameSync(temporary, path)
    syncDirectory(dirname(path))
  },
  syncDirectory,
  syncDirectoryLater,
}

/** Not recursive in one call: that never returns where a file system refuses new directories with ENOENT, as /proc does. */
function makeDirectories(path: string): void {
  if (fs.existsSync(path)) return
  const parent = dirname(path)
  if (parent !== path) makeDirectories(parent)
  try {
    fs.mkdirSync(path)
  } catch (error) {
    // Somebody else was quicker.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
