import type { Files } from '#core/ports/files.ts'

import { logErrors } from './errors.ts'
import { lockFile } from './file-names.ts'

/** Directories that this process holds, per file system. */
const held = new WeakMap<Files, Set<string>>()

/** Tells one life of a process from another with the same id: its start, in clock ticks since boot. Empty where /proc is not. */
function startOf(files: Files, pid: number): string {
  const file = `/proc/${pid}/stat`
  if (!files.exists(file)) return ''
  const text = files.readWhole(file).toString('latin1')
  // The command in parentheses may hold blanks; the start time is the 20th field after it.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Keeps a directory for one process: `.lock` names the holder by process id and start time. A holder that is gone, by
 * kill -9 or with the machine, holds nothing. Throws LOG_DIRECTORY_IN_USE; returns what gives the lock back.
 */
export function lockDirectory(files: Files, directory: string): () => void {
  const file = `${directory}/${lockFile}`
  const mine = held.get(files) ?? new Set<string>()
  held.set(files, mine)
  if (mine.has(directory)) throw logErrors.LOG_DIRECTORY_IN_USE({ directory, pid: process.pid })
  // A text that a power cut left in part names nobody.
  const [, pidText, start] =
    /^(\d+) (\d*)\n$/.exec(files.exists(file) ? files.readWhole(file).toString('latin1') : '') ?? []
  const pid = Number(pidText ?? process.pid)
  if (pid !== process.pid && isAlive(pid) && (start === '' || start === startOf(files, pid))) {
    throw logErrors.LOG_DIRECTORY_IN_USE({ directory, pid })
  }
  const open = files.open(file, { create: true })
  try {
    open.truncate(0)
    open.write([Buffer.from(`${process.pid} ${startOf(files, process.pid)}\n`)], 0)
  } finally {
    open.close()
  }
  mine.add(directory)
  return () => {
    mine.delete(directory)
    if (files.exists(file)) files.remove(file)
  }
}
