import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** An import of a source file: what was written, and the project file it means (undefined for packages). */
export interface ImportEdge {
  readonly specifier: string
  readonly target: string | undefined
  readonly typeOnly: boolean
  readonly line: number
}

/** Files below some folders of the project, as paths relative to its root. */
export function filesBelow(folders: readonly string[], ending = '.ts'): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
      .map((entry) => relative(projectRoot, join(entry.parentPath, entry.name)).replaceAll('\\', '/')),
  )
}

const pattern = /^\s*(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|import\('([^']+)'\)/gm

/** The imports of one file, static and dynamic, found in its text. */
export function importsOf(file: string): ImportEdge[] {
  const text = readFileSync(join(projectRoot, file), 'utf8')
  return [...text.matchAll(pattern)].map((match) => {
    const specifier = match[2] ?? match[3] ?? match[4]!
    const target = specifier.startsWith('#core/')
      ? specifier.slice(1)
      : specifier.startsWith('.')
        ? join(dirname(file), specifier).replaceAll('\\', '/')
        : undefined
    const line = text.slice(0, match.index).split('\n').length
    return { specifier, target, typeOnly: match[1] !== undefined, line }
  })
}
