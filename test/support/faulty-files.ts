import type { Files, OpenFile } from '#core/ports/files.ts'

/** Calls that change something, and so can fail on a full or dying disk. */
export type FaultyCall = 'write' | 'sync' | 'truncate' | 'rename' | 'create' | 'replace' | 'remove' | 'syncDirectory'

export interface FaultyFiles extends Files {
  /** Faulty calls seen so far, in order. */
  readonly calls: FaultyCall[]
  /** Decides per call, by its kind and number (from 0 per kind); true makes it fail. A failing write leaves half of its bytes. */
  fails: (call: FaultyCall, number: number) => boolean
}

class DiskError extends Error {
  readonly code = 'EIO'
}

/** A file system over another one that fails where it is told to. */
export function faultyFiles(inner: Files): FaultyFiles {
  const calls: FaultyCall[] = []
  const passes = (call: FaultyCall): boolean => {
    const number = calls.filter((each) => each === call).length
    calls.push(call)
    return !files.fails(call, number)
  }
  const check = (call: FaultyCall): void => {
    if (!passes(call)) throw new DiskError(`EIO: i/o error, ${call}`)
  }
  const wrap = (file: OpenFile): OpenFile => ({
    path: file.path,
    size: () => file.size(),
    read: (...args) => file.read(...args),
    readAsync: (...args) => file.readAsync(...args),
    write(chunks, position) {
      if (passes('write')) return file.write(chunks, position)
      const bytes = Buffer.concat(chunks)
      file.write([bytes.subarray(0, bytes.length >> 1)], position)
      throw new DiskError('EIO: i/o error, write')
    },
    truncate(size) {
      check('truncate')
      file.truncate(size)
    },
    async sync() {
      check('sync')
      await file.sync()
    },
    syncNow() {
      check('sync')
      file.syncNow()
    },
    close: () => file.close(),
  })
  const files: FaultyFiles = {
    ...inner,
    calls,
    fails: () => false,
    open(path, options) {
      if (options?.create && !inner.exists(path)) check('create')
      return wrap(inner.open(path, options))
    },
    rename(from, to) {
      check('rename')
      inner.rename(from, to)
    },
    remove(path) {
      check('remove')
      inner.remove(path)
    },
    replace(path, content) {
      check('replace')
      inner.replace(path, content)
    },
    syncDirectory(path) {
      check('syncDirectory')
      inner.syncDirectory(path)
    },
    async syncDirectoryLater(path) {
      check('syncDirectory')
      await inner.syncDirectoryLater(path)
    },
  }
  return files
}
