import { basename, dirname, extname } from 'node:path'

// What log rotation puts into a name: numbers, dates and times.
const counter = /^[.\-_]\d[\d.\-_T:Z]*$/

/** True when `path` looks like a name that rotation gave to what was `original`: app.log.1, app.log-20240131, app.1.log. */
export function isRotatedName(path: string, original: string): boolean {
  if (dirname(path) !== dirname(original)) return false
  const [name, old] = [basename(path), basename(original)]
  if (name.startsWith(old)) return counter.test(name.slice(old.length))
  const extension = extname(old)
  const stem = old.slice(0, old.length - extension.length)
  if (extension === '' || !name.startsWith(stem) || !name.endsWith(extension)) return false
  return counter.test(name.slice(stem.length, name.length - extension.length))
}
