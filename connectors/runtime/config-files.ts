import { parseProperties } from '#core/config/properties.ts'
import type { Files } from '#core/ports/files.ts'

import { connectErrors } from '../errors.ts'

/** A connector as a file or a program gives it. */
export interface ConnectorSpec {
  readonly name: string
  readonly config: Readonly<Record<string, string>>
}

/** Connect turns numbers and booleans of a JSON map into text; anything else in it has no meaning. */
function flat(object: object, file: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => {
      if (typeof value === 'object') {
        const problem = `the value of "${name}" is ${value === null ? 'null' : 'not text, a number or a boolean'}`
        throw connectErrors.FILE_UNREADABLE({ file, problem })
      }
      return [name, String(value)]
    }),
  )
}

function readText(files: Files, file: string): string {
  try {
    return files.readWhole(file).toString('utf8')
  } catch (cause) {
    throw connectErrors.FILE_UNREADABLE({ file, problem: (cause as Error).message }, cause)
  }
}

function readObject(files: Files, file: string): Readonly<Record<string, unknown>> {
  const text = readText(files, file)
  if (!/^\s*[{[]/.test(text)) return parseProperties(text)
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>
  } catch (cause) {
    throw connectErrors.FILE_UNREADABLE({ file, problem: (cause as Error).message }, cause)
  }
  throw connectErrors.FILE_UNREADABLE({ file, problem: 'a JSON object is expected' })
}

/** Worker settings from Java properties or a JSON object. Throws FILE_UNREADABLE. */
export const readWorkerFile = (files: Files, file: string): Record<string, string> =>
  flat(readObject(files, file), file)

/** A connector from properties, from a flat JSON map with its name, or from the body of a REST request. */
export function readConnectorFile(files: Files, file: string): ConnectorSpec {
  const object = readObject(files, file)
  const nested = object['config']
  const config = flat(typeof nested === 'object' && nested !== null ? nested : object, file)
  const name = typeof object['name'] === 'string' ? object['name'] : config['name']
  if (name === undefined || name.trim() === '') {
    throw connectErrors.FILE_UNREADABLE({ file, problem: 'it names no connector: "name" is missing' })
  }
  return { name: name.trim(), config: { ...config, name: name.trim() } }
}
