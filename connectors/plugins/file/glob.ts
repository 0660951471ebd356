import { join, sep } from 'node:path'

import type { Files } from '#core/ports/files.ts'

/** True when a name is a pattern rather than a file's name. */
export const isPattern = (name: string): boolean => /[*?[{]/.test(name)

/** Folders below `**` are followed this deep, against links that lead in circles. */
const mostFolders = 64

/** One alternative for each choice of the {a,b} in a pattern. */
function alternatives(pattern: string): string[] {
  const match = /\{([^{}]*)\}/.exec(pattern)
  if (!match || !match[1]!.includes(',')) return [pattern]
  const [before, after] = [pattern.slice(0, match.index), pattern.slice(match.index + match[0].length)]
  return match[1]!.split(',').flatMap((choice) => alternatives(before + choice + after))
}

/** One part of a path as a regular expression; a leading dot must be named, as in a shell. */
function partMatcher(part: string): RegExp {
  let text = /^[*?[]/.test(part) ? '(?!\\.)' : ''
  for (let i = 0; i < part.length; i++) {
    const char = part[i]!
    const close = char === '[' ? part.indexOf(']', i + 2) : -1
    if (char === '*') text += '.*'
    else if (char === '?') text += '.'
    else if (close > 0) {
      text += `[${part
        .slice(i + 1, close)
        .replace(/^!/, '^')
        .replace(/\\/g, '\\\\')}]`
      i = close
    } else text += char.replace(/[\\^$.|+()[\]{}]/g, '\\$&')
  }
  return new RegExp(`^${text}$`, 's')
}

function entries(files: Files, folder: string): string[] {
  try {
    return files.list(folder === '' ? '.' : folder)
  } catch (error) {
    // A folder that is gone or closed to us has no files for us; the rest of the pattern may.
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes((error as { code?: string }).code ?? '')) return []
    throw error
  }
}

function isFolder(files: Files, path: string): boolean {
  try {
    return files.stat(path).directory
  } catch {
    return false
  }
}

function walk(files: Files, folder: string, parts: readonly string[], depth: number, found: Set<string>): void {
  const [part, ...rest] = parts
  if (part === undefined) return
  const at = (name: string): string => (folder === '' ? name : join(folder, name))
  if (part === '**') {
    walk(files, folder, rest, depth, found)
    if (depth >= mostFolders) return
    for (const name of entries(files, folder)) {
      if (!name.startsWith('.') && isFolder(files, at(name))) walk(files, at(name), parts, depth + 1, found)
    }
    return
  }
  if (!isPattern(part)) {
    if (rest.length > 0) walk(files, at(part), rest, depth, found)
    else if (files.exists(at(part))) found.add(at(part))
    return
  }
  const matcher = partMatcher(part)
  for (const name of entries(files, folder)) {
    if (!matcher.test(name)) continue
    if (rest.length > 0) walk(files, at(name), rest, depth, found)
    else found.add(at(name))
  }
}

/** The paths that a pattern names now, sorted; as absolute or relative as the pattern is. */
export function expandGlob(files: Files, pattern: string): string[] {
  const found = new Set<string>()
  for (const each of alternatives(pattern)) {
    const absolute = each.startsWith('/') || each.startsWith(sep)
    const parts = each.split(/[/\\]/).filter((part) => part !== '' && part !== '.')
    walk(files, absolute ? sep : '', parts, 0, found)
  }
  return [...found].sort()
}
